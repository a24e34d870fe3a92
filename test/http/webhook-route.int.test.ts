import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PspAdapter } from '../../src/psp/adapter';
import { deadlineMs } from '../../src/http/webhook-route';
import { generic as genericAdapter } from '../../src/psp/generic';
import { manifest } from '../../src/psp/generic/manifest';
import { signGeneric } from '../../sandbox/generic/webhooks';
import { signStripe, stripeEvent } from '../../sandbox/stripe/webhooks';
import type { Store } from '../../src/store';
import { QueryFailed } from '../../src/store';
import { emptyStore } from '../support/test-database';
import type { Answer, WebhookServer, WebhookServerOptions } from '../support/webhook-server';
import {
  genericPayment,
  genericSecret,
  nowMs,
  nowSeconds,
  paidInvoice,
  sendInPieces,
  serveWebhooks,
  stripeSecret,
} from '../support/webhook-server';

const megabyte = 1024 * 1024;
/** How much later than its deadline an answer may come on a loaded machine. */
const loadedMs = 10_000;

let store: Store;
let server: WebhookServer;
const open: WebhookServer[] = [];

beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  server = await serve();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function serve(options: Partial<WebhookServerOptions> = {}): Promise<WebhookServer> {
  const one = await serveWebhooks({ store, ...options });
  open.push(one);
  return one;
}

/** As small as an event can be that nothing is needed of. */
const unneeded = stripeEvent('customer.created', { id: 'cus_1' }, { created: nowSeconds });

function signed(body: Buffer | string, atSeconds = nowSeconds, secret = stripeSecret): { 'stripe-signature': string } {
  return { 'stripe-signature': signStripe(body, secret, atSeconds) };
}

function expectProblem(answer: Answer, status: number): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ type: 'about:blank', status, title: expect.stringMatching(/./) });
}

describe('a webhook whose signature is not right', () => {
  const body = JSON.stringify(paidInvoice('in_refused'));
  it.each<[string, Record<string, string>]>([
    ['has none', {}],
    ['has an empty one', { 'stripe-signature': '' }],
    ['is signed with another secret', signed(body, nowSeconds, 'whsec_of_somebody_else')],
    ['is signed with an empty secret', signed(body, nowSeconds, '')],
    ['is signed over another body', signed(`${body} `)],
    ['is signed more than 5 minutes ago', signed(body, nowSeconds - 301)],
    ['is signed more than 5 minutes ahead', signed(body, nowSeconds + 301)],
    ['is signed as another provider signs', signGeneric(body, genericSecret, 'msg_1', nowSeconds)],
  ])('is answered 401, stored nowhere and counted, when it %s', async (_, headers) => {
    const answer = await server.post('/webhooks/stripe', body, headers);
    expectProblem(answer, 401);
    expect([...server.writes, ...server.signals]).toEqual([]);
    expect(await server.counted('stripe', 'refused')).toBe(1);
    expect(server.log).toHaveLength(1);
    expect(server.lines('webhook.received')).toMatchObject([{ level: 'warn', psp: 'stripe', outcome: 'refused', type: null }]);
    const [{ reason } = {}] = server.lines('webhook.received');
    expect(server.tallied()).toEqual(['webhooks stripe refused', `refused_signatures stripe ${String(reason)}`]);
    expect(server.log.join()).not.toMatch(/in_refused|sub_of|1999|whsec/);
  });

  it('is counted with its reason in words', async () => {
    await server.post('/webhooks/stripe', body, {});
    await server.post('/webhooks/stripe', body, signed(body, nowSeconds, 'whsec_of_somebody_else'));
    await server.post('/webhooks/stripe', body, signed(body, nowSeconds - 301));
    expect(server.tallied().filter((line) => line.startsWith('refused_signatures'))).toEqual([
      'refused_signatures stripe the Stripe-Signature header is missing',
      'refused_signatures stripe no signature matches the body and any configured secret',
      'refused_signatures stripe the timestamp is too old',
    ]);
  });

  it('is no refused signature when it is signed and no JSON', async () => {
    await server.post('/webhooks/stripe', 'not json', signed('not json'));
    expect(server.tallied()).toEqual(['webhooks stripe refused']);
    expect(server.lines('webhook.received')).toMatchObject([{ level: 'info' }]);
  });

  it('is refused on the other side of the window only', async () => {
    const early = signed(body, nowSeconds - 300);
    expect((await server.post('/webhooks/stripe', body, early)).status).toBe(200);
    const late = signed(body, nowSeconds + 300);
    expect((await server.post('/webhooks/stripe', body, late)).status).toBe(200);
  });

  it('is refused before anybody looks whether it is JSON', async () => {
    for (const junk of ['not json', '', '{"half":']) expectProblem(await server.post('/webhooks/stripe', junk, {}), 401);
  });

  it('passes with any of several secrets, while one is being replaced', async () => {
    const rolling = await serve({ secrets: { stripe: ['whsec_old', stripeSecret] } });
    expect((await rolling.stripe(unneeded)).status).toBe(200);
    expect((await rolling.post('/webhooks/stripe', body, signed(body, nowSeconds, 'whsec_old'))).status).toBe(200);
    expectProblem(await rolling.post('/webhooks/stripe', body, signed(body, nowSeconds, 'whsec_new')), 401);
  });

  it('never passes by a secret that is empty', async () => {
    const careless = await serve({ secrets: { stripe: ['', '  '], generic: ['', 'whsec_'] } });
    expectProblem(await careless.post('/webhooks/stripe', body, signed(body, nowSeconds, '')), 401);
    expectProblem(await careless.post('/webhooks/stripe', body, signed(body, nowSeconds, '  ')), 401);
    expectProblem(await careless.post('/webhooks/generic', body, signGeneric(body, '', 'msg_1', nowSeconds)), 401);
  });
});

