import type { Router } from 'express';
import type { JsonSchema } from '../../src/operator/json-schema';
import { openApiDocument } from '../../src/operator/openapi';
import { publicRoutes } from '../../src/operator/public-routes';
import type { Store } from '../../src/store';
import { type Api, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';

let store: Store;
let api: Api;
beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

const documentOf = ({ routes }: Pick<Api, 'routes'>) =>
  openApiDocument({ routes, publicRoutes, url: 'https://relay.example.com' });

describe('the OpenAPI document', () => {
  it('has every route that is mounted, and none that is not', () => {
    const documented = Object.entries(documentOf(api).paths ?? {})
      .flatMap(([path, item]) => Object.keys(item ?? {}).map((method) => `${method} ${path}`))
      .filter((route) => / \/api\//.test(route))
      .map((route) => route.replace(' /api/', ' /'))
      .filter((route) => !/ \/(openapi\.json|reference(\.css)?)$/.test(route));
    const mounted = mountedIn(api.router);
    expect(mounted.filter((route) => !documented.includes(route))).toEqual([]);
    expect(documented.filter((route) => !mounted.includes(route))).toEqual([]);
    expect(new Set(documented).size).toBe(documented.length);
  });

  it('is served to anybody, and is what the routes make of it', async () => {
    const { status, body, headers } = await api.call('GET', '/api/openapi.json', undefined, { authorization: '' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body).toEqual(JSON.parse(JSON.stringify(documentOf(api))));
    expect(body.openapi).toBe('3.1.1');
    expect(body.servers).toEqual([{ url: 'https://relay.example.com' }]);
  });

  it('names every operation once, and each has a heading, a summary, a success and no open reference', () => {
    const document = documentOf(api);
    const operations = Object.values(document.paths ?? {}).flatMap((item) => Object.values(item ?? {})) as Operation[];
    expect(operations.length).toBeGreaterThan(10);
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids).toEqual([...new Set(ids)]);
    const tags = (document.tags ?? []).map(({ name }) => name);
    for (const { tags: own, summary, responses } of operations) {
      expect(own).toHaveLength(1);
      expect(tags).toContain(own[0]);
      expect(summary).not.toBe('');
      expect(Object.keys(responses).some((code) => code.startsWith('2'))).toBe(true);
    }
    const schemas = Object.keys(document.components?.schemas ?? {});
    for (const [, name = ''] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(schemas).toContain(name);
  });

  it('says that a problem may be answered where a token, a body or a path is taken', () => {
    const webhookLog = documentOf(api).paths?.['/api/webhook-log']?.get as Operation | undefined;
    expect(Object.keys(webhookLog?.responses ?? {})).toEqual(['200', '400', '401', '404', '429', '503']);
    expect((webhookLog?.parameters ?? []).map(({ name }) => name)).toEqual(['psp', 'cursor', 'integration']);
  });

  it('shows what a request is before it is read, times as times', () => {
    const document = openApiDocument({ routes: api.routes, publicRoutes, url: 'https://relay.example.com' });
    const collect = document.paths?.['/collect']?.post as Operation | undefined;
    const schema = collect?.requestBody?.content['application/json']?.schema;
    expect(schema?.required).toEqual(['url']);
    expect(Object.keys(schema?.properties ?? {})).toContain('checkoutId');
  });
});

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

/** The part of express's router that is read here. */
interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: { readonly stack?: readonly Layer[] };
}

/** As the document writes them: `get /checks/{psp}`. */
function mountedIn(router: Router): readonly string[] {
  const inLayer = ({ route, handle }: Layer): readonly string[] => {
    if (!route) return (handle?.stack ?? []).flatMap(inLayer);
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    return Object.keys(route.methods).map((method) => `${method} ${path}`);
  };
  return (router.stack as unknown as readonly Layer[]).flatMap(inLayer);
}
