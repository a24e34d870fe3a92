import express from 'express';
import { type Store } from '../../src/store';
import { emptyStore } from '../support/test-database';
import { paidInvoice, serveWebhooks, type WebhookServer, type WebhookServerOptions } from '../support/webhook-server';

let store: Store;
const open: WebhookServer[] = [];
beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function serve(options: Partial<WebhookServerOptions> = {}): Promise<WebhookServer> {
  const server = await serveWebhooks({ store, ...options });
  open.push(server);
  return server;
}

const operator = { authorization: 'Bearer operator-token' };

describe('every answer of the app', () => {
  it.each(['/healthz', '/readyz', '/metrics', '/webhooks/nobody', '/api/settings', '/nowhere'])(
    'has the security headers, and does not say what made it: %s',
    async (path) => {
      const { url } = await serve();
      const { headers } = await fetch(url + path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
      expect(headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
      expect(headers.has('x-powered-by')).toBe(false);
    },
  );

  it('has them for an accepted webhook, too', async () => {
    const server = await serve();
    const { status, headers } = await server.stripe(paidInvoice('in_headers'));
    expect(status).toBe(200);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.has('x-powered-by')).toBe(false);
  });

  it.each(['/', '/nowhere', '/webhooks', '/api', '/api/nothing', '/sandbox/tiktok'])(
    'is a problem document where there is nothing: %s',
    async (path) => {
      const { url } = await serve();
      const response = await fetch(url + path, { headers: operator });
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(await response.json()).toMatchObject({ status: 404, title: 'Not found' });
    },
  );

  it('never repeats the path, which may name a user', async () => {
    const { url, log } = await serve();
    const response = await fetch(`${url}/buyer@example.com`, { headers: operator });
    expect(await response.text()).not.toContain('buyer@example.com');
    expect(log.join()).not.toContain('buyer@example.com');
  });
});

describe('the app', () => {
  it('lets nobody into /api without the token, and needs none for webhooks and health', async () => {
    const server = await serve();
    expect((await fetch(`${server.url}/api/settings`)).status).toBe(401);
    expect((await fetch(`${server.url}/api/settings`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    expect((await fetch(`${server.url}/api/nothing`)).status).toBe(401);
    expect((await fetch(`${server.url}/api/settings`, { headers: operator })).status).toBe(200);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await server.stripe(paidInvoice('in_open'))).status).toBe(200);
  });

  it('lives while nothing is ready, and says what is missing', async () => {
    const { url } = await serve({ health: { temporal: () => Promise.reject(new Error('14 UNAVAILABLE: at 10.0.0.7')) } });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const response = await fetch(`${url}/readyz`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ checks: { database: 'ok', temporal: 'unreachable' } });
    expect(body).not.toContain('10.0.0.7');
  });

  it('is ready when database and Temporal answer', async () => {
    const { url } = await serve();
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: 'ready', checks: { database: 'ok', temporal: 'ok' } },
    ]);
  });

  it('counts webhooks and facts where Prometheus looks', async () => {
    const server = await serve();
    await server.stripe(paidInvoice('in_counted'));
    await server.post('/webhooks/stripe', '{}');
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const text = await response.text();
    expect(text).toContain('relay_webhooks_total{integration="default",psp="stripe",outcome="accepted"} 1');
    expect(text).toContain('relay_webhooks_total{integration="default",psp="stripe",outcome="refused"} 1');
    expect(text).toContain('relay_facts_total{integration="default",psp="stripe",kind="conversion"} 1');
  });

  it('makes no metric of providers that there are not, whatever is asked for', async () => {
    const server = await serve();
    for (let n = 0; n < 5; n += 1) await server.post(`/webhooks/made-up-${n}`, '{}');
    expect(await (await fetch(`${server.url}/metrics`)).text()).not.toContain('made-up');
  });

  it('has TikTok’s stand-in where one is given', async () => {
    const router = express.Router();
    router.get('/here', (_req, res) => void res.json({ isHere: true }));
    const { url } = await serve({ app: { sandbox: { path: '/sandbox/tiktok', router, accessToken: 'of the sandbox' } } });
    expect(await (await fetch(`${url}/sandbox/tiktok/here`)).json()).toEqual({ isHere: true });
  });
});
