import { join } from 'node:path';
import { bundleForBrowsers } from '../../browser/build';

/** Bundles the islands into one small script: at start when run from the sources, otherwise by `npm run build`. */
export function buildIslands(): Promise<string> {
  return bundleForBrowsers(join(__dirname, 'main.ts'));
}
