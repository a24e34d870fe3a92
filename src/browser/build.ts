/** `/pixel.js` as one small file, made of src/browser in milliseconds: at start when run from the sources, else by `npm run build`. */
import { join } from 'node:path';
import type { PixelConfig } from './config';

const placeholder = '__TTR_CONFIG__';

/** What the script keeps on the device, under short names (src/browser/storage.ts). Pinned, so that the next version reads what this one wrote. */
const storedNames = { checkout: 'c', completed: 'd', activeMs: 'a', initiated: 'i', told: 't', person: 'p' };

/** The minified script, without settings. esbuild is loaded only here, so that the compiled service runs without it. */
export async function buildPixelScript(): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, 'main.ts')],
    tsconfigRaw: {},
    bundle: true,
    minify: true,
    mangleProps: new RegExp(`^(${Object.keys(storedNames).join('|')})$`),
    mangleCache: storedNames,
    format: 'iife',
    // Browsers since 2020: Chrome 85, Safari 14, Firefox 79.
    target: 'es2021',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

/** The script as it is served: the settings stand where the script names them. The event's name comes with each answer to a question. */
export function withConfig(script: string, { eventName: _, ...config }: PixelConfig): string {
  const [before, after, more] = script.split(placeholder);
  if (before === undefined || after === undefined || more !== undefined)
    throw new Error(`the script must name ${placeholder} exactly once`);
  return before + JSON.stringify(config) + after;
}
