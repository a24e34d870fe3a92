/** `GET /api/pixel/snippet`: what to paste into a page's head, made from the settings. */
import type { Router } from 'express';
import express from 'express';
import type { PixelConfig } from '../browser/config';
import { integrationOf } from './request';

export interface PixelSnippetDeps {
  readonly pixelConfig: (integration: string) => Promise<PixelConfig>;
  readonly publicUrl: string;
  readonly integrations: readonly string[];
}

export function createPixelSnippetRouter({ pixelConfig, publicUrl, integrations }: PixelSnippetDeps): Router {
  const router = express.Router();
  router.get('/pixel/snippet', async (req, res) => {
    const config = await pixelConfig(integrationOf(req, integrations));
    const snippet = snippetOf(publicUrl, config);
    res.format({
      json: () =>
        void res.json({ snippet, pixelCode: config.pixelCode, contentSecurityPolicy: contentSecurityPolicy(publicUrl, config) }),
      text: () => void res.type('text/plain').send(snippet),
      html: () => void res.type('text/plain').send(snippet),
    });
  });
  return router;
}

/** The first line queues calls until the script has loaded, so that a page need not wait for it, even if it is blocked. */
export function snippetOf(publicUrl: string, { integration }: Pick<PixelConfig, 'integration'>): string {
  const query = integration === 'default' ? '' : `?integration=${encodeURIComponent(integration)}`;
  return [
    `<script>window.ttr=window.ttr||new Proxy({q:[],then:0},{get:(t,m)=>m in t?t[m]:(...a)=>new Promise(r=>{t.q.push([m,a,r]);setTimeout(r,2e3,m=='metadata'&&{})})})</script>`,
    `<script async src="${publicUrl}/pixel.js${query}"></script>`,
  ].join('\n');
}

/** The sources that a page's policy has to allow. The first line of the snippet also needs its hash or a nonce, or a file of its own. */
function contentSecurityPolicy(publicUrl: string, { scriptUrl }: PixelConfig): Readonly<Record<string, readonly string[]>> {
  const sources = [new URL(publicUrl).origin, new URL(scriptUrl).origin];
  return { 'script-src': sources, 'connect-src': sources };
}
