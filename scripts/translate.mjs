/**
 * The service as JavaScript, in `dist/start`: esbuild translates all files in a moment and without checking types. To load hundreds of files
 * through tsx instead would take seconds at every start.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const place = join(root, 'dist', 'start');
/** An installation without the demo has fewer. */
const folders = ['src', 'workflows', 'activities', 'sandbox', 'demo', 'examples'].filter((folder) =>
  existsSync(join(root, folder)),
);

/** The path of a module of `dist/start`. Translates first, where the sources have changed since. @param {string[]} names */
export async function translated(...names) {
  const files = folders.flatMap((folder) => filesIn(join(root, folder)));
  const wanted = stampOf([...files, fileURLToPath(import.meta.url), join(root, 'package.json')]);
  if (stampIn(place) !== wanted) await translate(files, wanted);
  return join(place, ...names);
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Changes with any file's name, size or time. @param {string[]} paths */
function stampOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.sort()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(root, path)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** @param {string} folder */
function stampIn(folder) {
  const file = join(folder, 'made-of');
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** Makes a folder like that of `npm run build` beside the one in place, and puts it there when it is whole. @param {string[]} files @param {string} stamp */
async function translate(files, stamp) {
  process.stderr.write('translating the code, once for each change of it\n');
  const making = `${place}.${process.pid}`;
  const { build } = await import('esbuild');
  await build({
    entryPoints: files.filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts')),
    ...{ outdir: making, outbase: root, tsconfig: join(root, 'tsconfig.json') },
    ...{ format: 'cjs', platform: 'node', target: 'node20', sourcemap: 'linked', logLevel: 'warning' },
  });
  // What is read as it is: SQL, styles, pages; and the scripts for browsers, which are bundled from TypeScript.
  const isForBrowsers = (file) => /[\\/]src[\\/](browser|console[\\/]islands)[\\/]/.test(file);
  for (const file of files)
    if (!['.ts', '.tsx', '.json'].includes(extname(file)) || isForBrowsers(file) || file.endsWith('_journal.json'))
      cpSync(file, join(making, relative(root, file)));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(making, 'package.json'), JSON.stringify({ version }));
  const required = createRequire(join(making, 'package.json'));
  writeFileSync(join(making, 'src/browser/pixel.js'), await required('./src/browser/build.js').buildPixelScript());
  writeFileSync(join(making, 'src/console/islands/islands.js'), await required('./src/console/islands/build.js').buildIslands());
  for (const file of ['workflow-bundle.js', 'workflow-bundle.js.json'])
    if (existsSync(join(place, file))) cpSync(join(place, file), join(making, file));
  writeFileSync(join(making, 'made-of'), stamp);
  // Several starts may do this at once. Renamed, not removed where it stands: that takes a while, in which another removes it too.
  const old = `${making}.old`;
  try {
    if (stampIn(place) !== stamp) renameSync(place, old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // else the first translation, or another start was first
  }
  try {
    if (stampIn(place) !== stamp) renameSync(making, place);
  } catch (error) {
    if (stampIn(place) !== stamp) throw error; // else another start was first, with the same
  } finally {
    for (const left of [making, old]) rmSync(left, { recursive: true, force: true });
  }
}
