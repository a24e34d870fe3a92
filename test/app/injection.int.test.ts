/**
 * What strangers, providers and operators write goes into headers and log lines only as text: no answer has a header that nobody set, and
 * each line of the log is one JSON object. How the same texts look on a screen: test/telemetry/readable-line.test.ts.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Store } from '../../src/store';
import { operatorPassword } from '../support/api-server';
import { emptyStore } from '../support/test-database';
import { genericPayment, serveWebhooks, type WebhookServer } from '../support/webhook-server';

let store: Store;
let server: WebhookServer;
let cookie = '';
beforeAll(async () => {
  store = await emptyStore();
  const liveMode = false;
  server = await serveWebhooks({ store, liveMode, hasConsole: true, collect: { cookieDomain: 'example.com' } });
  const [set = ''] = (await ask('/console/sign-in', { form: { secret: operatorPassword } })).cookies;
  cookie = set.split(';')[0] ?? '';
});
afterAll(async () => {
  await server.close();
  await store.close();
});

interface Answer {
  readonly status: number;
  /** In lower case. */
  readonly names: readonly string[];
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly cookies: readonly string[];
}

interface Asked {
  readonly method?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As an operator, by token and by cookie. */
function ask(path: string, { form, json, method = form || json ? 'POST' : 'GET', headers = {} }: Asked = {}): Promise<Answer> {
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
  const given = { authorization: 'Bearer operator-token', 'sec-fetch-site': 'same-origin', 'content-type': type, cookie };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(server.url).origin + path, { method, headers: { ...given, ...headers } }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          names: response.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()),
          headers: response.headers,
          cookies: response.headers['set-cookie'] ?? [],
        }),
      );
    });
    sent.on('error', reject);
    sent.end(form ? new URLSearchParams(form).toString() : json === undefined ? undefined : JSON.stringify(json));
  });
}

const hostile = [
  ['a header of its own', 'x\r\nX-Evil: 1\r\nSet-Cookie: evil=1'],
  ['a line feed', 'x\nX-Evil: 1'],
  ['a carriage return', 'x\rX-Evil: 1'],
  ['an answer of its own', 'x\r\n\r\nHTTP/1.1 200 OK\r\nX-Evil: 1\r\n\r\n<script>'],
  ['letters whose low bytes are line ends', 'x\u560d\u560aX-Evil: 1'],
  ['separators of lines', 'x\u2028X-Evil: 1\u2029\u0085'],
  ['what is encoded already', 'x%0d%0aX-Evil:%201'],
  ['what is encoded twice', 'x%250d%250aX-Evil:%201'],
  ['the end of a quoted name', 'x"; filename="evil.exe'],
  ['another cookie', 'x; Domain=evil.example; Path=/, evil=1'],
  ['a line of the log', '"}\n{"level":"fatal","msg":"stopped"}\n{"x":"'],
  ['colours', '\u001b[2J\u001b[31mX-Evil'],
] as const;

