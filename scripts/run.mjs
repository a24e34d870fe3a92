/** `node scripts/run.mjs <entry> […]`: runs a TypeScript file (`src/bin/all`) as JavaScript, as `npm start`, `npm run demo` and their like do. */
import { pathToFileURL } from 'node:url';
import { translated } from './translate.mjs';

const path = await translated(`${process.argv[2]}.js`);
// What it reads of the command line is what comes after its own name.
process.argv.splice(1, 2, path);
await import(pathToFileURL(path).href);
