/** Builds `/pixel.js` from src/browser as one small file: at start when run from the sources, otherwise by `npm run build`. */
import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import type { PixelConfig } from './config';

const placeholder = '__TTR_CONFIG__';

/** Short names of the stored fields (src/browser/storage.ts). They are pinned, so that the next version reads what this one stored. */
const storedNames = { checkout: 'c', completed: 'd', activeMs: 'a', initiated: 'i', collected: 't', person: 'p' };

/**
 * The minified script, without settings. esbuild bundles it, SWC makes it smaller by another 5 %: what it leaves as statements gzip
 * folds better than sequences and conditions. Both are loaded only here, so that the compiled service runs without them.
 */
export async function buildPixelScript(): Promise<string> {
  const bundled = await bundleForBrowsers(join(__dirname, 'main.ts'), {
    mangleProps: new RegExp(`^(${Object.keys(storedNames).join('|')})$`),
    mangleCache: storedNames,
  });
  const { minify } = await import('@swc/core');
  const { code } = await minify(bundled, {
    compress: { passes: 3, ecma: 2020, conditionals: false, sequences: false, hoist_funs: true, unsafe_arrows: true },
    mangle: true,
    format: { comments: false },
  });
  return code;
}

/** One minified script of an entry point and what it imports, for the browsers that this service supports. esbuild is loaded only here. */
export async function bundleForBrowsers(entryPoint: string, options: BuildOptions = {}): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    ...options,
    entryPoints: [entryPoint],
    tsconfigRaw: {},
    bundle: true,
    minify: true,
    format: 'iife',
    // Browsers since 2020: Chrome 85, Safari 14, Firefox 79.
    target: 'es2021',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

/** The script as it is served, with the settings inserted. `eventName` is left out: it comes with each answer of `/collect/purchase`. */
export function withConfig(script: string, { eventName: _, ...config }: PixelConfig): string {
  const [before, after, more] = script.split(placeholder);
  if (before === undefined || after === undefined || more !== undefined)
    throw new Error(`the script must name ${placeholder} exactly once`);
  return before + JSON.stringify(config) + after;
}
