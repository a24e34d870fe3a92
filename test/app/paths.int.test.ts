/** The service serves a few files that it read at its start, by name. No address leads to another file, nor to a stack. */
import { createTikTokSandbox } from '../../sandbox/tiktok/receiver';
import type { Store } from '../../src/store';
import { operatorPassword } from '../support/api-server';
import { emptyStore } from '../support/test-database';
import { head, sendBytes } from '../support/raw-http';
import { serveWebhooks, type WebhookServer } from '../support/webhook-server';

let store: Store;
let server: WebhookServer;
let cookie = '';
beforeAll(async () => {
  store = await emptyStore();
  const sandbox = { path: '/sandbox/tiktok', router: createTikTokSandbox().router, accessToken: 'token-of-the-sandbox' };
  server = await serveWebhooks({ store, hasConsole: true, app: { sandbox } });
  const signedIn = await fetch(`${server.url}/console/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ secret: operatorPassword }),
  });
  cookie = (signedIn.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
});
afterAll(async () => {
  await server.close();
  await store.close();
});

/** Sends the target as it is: a client would tidy it up. */
async function get(target: string, lines: readonly string[] = []) {
  const bytes = head(`GET ${target} HTTP/1.1`, ['Host: 127.0.0.1', 'Connection: close', ...lines]);
  const { statuses, text } = await sendBytes(server.url, bytes);
  return { status: statuses[0] ?? 0, text };
}

/** Below these, files are served. */
const folders = [
  '/',
  '/console/assets/',
  '/console/assets',
  '/console/',
  '/pixel.js/',
  '/pixel/',
  '/api/reference/',
  '/api/',
  '/sandbox/tiktok/_sandbox/',
  '/sandbox/tiktok/i18n/pixel/',
];

const up = [
  '../',
  '..%2f',
  '..%2F',
  '%2e%2e/',
  '%2e%2e%2f',
  '.%2e/',
  '..\\',
  '..%5c',
  '%2e%2e%5c',
  '..%252f',
  '%252e%252e%252f',
  '..;/',
  '....//',
];
const climbs = [
  ...up.flatMap((step) => [step.repeat(8) + 'etc/passwd', step.repeat(2) + 'package.json', `${step}routes.ts`]),
  ...['%c0%ae%c0%ae/package.json', '..%c0%afpackage.json', '..%ef%bc%8fpackage.json', '%uff0e%uff0e/package.json'],
  ...['/etc/passwd', '%2fetc%2fpasswd', 'file:///etc/passwd', 'C:\\Windows\\win.ini', '\\\\127.0.0.1\\share', '~/.ssh/id_rsa'],
  ...[
    'package.json%00.js',
    'console.css%00',
    '%00',
    '%',
    '%E0%A4%A',
    '%ff%fe',
    '.env',
    '.git/config',
    'constructor',
    '__proto__',
  ],
  ...['a'.repeat(5_000), `${'../'.repeat(1_000)}etc/passwd`],
];

describe.each(folders)('below %s', (folder) => {
  it('no address leads out', async () => {
    for (const climb of climbs)
      for (const lines of [[], [`Cookie: ${cookie}`, 'Authorization: Bearer operator-token']]) {
        const { status, text } = await get(folder + climb, lines);
        const told = [folder + climb, status];
        // 303 leads to the sign-in, 401 asks for a token, and 429 is for who asked without one too often.
        expect(lines.length === 0 ? [303, 400, 401, 404, 429] : [303, 400, 401, 404]).toContainEqual(status);
        expect([told, /root:.*:0:0|"dependencies"|from 'express'|PRIVATE KEY/.test(text)]).toEqual([told, false]);
        expect([told, /node_modules|\n\s+at |[A-Z]\w+Error\b/.test(text)]).toEqual([told, false]);
      }
  });
});

it('each file is served under its name, however that is encoded', async () => {
  const page = await get('/console/sign-in');
  const assets = [...page.text.matchAll(/\/console\/assets\/[\w.-]+/g)].map(([address]) => address);
  expect(assets.length).toBeGreaterThan(1);
  for (const address of assets) {
    expect((await get(address)).status).toBe(200);
    const name = address.slice('/console/assets/'.length);
    expect((await get(`/console/assets/%${name.charCodeAt(0).toString(16)}${name.slice(1)}`)).status).toBe(200);
  }
  const others = ['/pixel.js', '/pixel/config', '/pixel.d.ts', '/api/reference', '/api/reference.css', '/api/openapi.json'];
  const sandbox = ['/sandbox/tiktok/_sandbox/', '/sandbox/tiktok/_sandbox/live.js', '/sandbox/tiktok/_sandbox/live.css'];
  for (const address of [...others, ...sandbox]) expect([address, (await get(address)).status]).toEqual([address, 200]);
});

it.each([
  '/console/purchases/..%2f..%2fetc/passwd',
  '/console/users/%2e%2e%2f',
  '/api/purchases/stripe/..%2f..%2fsettings',
  '/api/users/%00',
])('an id is an id, not a way: %s', async (target) => {
  const lines = target.startsWith('/api') ? ['Authorization: Bearer operator-token'] : [`Cookie: ${cookie}`];
  const { status, text } = await get(target, lines);
  expect([400, 404]).toContain(status);
  expect(text).not.toMatch(/node_modules|\n\s+at /);
});

it('no failure of these was our own', () => {
  expect(server.lines('a request failed unexpectedly')).toEqual([]);
});
