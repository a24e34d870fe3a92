/** Part of `npm run build`: puts the files that browsers load where the compiled web process reads them. */
import { cp, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { buildPixelScript } from '../src/browser/build';
import { buildIslands } from '../src/console/islands/build';

const root = join(__dirname, '..');
const pixelFolder = join(root, 'dist/src/browser');
const consoleFolder = join(root, 'dist/src/console');
const sandboxPages = 'sandbox/tiktok/pages';

async function main(): Promise<void> {
  await mkdir(pixelFolder, { recursive: true });
  await writeFile(join(pixelFolder, 'pixel.js'), await buildPixelScript());
  await copyFile(join(root, 'src/browser/pixel.d.ts'), join(pixelFolder, 'pixel.d.ts'));
  await mkdir(join(consoleFolder, 'islands'), { recursive: true });
  await writeFile(join(consoleFolder, 'islands/islands.js'), await buildIslands());
  await cp(join(root, 'src/console/styles'), join(consoleFolder, 'styles'), { recursive: true });
  await cp(join(root, sandboxPages), join(root, 'dist', sandboxPages), {
    recursive: true,
    filter: (path) => extname(path) !== '.json',
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
