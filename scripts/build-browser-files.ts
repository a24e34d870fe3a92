/** Part of `npm run build`: puts the files that browsers load where the compiled web process reads them. */
import { cp, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { buildPixelScript } from '../src/browser/build';

const root = join(__dirname, '..');
const pixelFolder = join(root, 'dist/src/browser');
const sandboxPages = 'sandbox/tiktok/pages';

async function main(): Promise<void> {
  await mkdir(pixelFolder, { recursive: true });
  await writeFile(join(pixelFolder, 'pixel.js'), await buildPixelScript());
  await copyFile(join(root, 'src/browser/pixel.d.ts'), join(pixelFolder, 'pixel.d.ts'));
  await cp(join(root, sandboxPages), join(root, 'dist', sandboxPages), {
    recursive: true,
    filter: (path) => extname(path) !== '.json',
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
