/**
 * Links, redirects, cookies and documents name this service as its configuration does (PUBLIC_URL, COLLECT_COOKIE_DOMAIN), and never as a
 * request does: not by `Host`, not by what a proxy would add, not by an address that names a host.
 */
import { request } from 'node:http';
import { createTikTokSandbox } from '../../sandbox/tiktok/receiver';
import type { Store } from '../../src/store';
import { operatorPassword } from '../support/api-server';
import { emptyStore } from '../support/test-database';
import { serveWebhooks, type WebhookServer } from '../support/webhook-server';

let store: Store;
const servers = new Map<number, WebhookServer>();
beforeAll(async () => {
  store = await emptyStore();
  for (const trustProxy of [0, 1]) {
    const sandbox = { path: '/sandbox/tiktok', router: createTikTokSandbox().router, accessToken: 'token-of-the-sandbox' };
    const collect = { cookieDomain: 'example.com' };
    servers.set(trustProxy, await serveWebhooks({ store, hasConsole: true, collect, app: { trustProxy, sandbox } }));
  }
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
  await store.close();
});

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly cookies: readonly string[];
  /** Status, headers and body as they came. */
  readonly all: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `target` may be a whole address: then the request line names a host. */
function ask(trustProxy: number, target: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  const { hostname, port } = new URL(servers.get(trustProxy)!.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path: target, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers: told, rawHeaders } = response;
        const all = [status, ...rawHeaders, Buffer.concat(chunks).toString('utf8')].join('\n');
        resolve({ status, location: told.location, cookies: told['set-cookie'] ?? [], all });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const evil = {
  host: 'evil.example',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-server': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '8443',
  'x-forwarded-prefix': '/evil.example',
  'x-original-host': 'evil.example',
  'x-original-url': '/evil.example',
  'x-rewrite-url': '/evil.example',
  'x-host': 'evil.example',
  forwarded: 'for=192.0.2.1;host=evil.example;proto=https',
  referer: 'https://evil.example/',
};
const operator = { authorization: 'Bearer operator-token' };
const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };

async function signIn(trustProxy: number, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const body = new URLSearchParams({ secret: operatorPassword }).toString();
  return ask(trustProxy, '/console/sign-in', { method: 'POST', body, headers: { ...form, ...headers } });
}

const addresses = [
  ...['/', '/console', '/console/', '/console/purchases?state=sent', '/console/sign-in', '/console/nowhere', '/nowhere'],
  ...['/pixel.js', '/pixel/config', '/pixel.d.ts', '/healthz', '/readyz', '/metrics'],
  ...['/api', '/api/openapi.json', '/api/reference', '/api/settings', '/api/pixel/snippet', '/api/nowhere'],
  ...['/sandbox/tiktok/_sandbox', '/sandbox/tiktok/_sandbox/', '/webhooks/generic', '/collect', '/codec/decode'],
];
const consolePages = [
  '/',
  '/purchases',
  '/tiktok',
  '/providers',
  '/users',
  '/checks',
  '/changes',
  '/nowhere',
  '/purchases?cursor=x',
];

describe.each([
  ['no proxy is believed', 0],
  ['one proxy is believed', 1],
])('where %s', (_what, trustProxy) => {
  it.each(addresses)('an evil host is not repeated by %s', async (address) => {
    for (const headers of [evil, { ...evil, ...operator }])
      for (const target of [address, `http://evil.example${address}`])
        for (const method of ['GET', 'POST', 'OPTIONS'])
          expect((await ask(trustProxy, target, { method, headers })).all).not.toContain('evil.example');
  });

  it.each(consolePages)('nor by the console’s page %s, to who is signed in', async (page) => {
    const [cookie = ''] = (await signIn(trustProxy)).cookies;
    for (const target of [`/console${page}`, `http://evil.example/console${page}`]) {
      const answer = await ask(trustProxy, target, { headers: { ...evil, cookie: cookie.split(';')[0] ?? '' } });
      expect([200, 400, 404]).toContain(answer.status);
      expect(answer.all).not.toContain('evil.example');
    }
  });

  it('a sign-in leads to the console, by a path alone, and its cookie is for the host that was asked, whichever that is', async () => {
    const { status, location, cookies } = await signIn(trustProxy, evil);
    expect([status, location]).toEqual([303, '/console/']);
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).not.toMatch(/domain/i);
  });

  it('the click’s cookie is for the configured domain', async () => {
    const body = JSON.stringify({ userId: 'ada', url: 'https://shop.example.com/', ttclid: 'E.C.P.click-of-ada-0123456789' });
    const { status, cookies, all } = await ask(trustProxy, '/collect', { method: 'POST', headers: evil, body });
    expect(status).toBe(204);
    expect(cookies.join()).toContain('Domain=example.com');
    expect(all).not.toContain('evil.example');
  });
});

it('names the configured address where it names any', async () => {
  for (const address of ['/api/openapi.json', '/api/pixel/snippet'])
    expect((await ask(0, address, { headers: { ...evil, ...operator } })).all).toContain('https://relay.example.com');
});

it('a proxy’s word that the browser came by TLS makes the session’s cookie Secure, where a proxy is believed', async () => {
  const byTls = { 'x-forwarded-proto': 'https' };
  expect((await signIn(1, byTls)).cookies[0]).toContain('Secure');
  expect((await signIn(1)).cookies[0]).not.toContain('Secure');
  expect((await signIn(0, byTls)).cookies[0]).not.toContain('Secure');
});

it('what the address itself says is repeated where it must be: so a repeated host would be seen', async () => {
  const next = '/console/purchases?q=evil.example';
  const { location } = await ask(0, next);
  expect(location).toBe(`/console/sign-in?${new URLSearchParams({ next }).toString()}`);
});

it.each(['https://evil.example', 'http://relay.example.com', 'https://relay.example.com.evil.example', 'null'])(
  'pages of %s get no CORS, whatever the host is called',
  async (origin) => {
    const headers = { ...evil, host: new URL(origin === 'null' ? 'https://evil.example' : origin).host, origin };
    for (const [target, method] of [
      ['/collect', 'OPTIONS'],
      ['/collect', 'POST'],
      ['/pixel.js', 'GET'],
      ['/codec/decode', 'OPTIONS'],
    ] as const)
      expect((await ask(0, target, { method, headers })).all.toLowerCase()).not.toContain('access-control-allow-origin');
    const allowed = await ask(0, '/pixel.js', { headers: { ...evil, origin: 'https://shop.example.com' } });
    expect(allowed.all).toContain('Access-Control-Allow-Origin\nhttps://shop.example.com');
  },
);
