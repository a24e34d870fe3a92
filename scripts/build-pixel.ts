/** Part of `npm run build`: the browser script and its types, where the compiled web process reads them. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPixelScript } from '../src/browser/build';

const from = join(__dirname, '../src/browser');
const to = join(__dirname, '../dist/src/browser');

async function main(): Promise<void> {
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'pixel.js'), await buildPixelScript());
  await copyFile(join(from, 'pixel.d.ts'), join(to, 'pixel.d.ts'));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
