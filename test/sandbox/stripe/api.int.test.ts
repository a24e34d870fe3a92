/** The sandbox's Stripe API, as Stripe's own client and as bare requests see it. */
import Stripe from 'stripe';
import { startStripeApi } from '../../../sandbox/stripe/api';
import type { StripeApiSandbox } from '../../../sandbox/stripe/api';
import { stripeEvent, stripeEventsOf, stripeSubscription } from '../../../sandbox/stripe/webhooks';
import type { StripeScenario } from '../../../sandbox/stripe/webhooks';

const day = 86_400;
const start = Date.UTC(2026, 7, 3) / 1000;
const key = 'rk_test_aaaaaaaaaaaaaaaaaaaaaaaa';
const life: StripeScenario = {
  type: 'free_trial',
  customerId: 'cus_1',
  subscriptionId: 'sub_1',
  startMs: start * 1000,
  email: 'a@example.com',
};
const events = stripeEventsOf(life).map(({ event }) => event);

let now = start;
let sandbox: StripeApiSandbox;

beforeEach(async () => {
  now = start;
  sandbox = await startStripeApi({ keys: [key], nowMs: () => now * 1000 });
});
afterEach(() => sandbox.close());

function client(apiKey = key): Stripe {
  const { hostname, port } = new URL(sandbox.url);
  return new Stripe(apiKey, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false });
}