describe('where there is no such provider', () => {
  it.each([
    '/webhooks/nobody',
    '/webhooks/Stripe',
    '/webhooks/__proto__',
    '/webhooks/constructor',
    '/webhooks/toString',
    '/webhooks/hasOwnProperty',
    '/webhooks/nobody/stripe',
    '/webhooks/__proto__/stripe',
    '/webhooks/constructor/stripe',
    '/webhooks/default/__proto__',
    '/webhooks/default/toString',
    '/webhooks/stripe%2F',
    '/webhooks/default/stripe/more',
    '/webhooks/',
  ])('answers 404 and does nothing: %s', async (path) => {
    expectProblem(await server.stripe(unneeded, path), 404);
    expect([...server.writes, ...server.signals]).toEqual([]);
  });

  it('answers 404 for a provider none of whose secrets is configured', async () => {
    const off = await serve({ secrets: { generic: [genericSecret] } });
    expectProblem(await off.stripe(unneeded), 404);
    expect((await off.generic(genericPayment('pay_on'))).status).toBe(200);
  });

  it('takes a provider by its integration, and by `default` where none is named', async () => {
    await server.stripe(paidInvoice('in_named'), '/webhooks/other/stripe');
    await server.stripe(paidInvoice('in_named'), '/webhooks/default/stripe');
    await server.stripe(paidInvoice('in_named'));
    expect(server.signals.map(([order]) => order.integration)).toEqual(['other', 'default', 'default']);
  });

  it.each(['GET', 'PUT', 'DELETE', 'HEAD'])('takes no webhook by %s', async (method) => {
    const { status } = await fetch(`${server.url}/webhooks/stripe`, { method });
    expect(status).toBe(404);
    expect(server.writes).toEqual([]);
  });

  it('survives a path that is no text', async () => {
    const { status } = await fetch(`${server.url}/webhooks/%E0%A4%A`, { method: 'POST', body: '{}' });
    expect(status).toBe(400);
  });
});

