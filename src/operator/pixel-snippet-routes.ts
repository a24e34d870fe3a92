/** `GET /api/pixel/snippet`: what to paste into a page's head, made from the settings. */
import { z } from 'zod';
import type { PixelConfig } from '../browser/config';
import { defineRoute, type Route } from './route';

export interface PixelSnippetDeps {
  readonly pixelConfig: (integration: string) => Promise<PixelConfig>;
  readonly publicUrl: string;
  /** The origins whose pages may call. */
  readonly allowedOrigins: readonly string[];
}

export function pixelSnippetRoutes(deps: PixelSnippetDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/pixel/snippet',
      tag: 'Pixel',
      summary: 'The snippet for your pages',
      description: 'As JSON with the sources that a Content-Security-Policy has to allow, or as text to paste.',
      query: z.strictObject({}),
      answers: { 200: { description: 'The snippet', schema: snippetSchema, media: ['text/plain'] } },
      async handle({ integration, res }) {
        const described = await describeSnippet(deps, integration);
        res.format({
          json: () => void res.json(described),
          text: () => void res.type('text/plain').send(described.snippet),
          html: () => void res.type('text/plain').send(described.snippet),
          // As the other routes do for a type that they do not have.
          default: () => void res.json(described),
        });
      },
    }),
  ];
}

export interface DescribedSnippet {
  readonly snippet: string;
  readonly pixelCode: string | null;
  readonly contentSecurityPolicy: Readonly<Record<string, readonly string[]>>;
}

/** The snippet of an integration, with what it loads. */
export async function describeSnippet(
  { pixelConfig, publicUrl }: Omit<PixelSnippetDeps, 'allowedOrigins'>,
  integration: string,
): Promise<DescribedSnippet> {
  const config = await pixelConfig(integration);
  const snippet = snippetOf(publicUrl, config);
  return { snippet, pixelCode: config.pixelCode, contentSecurityPolicy: contentSecurityPolicy(publicUrl, config) };
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

const snippetSchema = z.object({
  snippet: z.string(),
  pixelCode: z.string().nullable(),
  contentSecurityPolicy: z.record(z.string(), z.array(z.string())),
});