async function get(path: string): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const response = await fetch(`${sandbox.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
}

const idsAt = async (path: string): Promise<readonly unknown[]> => {
  const { body } = await get(path);
  return (body.data as { id: unknown }[]).map(({ id }) => id);
};

function tell(count: number): void {
  sandbox.add(
    Array.from({ length: count }, (_, index) =>
      stripeEvent('customer.subscription.created', stripeSubscription({ ...life, subscriptionId: `sub_${index}` }, 'active'), {
        id: `evt_${index}`,
        created: start + index,
      }),
    ),
  );
  now = start + count;
}

describe('a list', () => {
  it("is paged through by Stripe's own client, newest first, each once", async () => {
    tell(230);
    const ids: string[] = [];
    for await (const { id } of client().events.list({ limit: 100 })) ids.push(id);
    expect(ids).toEqual(Array.from({ length: 230 }, (_, index) => `evt_${229 - index}`));
    expect(sandbox.requests).toEqual([
      '/v1/events?limit=100',
      '/v1/events?limit=100&starting_after=evt_130',
      '/v1/events?limit=100&starting_after=evt_30',
    ]);
  });

  it('is an object with data, ten unless more are asked for', async () => {
    tell(11);
    const { body } = await get('/v1/events');
    expect(body).toMatchObject({ object: 'list', has_more: true, url: '/v1/events' });
    expect(body.data).toHaveLength(10);
    expect((await get('/v1/events?limit=11')).body.has_more).toBe(false);
  });

  it.each([
    ['created[gte]=10&created[lt]=12', ['evt_11', 'evt_10']],
    ['created[gt]=10&created[lte]=12', ['evt_12', 'evt_11']],
    ['created=10', ['evt_10']],
    ['created[gte]=12&created[lt]=12', []],
  ])('is filtered by when things were made: %s', async (query, expected) => {
    tell(20);
    expect(await idsAt(`/v1/events?${query.replace(/=(\d+)/g, (_, offset: string) => `=${start + Number(offset)}`)}`)).toEqual(
      expected,
    );
  });

  it.each([
    ['a parameter that there is not', '/v1/events?color=red', 'parameter_unknown'],
    ["another list's parameter", '/v1/refunds?status=succeeded', 'parameter_unknown'],
    ['a range that there is not', '/v1/events?created[since]=1', 'parameter_unknown'],
    ['a time that is none', '/v1/events?created[gte]=yesterday', 'parameter_invalid_integer'],
    ['a limit over 100', '/v1/events?limit=101', 'parameter_invalid_integer'],
    ['a limit of zero', '/v1/events?limit=0', 'parameter_invalid_integer'],
    ['a page after what does not exist', '/v1/events?starting_after=evt_x', 'resource_missing'],
    ['a PaymentIntent without its type', '/v1/invoice_payments?payment[payment_intent]=pi_1', 'parameter_missing'],
    ['a status that there is not', '/v1/invoices?status=settled', undefined],
    ['what cannot be expanded', '/v1/payment_intents?expand[]=data.color', undefined],
    ['an expansion of nothing', '/v1/payment_intents?expand[]=latest_charge', undefined],
    ['type and types', '/v1/events?type=a&types[]=b', undefined],
    ['21 types', `/v1/events?${Array.from({ length: 21 }, (_, index) => `types[]=t${index}`).join('&')}`, undefined],
  ])('refuses %s', async (_, path, code) => {
    sandbox.add(events);
    now = start + 60 * day;
    const { status, body } = await get(path);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error' });
    expect((body.error as { code?: string }).code).toBe(code);
  });
});

describe('the event log', () => {
  it('keeps events for 30 days', async () => {
    sandbox.add([events[0], events[1]].flatMap((event) => event ?? []));
    now = start + 30 * day - 1;
    expect(await idsAt('/v1/events')).toEqual([events[1]?.id, events[0]?.id]);
    now = start + 30 * day;
    expect(await idsAt('/v1/events')).toEqual([]);
    expect((await get(`/v1/events?starting_after=${events[0]?.id ?? '?'}`)).body.error).toMatchObject({
      code: 'resource_missing',
    });
    expect((await client().subscriptions.retrieve('sub_1')).id).toBe('sub_1');
  });

  it('knows nothing of the future', async () => {
    sandbox.add(events);
    now = start + 3;
    expect((await client().events.list({ limit: 100 })).data.map(({ created }) => created - start)).toEqual([2, 2, 0, 0]);
    expect((await client().invoices.list({ status: 'paid' })).data).toHaveLength(1);
  });

  it('gives only the types that are asked for, as they were sent', async () => {
    sandbox.add(events);
    now = start + 20 * day;
    const { data } = await client().events.list({ types: ['invoice.paid', 'customer.subscription.updated'], limit: 100 });
    const wanted = events.filter(
      ({ type, created }) => ['invoice.paid', 'customer.subscription.updated'].includes(type) && created <= now,
    );
    expect(JSON.parse(JSON.stringify(data))).toEqual([...wanted].reverse());
  });
});

describe('things', () => {
  beforeEach(() => {
    sandbox.add(events);
    now = start + 60 * day;
  });

  it('are as the latest event told them', async () => {
    now = start + 1;
    expect((await client().invoices.retrieve('in_1_0')).status).toBe('draft');
    expect((await client().subscriptions.retrieve('sub_1')).status).toBe('trialing');
    now = start + 60 * day;
    expect((await client().invoices.retrieve('in_1_0')).status).toBe('paid');
    expect((await client().subscriptions.retrieve('sub_1')).status).toBe('active');
  });

  it('are found by what they belong to', async () => {
    expect((await client().invoices.list({ subscription: 'sub_1', status: 'paid' })).data.map(({ id }) => id)).toEqual([
      'in_1_2',
      'in_1_1',
      'in_1_0',
    ]);
    expect((await client().invoices.list({ subscription: 'sub_2' })).data).toEqual([]);
    expect((await client().checkout.sessions.list({ status: 'complete' })).data.map(({ id }) => id)).toEqual(['cs_test_1']);
    const payment = { type: 'payment_intent', payment_intent: 'pi_1_1' } as const;
    expect((await client().invoicePayments.list({ payment })).data.map(({ invoice }) => invoice)).toEqual(['in_1_1']);
  });

  it('are written out where that is asked for', async () => {
    const [intent] = (await client().paymentIntents.list({ limit: 1, expand: ['data.latest_charge'] })).data;
    expect(intent?.latest_charge).toMatchObject({
      id: 'ch_1_2',
      object: 'charge',
      created: intent?.created ? intent.created + 1 : 0,
    });
    const [invoice] = (await client().invoices.list({ limit: 1, expand: ['data.payments'] })).data;
    expect(invoice?.payments?.data).toMatchObject([{ payment: { payment_intent: 'pi_1_2' } }]);
    sandbox.add(stripeEventsOf({ ...life, type: 'lifetime', subscriptionId: 'sub_9' }).map(({ event }) => event));
    const sessions = await client().checkout.sessions.list({ expand: ['data.payment_intent.latest_charge'] });
    expect(sessions.data.map((session) => session.payment_intent)).toContainEqual(
      expect.objectContaining({
        id: 'pi_9_0',
        latest_charge: expect.objectContaining({ id: 'ch_9_0', created: start + 1 }) as object,
      }),
    );
  });

  it('that do not exist are missing, and so are addresses', async () => {
    expect((await get('/v1/subscriptions/sub_x')).body.error).toMatchObject({ code: 'resource_missing', param: 'id' });
    await expect(client().subscriptions.retrieve('sub_x')).rejects.toMatchObject({ statusCode: 404, code: 'resource_missing' });
    expect((await get('/v1/coins')).status).toBe(404);
    expect((await get('/v1/subscriptions/sub_1?color=red')).body.error).toMatchObject({ code: 'parameter_unknown' });
  });
});

describe('what goes wrong', () => {
  it('a wrong key, and none', async () => {
    await expect(client('sk_test_wrong').events.list()).rejects.toMatchObject({ type: 'StripeAuthenticationError' });
    expect((await fetch(`${sandbox.url}/v1/events`)).status).toBe(401);
  });

  it('a version that is none', async () => {
    const headers = { authorization: `Bearer ${key}`, 'stripe-version': 'latest' };
    expect((await fetch(`${sandbox.url}/v1/events`, { headers })).status).toBe(400);
  });

  it('as often as it is told to, then no more', async () => {
    sandbox.failNext(2, { kind: 'throttled', retryAfter: '3' });
    const { status, headers, body } = await get('/v1/events');
    expect([status, headers.get('retry-after')]).toEqual([429, '3']);
    expect(body.error).toMatchObject({ code: 'rate_limit' });
    await expect(client().events.list()).rejects.toMatchObject({ type: 'StripeRateLimitError' });
    expect((await get('/v1/events')).status).toBe(200);
    expect(sandbox.requests).toHaveLength(3);
  });

  it('in each of the ways', async () => {
    sandbox.failNext(1, { kind: 'throttled', code: 'lock_timeout' });
    await expect(client().events.list()).rejects.toMatchObject({ code: 'lock_timeout' });
    sandbox.failNext(1, { kind: 'status', status: 403 });
    await expect(client().events.list()).rejects.toMatchObject({ type: 'StripePermissionError' });
    sandbox.failNext(1, { kind: 'status', status: 500 });
    await expect(client().events.list()).rejects.toMatchObject({ type: 'StripeAPIError' });
    sandbox.failNext(1, { kind: 'body', body: '<html>' });
    expect(await (await fetch(sandbox.url, { headers: { authorization: `Bearer ${key}` } })).text()).toBe('<html>');
    sandbox.failNext(1, { kind: 'hang_up' });
    await expect(fetch(sandbox.url)).rejects.toThrow();
  });
});
