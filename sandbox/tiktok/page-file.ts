import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of a file in `pages/`: beside this file in the sources, and in `dist/` where `npm run build` copies the folder. */
export function pageFile(name: string): string {
  return readFileSync(join(__dirname, 'pages', name), 'utf8');
}
