import { join } from 'node:path';

/** Bundles the islands into one small script: at start when run from the sources, otherwise by `npm run build`. */
export async function buildIslands(): Promise<string> {
  // Loaded only here, so that the compiled service runs without it.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, 'main.ts')],
    tsconfigRaw: {},
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2021',
    charset: 'utf8',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