describe.each(hostile)('%s', (_what, text) => {
  const encoded = encodeURIComponent(text);

  const requests = (): readonly (readonly [string, Asked])[] => [
    [`/console/sign-in?next=${encoded}`, { headers: { cookie: '' } }],
    [`/console/sign-in?next=${encodeURIComponent(`/console/${text}`)}`, {}],
    [`/console/purchases?q=${encoded}`, { headers: { cookie: '' } }],
    [`/console/purchases?q=${encoded}`, { headers: { cookie: '', 'hx-request': 'true' } }],
    [`/console/purchases?format=csv&q=${encoded}`, {}],
    [`/console/purchases?integration=${encoded}`, {}],
    [`/console/${encoded}`, {}],
    ['/console/sign-in', { form: { secret: operatorPassword, name: text, next: `/console/${text}` } }],
    ['/console/sign-in', { form: { secret: 'wrong', name: text, next: text } }],
    [`/api/purchases?q=${encoded}`, { headers: { accept: 'text/csv' } }],
    [`/api/report?from=2026-01-01&to=2026-02-01&psp=${encoded}`, { headers: { accept: 'text/csv' } }],
    [`/api/users/${encoded}`, {}],
    [`/api/settings?by=${encoded}`, { method: 'PATCH', json: { paused: false } }],
    [`/pixel.js?integration=${encoded}`, {}],
    [`/webhooks/${encoded}/generic`, { json: {} }],
    [`/${encoded}`, {}],
    ['/collect', { json: { userId: text, checkoutId: text, email: text, url: 'https://shop.example.com/', locale: 'en' } }],
    ['/collect', { json: { userId: 'ada', url: 'https://shop.example.com/', ttclid: text } }],
    ['/collect', { json: { userId: 'ada', url: text, referrer: text } }],
    [`/collect?integration=${encoded}`, { json: { userId: 'ada' } }],
  ];

  it('makes no header, no cookie and no other place', async () => {
    for (const [path, asked] of requests()) {
      const { status, names, headers, cookies } = await ask(path, asked);
      const told = `${asked.method ?? ''} ${path}`;
      expect([told, status < 500]).toEqual([told, true]);
      expect([told, names.filter((name) => name.includes('evil'))]).toEqual([told, []]);
      for (const set of cookies) {
        expect(set).toMatch(/^(relay_session|ttclid)=[^;,\s"]*; /);
        expect(set).not.toMatch(/domain=(?!example\.com;)/i);
      }
      const location = headers['location'] ?? headers['hx-redirect'];
      if (location !== undefined) expect(location).toMatch(/^\/console\/[\x21-\x7e]*$/);
      const file = headers['content-disposition'];
      if (file !== undefined) expect(file).toMatch(/^attachment; filename=(purchases|payments)\.csv$/);
    }
  });

  it('in a webhook leaves each line of the log one JSON object', async () => {
    const before = server.log.length;
    await server.generic(genericPayment(text, { subscription_id: text, metadata: { user_id: text, checkout_id: text } }));
    await server.generic({ ...genericPayment('m_1'), kind: text });
    await server.generic(genericPayment('m_2', { currency: text, amount: text }));
    await server.post('/webhooks/stripe', '{}', { 'user-agent': 'agent-of-eve', 'stripe-signature': encoded });
    await ask('/collect', { json: { userId: 'ada', url: text }, headers: { 'user-agent': 'agent-of-eve', origin: encoded } });
    expect(server.log.length).toBeGreaterThan(before);
    for (const line of server.log) {
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(JSON.parse(line)).toMatchObject({
        level: expect.not.stringMatching('fatal') as string,
        msg: expect.any(String) as string,
      });
    }
    expect(server.log.join('')).not.toContain('agent-of-eve');
  });
});

it('the ways that are asked do lead somewhere, set cookies and send files', async () => {
  const signIn = await ask('/console/sign-in', { form: { secret: operatorPassword, next: '/console/purchases?q=a' } });
  expect([signIn.status, signIn.headers['location'], signIn.cookies.length]).toEqual([303, '/console/purchases?q=a', 1]);
  for (const [path, headers] of [
    ['/console/purchases?format=csv&q=a', {}],
    ['/api/purchases?q=a', { accept: 'text/csv' }],
  ] as const)
    expect((await ask(path, { headers })).headers['content-disposition']).toBe('attachment; filename=purchases.csv');
  const visit = await ask('/collect', { json: { userId: 'ada', url: 'https://shop.example.com/', ttclid: 'E.C.P.1' } });
  expect(visit.cookies[0]).toMatch(/^ttclid=E\.C\.P\.1; .*Domain=example\.com; /);
});

it('no address that a page, a buyer or a provider names is called', async () => {
  let calls = 0;
  const inside = createServer((_req, res) => {
    calls += 1;
    res.end();
  });
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/inside`; // of a TCP server
  const visit = { userId: 'bob', checkoutId: 'chk_bob', url, referrer: url, ttclid: 'E.C.P.2' };
  expect((await ask('/collect', { json: visit, headers: { referer: url } })).status).toBe(204);
  const metadata = {
    user_id: 'bob',
    checkout_id: 'chk_bob',
    page_url: url,
    url,
    webhook_url: url,
    email: `bob@${new URL(url).host}`,
  };
  const paid = await server.generic(genericPayment('m_bob', { metadata, callback_url: url, customer: { url } }));
  expect([paid.status, paid.body.outcome]).toEqual([200, 'accepted']);
  await ask('/api/users/bob');
  expect(calls).toBe(0);
  await fetch(url);
  expect(calls).toBe(1);
  inside.close();
});
