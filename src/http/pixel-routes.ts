/** `/pixel.js` with its settings in it, `/pixel/config` with the settings alone, `/pixel.d.ts` with its types. */
import { gzipSync } from 'node:zlib';
import type { Router } from 'express';
import express from 'express';
import type { PixelConfig } from '../browser/config';
import { integrationOf } from './integration';
import { cors } from './cors';

export interface PixelRoutesDeps {
  readonly pixel: PixelFiles;
  /** The part of the settings that the script gets. */
  readonly pixelConfig: (integration: string) => Promise<PixelConfig>;
  readonly integrations: readonly string[];
  readonly allowedOrigins: readonly string[];
}

export interface PixelFiles {
  /** The script for one integration. */
  readonly script: (config: PixelConfig) => string;
  readonly types: string;
}

/** Long enough to spare a visitor's next page the request, short enough that a change of consent rules takes effect. */
const maxAgeSeconds = 300;

export function createPixelRouter({ pixel, pixelConfig, integrations, allowedOrigins }: PixelRoutesDeps): Router {
  const router = express.Router();
  const allowPages = cors({ origins: allowedOrigins, methods: ['GET'], credentials: false, isPublic: true });
  const known = new Map<string, PixelConfig>();

  /** Pages go on counting while the database is out of reach. */
  async function current(integration: string): Promise<PixelConfig> {
    try {
      const config = await pixelConfig(integration);
      known.set(integration, config);
      return config;
    } catch (error) {
      const last = known.get(integration);
      if (!last) throw error;
      return last;
    }
  }

  const zips = new Map<string, Buffer>();

  /** Made once for each integration's settings. */
  function zipped(script: string): Buffer {
    const zip = zips.get(script) ?? gzipSync(script, { level: 9 });
    if (zips.size > 100) zips.clear();
    zips.set(script, zip);
    return zip;
  }

  router.get('/pixel.js', allowPages, async (req, res) => {
    const config = await current(integrationOf(req, integrations));
    res.set('Cache-Control', `public, max-age=${maxAgeSeconds}`).type('text/javascript').vary('Accept-Encoding');
    const script = pixel.script(config);
    if (req.acceptsEncodings('gzip', 'identity') !== 'gzip') res.send(script);
    else res.set('Content-Encoding', 'gzip').send(zipped(script));
  });
  router.get('/pixel/config', allowPages, async (req, res) => {
    const config = await current(integrationOf(req, integrations));
    res.set('Cache-Control', `public, max-age=${maxAgeSeconds}`).json(config);
  });
  router.get('/pixel.d.ts', allowPages, (_req, res) => {
    res.set('Cache-Control', `public, max-age=${maxAgeSeconds}`).type('text/plain').send(pixel.types);
  });
  return router;
}
