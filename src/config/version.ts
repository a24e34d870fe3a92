/** The version of this service: that of its package.json. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const version = readVersion();

/** From the sources package.json is two folders up, from `dist/` three. */
function readVersion(): string {
  const file = ['../../package.json', '../../../package.json']
    .map((path) => join(__dirname, path))
    .find((path) => existsSync(path));
  const manifest = file === undefined ? {} : (JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: string });
  return manifest.version ?? 'unknown';
}
