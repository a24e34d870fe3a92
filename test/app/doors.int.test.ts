/** What is not for strangers: metrics, the sandbox, and how a wrong token is told. */
import { request } from 'node:http';
import express from 'express';
import type { Store } from '../../src/store';
import { operatorPassword } from '../support/api-server';
import { emptyStore } from '../support/test-database';
import { serveWebhooks, type WebhookServer, type WebhookServerOptions } from '../support/webhook-server';

let store: Store;
const open: WebhookServer[] = [];
beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function serve(app: WebhookServerOptions['app'] = {}): Promise<WebhookServer> {
  const server = await serveWebhooks({ store, app });
  open.push(server);
  return server;
}

/** The status of a request with headers that `fetch` does not let be set. */
function statusOf(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('/metrics', () => {
  it('is read on this machine without a token, where the service is not live', async () => {
    const { url } = await serve();
    expect(await statusOf(`${url}/metrics`, {})).toBe(200);
  });

  it.each([
    ['that a proxy passed on', { 'x-forwarded-for': '203.0.113.7' }],
    ['that another proxy passed on', { forwarded: 'for=203.0.113.7' }],
    ['that claims to come from here', { 'x-forwarded-for': '127.0.0.1' }],
    ['of a page whose name was made to point here', { host: 'evil.example' }],
    ['of a name that only begins like this machine', { host: 'localhost.evil.example' }],
  ])('is not read by a request %s', async (_what, headers) => {
    const { url } = await serve();
    expect(await statusOf(`${url}/metrics`, headers)).toBe(401);
  });

  it('takes a token of its own, of an operator or a viewer where the service is live; its own opens nothing else', async () => {
    const { url } = await serve({ isOpenHere: false, metricsToken: 'token-of-the-scraper', viewerToken: 'viewer-token' });
    expect(await statusOf(`${url}/metrics`, {})).toBe(401);
    expect(await statusOf(`${url}/metrics`, bearer('wrong'))).toBe(401);
    for (const token of ['token-of-the-scraper', 'operator-token', 'viewer-token'])
      expect([token, await statusOf(`${url}/metrics`, bearer(token))]).toEqual([token, 200]);
    expect(await statusOf(`${url}/api/settings`, bearer('token-of-the-scraper'))).toBe(401);
  });
});

describe('the sandbox', () => {
  const router = express.Router();
  let asked = 0;
  router.use((_req, res) => {
    asked += 1;
    res.json({});
  });
  const sandbox = { path: '/sandbox/tiktok', router, accessToken: 'token-of-the-sandbox' };
  const path = '/sandbox/tiktok/_sandbox/events';

  it('shows itself on this machine, and to nobody else without a token', async () => {
    const { url } = await serve({ sandbox });
    expect(await statusOf(url + path, {})).toBe(200);
    const before = asked;
    expect(await statusOf(url + path, { 'x-forwarded-for': '203.0.113.7' })).toBe(401);
    expect(await statusOf(url + path, { host: 'evil.example' })).toBe(401);
    expect(asked).toBe(before);
    expect(await statusOf(url + path, { host: 'evil.example', ...bearer('operator-token') })).toBe(200);
  });

  it('takes what a worker elsewhere sends, by the token that both know', async () => {
    const { url } = await serve({ sandbox, isOpenHere: false });
    expect(await statusOf(url + path, { 'access-token': 'token-of-the-sandbox' })).toBe(200);
    expect(await statusOf(url + path, { 'access-token': 'another' })).toBe(401);
    expect(await statusOf(url + path, {})).toBe(401);
  });
});

it('the console’s cookie opens nothing but the console: no page can call the API in an operator’s name', async () => {
  const server = await serveWebhooks({ store, hasConsole: true, app: { isOpenHere: false } });
  open.push(server);
  const { headers } = await fetch(`${server.url}/console/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ secret: operatorPassword }),
  });
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
  expect(await statusOf(`${server.url}/console/`, { cookie })).toBe(200);
  for (const path of ['/api/settings', '/api/purchases', '/metrics'])
    expect([path, await statusOf(server.url + path, { cookie })]).toEqual([path, 401]);
});

it('the change log is read, and nothing of it is taken away', async () => {
  const { url } = await serve();
  for (const method of ['DELETE', 'PUT', 'PATCH', 'POST'])
    expect([method, (await fetch(`${url}/api/audit`, { method, headers: bearer('operator-token') })).status]).toEqual([
      method,
      404,
    ]);
  expect(await statusOf(`${url}/api/audit`, bearer('operator-token'))).toBe(200);
});

it('a wrong token is counted and logged by what it was to open, without itself and without who it was', async () => {
  const server = await serve({ isOpenHere: false });
  for (const path of ['/api/settings', '/metrics'])
    await fetch(server.url + path, { headers: { ...bearer('guessed-token'), 'user-agent': 'agent-of-eve' } });
  await fetch(`${server.url}/codec/guessed-secret/decode`, { method: 'POST' });
  await fetch(`${server.url}/codec/decode`, { method: 'POST', headers: bearer('guessed-token') });
  await fetch(`${server.url}/api/settings`); // no token is no guess
  const doors = ['api', 'metrics', 'codec', 'codec'];
  expect(server.lines('a wrong password or token was refused').map(({ door }) => door)).toEqual(doors);
  expect(server.tallied().filter((line) => line.startsWith('refused_sign_ins'))).toEqual(
    doors.map((door) => `refused_sign_ins  ${door}`),
  );
  expect(server.log.join()).not.toMatch(/guessed|127\.0\.0\.1|agent-of-eve/);
  const metrics = await (await fetch(`${server.url}/metrics`, { headers: bearer('operator-token') })).text();
  expect(metrics).toContain('relay_refused_sign_ins_total{door="codec"} 2');
});
