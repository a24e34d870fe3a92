/** The browser script as this service serves it: built once, with the settings that a page may know put in. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { PixelConfig } from '../browser/config';
import type { Config } from '../config/config';
import { realTikTokPixelUrl, usesBuiltInSandbox } from '../config/config';
import type { Settings } from '../domain/settings';
import { sandboxPath, sandboxPixelCode } from './services';
import type { PixelFiles } from '../http/pixel-routes';
import { buildPixelScript, withConfig } from '../browser/build';

/** From the sources it is built in milliseconds; in `dist/` it was built with the rest (scripts/build-browser-files.ts). */
export async function pixelFiles(): Promise<PixelFiles> {
  const folder = join(__dirname, '..', 'browser');
  const isCompiled = extname(__filename) === '.js';
  const [script, types] = await Promise.all([
    isCompiled ? readFile(join(folder, 'pixel.js'), 'utf8') : buildPixelScript(),
    readFile(join(folder, 'pixel.d.ts'), 'utf8'),
  ]);
  return { script: (config) => withConfig(script, config), types };
}

/** `url` is ours, as browsers reach us. */
export function pixelConfig(config: Config, url: string, integration: string, settings: Settings): PixelConfig {
  const { pixelCode, eventName, consent } = settings;
  const inSandbox = usesBuiltInSandbox(config, settings);
  return {
    integration,
    pixelCode: inSandbox ? sandboxPixelCode : pixelCode,
    eventName,
    consent,
    scriptUrl: config.tiktokPixelUrl ?? (inSandbox ? `${url}${sandboxPath}/i18n/pixel/events.js` : realTikTokPixelUrl),
    serverCookie: config.web.cookieDomain !== null,
  };
}