describe('the body of a webhook', () => {
  /** Valid JSON of so many bytes. */
  const ofSize = (bytes: number): string => {
    const bare = JSON.stringify({ ...unneeded, pad: '' });
    return JSON.stringify({ ...unneeded, pad: 'x'.repeat(bytes - bare.length) });
  };

  it('may have 1 MB, and not a byte more', async () => {
    expect(Buffer.byteLength(ofSize(megabyte))).toBe(megabyte);
    expect((await server.stripe(ofSize(megabyte))).status).toBe(200);
    expectProblem(await server.stripe(ofSize(megabyte + 1)), 413);
  });

  it('may have no more than 1 MB where it comes in pieces and does not say how long it is', async () => {
    const fits = ofSize(megabyte);
    const piecesOf = (body: string): string[] => [body.slice(0, 700_000), body.slice(700_000)];
    expect((await sendInPieces(server.url, '/webhooks/stripe', piecesOf(fits), signed(fits))).status).toBe(200);
    const tooLong = ofSize(megabyte + 1);
    expect((await sendInPieces(server.url, '/webhooks/stripe', piecesOf(tooLong), signed(tooLong))).status).toBe(413);
  });

  it('is taken in pieces cut within a letter', async () => {
    const body = Buffer.from(JSON.stringify(genericPayment('pay_pieces', { subscription_id: 'Bestellung-ß' })));
    const cut = body.indexOf('ß') + 1;
    const headers = { ...signGeneric(body, genericSecret, 'msg_1', nowSeconds) };
    const answer = await sendInPieces(server.url, '/webhooks/generic', [body.subarray(0, cut), body.subarray(cut)], headers);
    expect(answer.status).toBe(200);
    expect(server.signals[0]![0].subscription).toBe('Bestellung-ß');
  });

  it.each(['not json', '', ' ', '{"half":', '<xml/>', 'undefined'])(
    'is answered 400 where it is signed and no JSON: %j',
    async (body) => {
      expectProblem(await server.stripe(body), 400);
      expect(server.writes).toEqual([]);
      expect(await server.counted('stripe', 'refused')).toBe(1);
    },
  );

  it.each(['null', '42', '"text"', '[]', 'true', '{}', '{"type":null}', '{"type":"invoice.paid"}', '[{"type":"invoice.paid"}]'])(
    'is quarantined where it is signed, JSON, and nothing that we know: %s',
    async (body) => {
      const { status, body: answer } = await server.stripe(body);
      expect([status, answer.outcome]).toEqual([202, 'quarantined']);
      expect(server.signals).toEqual([]);
    },
  );

  it('is what was signed, not what it expands to: a compressed one is refused', async () => {
    const plain = JSON.stringify(paidInvoice('in_gzip'));
    const compressed = gzipSync(plain);
    for (const over of [plain, compressed]) {
      const answer = await server.post('/webhooks/stripe', compressed, { 'content-encoding': 'gzip', ...signed(over) });
      expectProblem(answer, 415);
    }
    expect(server.writes).toEqual([]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/octet-stream', 'junk'])(
    'is read as JSON whatever type it is said to have: %s',
    async (type) => {
      const body = JSON.stringify(unneeded);
      const answer = await server.post('/webhooks/stripe', body, { ...signed(body), 'content-type': type });
      expect([answer.status, answer.body.outcome]).toEqual([200, 'ignored']);
    },
  );

  it('pollutes nothing by the names of its keys', async () => {
    const body = JSON.stringify(paidInvoice('in_proto')).replace(
      '{',
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},',
    );
    expect((await server.stripe(body)).status).toBe(200);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('the answer to a verified webhook', () => {
  it('names the facts that were accepted, and nothing else', async () => {
    const { status, text, headers } = await server.stripe(paidInvoice('in_shape'));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(JSON.parse(text)).toEqual({
      outcome: 'accepted',
      facts: [{ kind: 'conversion', moneyId: 'in_shape', subscription: 'sub_of_in_shape' }],
    });
  });

  it('names a state fact without a payment', async () => {
    const deleted = stripeEvent('customer.subscription.deleted', { id: 'sub_gone' }, { created: nowSeconds });
    expect((await server.stripe(deleted)).body).toEqual({
      outcome: 'accepted',
      facts: [{ kind: 'ended', moneyId: null, subscription: 'sub_gone' }],
    });
  });

  it('names a refund that waits for its payment without an order', async () => {
    const refund = {
      id: 're_1',
      amount: 1999,
      currency: 'usd',
      created: nowSeconds,
      status: 'succeeded',
      charge: 'ch_unheard_of',
    };
    expect((await server.stripe(stripeEvent('refund.created', refund, { created: nowSeconds }))).body).toEqual({
      outcome: 'accepted',
      facts: [{ kind: 'refund', moneyId: 'ch_unheard_of', subscription: null }],
    });
  });

  it('is 200 `ignored` with the reason for a type that is not needed', async () => {
    const { status, body } = await server.stripe(unneeded);
    expect([status, body]).toEqual([
      200,
      { outcome: 'ignored', reason: 'events of type customer.created are not needed', facts: [] },
    ]);
    expect(server.writes).toEqual([]);
    expect(await server.counted('stripe', 'ignored')).toBe(1);
  });

  it('is 200 `ignored` for a test-mode event on a live account, which leaves no record', async () => {
    const live = await serve({ liveMode: true });
    const { status, body } = await live.stripe(paidInvoice('in_test_mode'));
    expect([status, body]).toEqual([200, { outcome: 'ignored', reason: 'a test-mode event on a live account', facts: [] }]);
    expect([...live.writes, ...live.signals]).toEqual([]);
    expect(await store.payments.orderOf('default', 'stripe', 'in_test_mode')).toBeNull();
  });

  it('ignores a test-mode event on a live account also where nobody could read it', async () => {
    const live = await serve({ liveMode: true });
    const event = { ...paidInvoice('in_x', { amount_paid: 'a lot' }), livemode: false };
    expect((await live.stripe(event)).body.outcome).toBe('ignored');
    expect(live.writes).toEqual([]);
  });

  it('takes a live event on a live account, and one that does not say', async () => {
    const live = await serve({ liveMode: true });
    expect((await live.stripe({ ...paidInvoice('in_live'), livemode: true })).body.outcome).toBe('accepted');
    expect((await live.stripe({ ...paidInvoice('in_mute'), livemode: undefined })).body.outcome).toBe('accepted');
    expect((await live.generic(genericPayment('pay_live'))).body.outcome).toBe('accepted');
  });

  it('takes a test-mode event where LIVE_MODE is off', async () => {
    expect((await server.stripe({ ...paidInvoice('in_trying_out'), livemode: false })).body.outcome).toBe('accepted');
    expect(server.signals).toHaveLength(1);
  });

  it('is 200 `accepted` for a duplicate, however often it comes', async () => {
    const answers = [];
    for (let time = 0; time < 3; time += 1) answers.push(await server.stripe(paidInvoice('in_again')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it('is 202 `quarantined` for a body that cannot be read, which is kept once, encrypted, as it came', async () => {
    const raw = JSON.stringify(paidInvoice('in_unreadable', { amount_paid: 'nineteen', customer_email: 'buyer@example.com' }));
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await server.stripe(raw);
      expect([status, body]).toEqual([202, { outcome: 'quarantined', reason: expect.stringMatching(/amount_paid/), facts: [] }]);
    }
    const { items } = await store.quarantine.list('default', undefined, 50);
    const kept = items.filter(({ type, receivedAtMs }) => type === 'invoice.paid' && receivedAtMs === nowMs);
    const bodies = await Promise.all(kept.map(({ id }) => store.quarantine.body('default', id)));
    expect(bodies.filter((one) => one?.raw.toString('utf8') === raw)).toHaveLength(1);
    expect(server.signals).toEqual([]);
    expect(await server.counted('stripe', 'quarantined')).toBe(2);
  });

  it.each([
    ['NUL', 'sub\u0000x'],
    ['half a surrogate', 'sub\ud83d'],
    ['980 characters', 's'.repeat(980)],
    ['1,200 characters', 's'.repeat(1_200)],
  ])('is 202 `quarantined` for an order’s id that can never be stored: %s', async (_, subscription) => {
    const fact = { kind: 'conversion', moneyId: 'pay_1', occurredAtMs: nowMs, amountMinor: 1999, currency: 'USD' } as const;
    const adapter: PspAdapter = {
      ...genericAdapter,
      read: () => ({ kind: 'facts', facts: [{ fact, subscription, identity: {}, paymentIds: [] }] }),
    };
    const odd = await serve({ adapter });
    const { status, body } = await odd.generic(genericPayment('pay_1'));
    expect([status, body]).toEqual([
      202,
      { outcome: 'quarantined', reason: expect.stringMatching(/^the order’s id/) as string, facts: [] },
    ]);
    expect(odd.signals).toEqual([]);
  });

  it.each(['constructor', '__proto__', 'a/b/c d?e#f%2F', 'sub-😀-日本'])('is 200 for the order %j', async (subscription) => {
    const { status, body } = await server.generic(genericPayment(`pay of ${subscription}`, { subscription_id: subscription }));
    expect([status, body.outcome]).toEqual([200, 'accepted']);
    expect(server.signals.map(([order]) => order.subscription)).toEqual([subscription]);
  });

  it.each(['22021', '22P05', '54000'])('is 202 where the database refuses for good: SQLSTATE %s', async (code) => {
    const register = () => Promise.reject(new QueryFailed(Object.assign(new Error('refused: buyer@example.com'), { code })));
    const refusing = await serve({ users: { register } });
    const { status, body } = await refusing.generic(genericPayment(`pay_${code}`));
    expect([status, body]).toEqual([
      202,
      { outcome: 'quarantined', reason: `the database can never store it (SQLSTATE ${code})`, facts: [] },
    ]);
  });

  it.each(['23505', '40001', '57P01'])('is 503 where another attempt may succeed: SQLSTATE %s', async (code) => {
    const register = () => Promise.reject(new QueryFailed(Object.assign(new Error('refused'), { code })));
    const refusing = await serve({ users: { register } });
    expect((await refusing.generic(genericPayment(`pay_${code}`))).status).toBe(503);
  });

  it('is 202 also where the type that the body gives is no text that a database takes', async () => {
    const { status, body } = await server.generic({ kind: 'odd\u0000kind', occurred_at: 'never' });
    expect([status, body.outcome]).toEqual([202, 'quarantined']);
    const long = await server.generic({ kind: 'k'.repeat(500_000), occurred_at: 'never' });
    expect([long.status, long.body.outcome]).toEqual([202, 'quarantined']);
    for (const line of server.log) expect(line.length).toBeLessThan(2_000);
  });
});

describe('when something that a webhook needs is out of reach', () => {
  const grpcUnavailable = Object.assign(new Error('14 UNAVAILABLE: no connection'), { code: 14 });

  async function expectUnavailable(
    options: Partial<WebhookServerOptions>,
    event: unknown = paidInvoice('in_down'),
  ): Promise<void> {
    const down = await serve(options);
    const answer = await down.stripe(event);
    expectProblem(answer, 503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await down.counted('stripe', 'unavailable')).toBe(1);
    expect(down.signals).toEqual([]);
    // Why is for the log alone.
    expect(answer.text).not.toMatch(/UNAVAILABLE|ECONNREFUSED|closed|database|Temporal|function/);
  }

  const refuses = (error: unknown) => async (): Promise<never> => {
    throw error;
  };

  it('answers 503 with Retry-After when Temporal cannot be reached', () =>
    expectUnavailable({ signal: refuses(grpcUnavailable) }));

  it('answers 503 when the database cannot be reached, and signals nothing', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    await expectUnavailable({ users: { register: refuses(refused) } });
    await expectUnavailable({ payments: { hasMet: refuses(refused) }, signal: async () => undefined });
    await expectUnavailable({ quarantine: { keep: refuses(refused) } }, paidInvoice('in_down', { amount_paid: 'junk' }));
  });

  it('answers 503 when the settings cannot be read', () =>
    expectUnavailable({ settingsStore: { load: refuses(new Error('gone')), save: refuses(new Error('gone')) } }));

  it('answers 503 when the database was closed under it', async () => {
    const closed = await emptyStore();
    await closed.close();
    await expectUnavailable({ store: closed });
  });

  it('answers 5xx to whatever nobody expected, never 2xx', async () => {
    for (const error of [new TypeError('x is not a function'), 'a text', null, undefined, { code: 42 }]) {
      await expectUnavailable({ signal: refuses(error) });
    }
  });

  it('answers 503 within about 4 seconds when Temporal or the database are slow, 200 before that, and outlives what fails later', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    let failSignal: (error: Error) => void = () => undefined;
    const servers = await Promise.all([
      serve({ signal: () => new Promise((_, reject) => (failSignal = reject)) }),
      serve({ users: { register: never } }),
      serve({ quarantine: { keep: never } }),
      serve({ settingsStore: { load: never, save: never } }),
      serve({ signal: () => sleep(1_500) }),
    ]);
    const startedAt = performance.now();
    const timed = await Promise.all(
      servers.map(async (one, n) => {
        const event = n === 2 ? paidInvoice('in_slow', { amount_paid: 'junk' }) : paidInvoice(`in_slow_${n}`);
        const answer = await one.stripe(event);
        return { answer, tookMs: performance.now() - startedAt };
      }),
    );
    expect(timed.map(({ answer }) => answer.status)).toEqual([503, 503, 503, 503, 200]);
    for (const { answer, tookMs } of timed.slice(0, 4)) {
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(tookMs).toBeGreaterThan(deadlineMs - 100);
      expect(tookMs).toBeLessThan(deadlineMs + loadedMs);
    }
    // The least patient provider waits for 5 s.
    expect(deadlineMs).toBeLessThan(5_000);
    expectProblem(timed[0]!.answer, 503);
    failSignal(new Error('too late to matter'));
    expect((await servers[0].stripe(unneeded)).status).toBe(200);
  });
});

describe('an adapter that breaks its promises', () => {
  const broken = (more: Partial<PspAdapter>): PspAdapter => ({
    manifest: { ...manifest, name: 'broken' },
    verify: () => ({ ok: true }),
    typeOf: () => 'a type',
    isTestMode: () => null,
    read: () => ({ kind: 'ignored', reason: 'nothing' }),
    ...more,
  });
  const breaks = (): never => {
    throw new Error('broken, with buyer@example.com');
  };

  it.each(['verify', 'typeOf', 'isTestMode', 'read'] as const)(
    'gets 5xx, and the caller no word of it, when its %s throws',
    async (method) => {
      const adapter = broken({ [method]: breaks });
      const one = await serve({ adapter, secrets: { broken: ['secret'] }, liveMode: true });
      const answer = await one.post('/webhooks/broken', '{}');
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(answer.text).not.toContain('buyer@example.com');
      expect([...one.writes, ...one.signals]).toEqual([]);
    },
  );

  it('is waited for no longer than anything else, where it asks somebody about a signature', async () => {
    const adapter = broken({ verify: () => new Promise(() => undefined) });
    const one = await serve({ adapter, secrets: { broken: ['secret'] } });
    const startedAt = performance.now();
    expectProblem(await one.post('/webhooks/broken', '{}'), 503);
    expect(performance.now() - startedAt).toBeLessThan(deadlineMs + loadedMs);
    expect(await one.counted('broken', 'unavailable')).toBe(1);
  });

  it('is told as unavailable, not as refused, when it cannot ask about a signature', async () => {
    const adapter = broken({ verify: () => Promise.reject(new Error('no certificate')) });
    const one = await serve({ adapter, secrets: { broken: ['secret'] } });
    const answer = await one.post('/webhooks/broken', '{}');
    expectProblem(answer, 503);
    expect(answer.headers.has('retry-after')).toBe(true);
  });

  it('refuses when its signature is refused later', async () => {
    const adapter = broken({ verify: async () => ({ ok: false, reason: 'not theirs' }) });
    const one = await serve({ adapter, secrets: { broken: ['secret'] } });
    expectProblem(await one.post('/webhooks/broken', '{}'), 401);
    expect(one.lines('webhook.received')).toMatchObject([{ outcome: 'refused', type: null, reason: 'not theirs' }]);
  });

  it('gets 5xx for a fact without an order', async () => {
    const fact = { kind: 'conversion', moneyId: 'm1', occurredAtMs: nowMs, amountMinor: 1, currency: 'USD' } as const;
    const adapter = broken({
      read: () => ({ kind: 'facts', facts: [{ fact, subscription: null, identity: {}, paymentIds: [] }] }),
    });
    const one = await serve({ adapter, secrets: { broken: ['secret'] } });
    expect((await one.post('/webhooks/broken', '{}')).status).toBe(503);
    expect([...one.writes, ...one.signals]).toEqual([]);
  });
});
