/** `/pixel.js`, `/pixel/config`, `/pixel.d.ts`. What the script does is tested in a browser (test/browser). */
import type { PixelConfig } from '../../src/browser/config';
import type { Store } from '../../src/store';
import { emptyStore } from '../support/test-database';
import type { WebhookServer } from '../support/webhook-server';
import { serveWebhooks } from '../support/webhook-server';

const origin = 'https://shop.example.com';
let store: Store;
const servers: WebhookServer[] = [];

beforeAll(async () => {
  store = await emptyStore();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(() => store.close());

async function serve(options: Partial<Parameters<typeof serveWebhooks>[0]> = {}): Promise<WebhookServer> {
  const server = await serveWebhooks({ store, settings: { pixelCode: 'C4PIXEL', accessToken: 'a-secret-token' }, ...options });
  servers.push(server);
  return server;
}

const configured: PixelConfig = {
  integration: 'default',
  pixelCode: 'C4PIXEL',
  eventName: 'CompletePayment',
  consent: { denied: 'do_not_send', unknown: 'send' },
  scriptUrl: 'https://analytics.tiktok.com/i18n/pixel/events.js',
  serverCookie: false,
};

it('/pixel/config shows what a page may know, and no secret', async () => {
  const server = await serve();
  const answer = await fetch(`${server.url}/pixel/config`, { headers: { origin } });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual(configured);
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
});

it('/pixel.js is a script that any page of ours may load, with its settings in it', async () => {
  const server = await serve();
  const answer = await fetch(`${server.url}/pixel.js`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
  const text = await answer.text();
  expect(text).toContain(JSON.stringify(configured));
  expect(text).not.toContain('a-secret-token');
});

it('comes zipped where the browser takes that, and plain where it does not', async () => {
  const server = await serve();
  const get = (encoding: string) => fetch(`${server.url}/pixel.js`, { headers: { 'accept-encoding': encoding } });
  const [zip, plain] = [await get('gzip, br'), await get('identity')];
  expect(zip.headers.get('content-encoding')).toBe('gzip');
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(zip.headers.get('vary')).toContain('Accept-Encoding');
  expect(await zip.text()).toBe(await plain.text());
  expect(zip.headers.get('etag')).not.toBe(plain.headers.get('etag'));
});

it('of another integration when asked for, and of none that there is not', async () => {
  const server = await serve();
  expect(await (await fetch(`${server.url}/pixel/config?integration=other`)).json()).toMatchObject({ integration: 'other' });
  expect((await fetch(`${server.url}/pixel.js?integration=none`)).status).toBe(404);
});

it('is public, though pages of others can’t read it', async () => {
  const server = await serve();
  for (const path of ['/pixel/config', '/pixel.js']) {
    const answer = await fetch(server.url + path, { headers: { origin: 'https://evil.example' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  }
});

it('goes on as it last was while the database is out of reach', async () => {
  let isGone = false;
  const server = await serve({ pixel: { pixelConfig: async () => (isGone ? Promise.reject(new Error('gone')) : configured) } });
  await (await fetch(`${server.url}/pixel.js`)).text();
  isGone = true;
  const answer = await fetch(`${server.url}/pixel.js`);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('C4PIXEL');
  expect((await fetch(`${server.url}/pixel.js?integration=other`)).status).toBe(500); // never known
});

it('/pixel.d.ts are its types', async () => {
  const server = await serve();
  const answer = await fetch(`${server.url}/pixel.d.ts`);
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await answer.text()).toBe('// types');
});
