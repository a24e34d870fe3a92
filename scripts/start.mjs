/** `npm start`: runs src/bin/all.ts as JavaScript. */
import { pathToFileURL } from 'node:url';
import { translated } from './translate.mjs';

await import(pathToFileURL(await translated('src', 'bin', 'all.js')).href);
