/** The console's styles and scripts, each under an address that has its hash in it, so that browsers keep it for good. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Router } from 'express';
import express from 'express';
import { buildIslands } from './islands/build';

export interface Assets {
  readonly router: Router;
  /** The addresses. */
  readonly stylesheet: string;
  /** In the order in which they run. */
  readonly scripts: readonly string[];
}

/** In this order they make one file. */
const styleFiles = ['tokens', 'base', 'layout', 'parts', 'forms', 'pages'];

/** Reads and builds the files once. From the sources the islands are built in milliseconds; in `dist/` they were built with the rest. */
export async function loadAssets(): Promise<Assets> {
  const isCompiled = extname(__filename) === '.js';
  const islandsFile = join(__dirname, 'islands', 'islands.js');
  const [styles, htmx, islands] = await Promise.all([
    Promise.all(styleFiles.map((name) => readFile(join(__dirname, 'styles', `${name}.css`), 'utf8'))),
    readFile(require.resolve('htmx.org/dist/htmx.min.js'), 'utf8'),
    isCompiled ? readFile(islandsFile, 'utf8') : buildIslands(),
  ]);
  const files = [
    fileOf('console', 'css', styles.join('\n')),
    fileOf('htmx', 'js', htmx),
    fileOf('islands', 'js', islands),
  ] as const;
  const [stylesheet, ...scripts] = files.map(({ name }) => `/console/assets/${name}`);
  return { router: createAssetsRouter(files), stylesheet: stylesheet ?? '', scripts };
}

interface AssetFile {
  readonly name: string;
  readonly mediaType: string;
  readonly text: string;
  readonly zip: Buffer;
}

function fileOf(name: string, extension: 'css' | 'js', text: string): AssetFile {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return {
    name: `${name}.${hash}.${extension}`,
    mediaType: extension === 'css' ? 'text/css' : 'text/javascript',
    text,
    zip: gzipSync(text),
  };
}

function createAssetsRouter(files: readonly AssetFile[]): Router {
  const router = express.Router();
  const byName = new Map(files.map((file) => [file.name, file]));
  router.get('/:name', (req, res, next) => {
    const file = byName.get(req.params.name);
    if (!file) return next();
    res.set('Cache-Control', 'public, max-age=31536000, immutable').type(file.mediaType).vary('Accept-Encoding');
    if (req.acceptsEncodings('gzip', 'identity') === 'gzip') res.set('Content-Encoding', 'gzip').send(file.zip);
    else res.send(file.text);
  });
  return router;
}
