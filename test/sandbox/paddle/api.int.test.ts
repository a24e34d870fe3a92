import type { Environment } from '@paddle/paddle-node-sdk';
import { Paddle } from '@paddle/paddle-node-sdk';
import { startPaddleApi } from '../../../sandbox/paddle/api';
import type { PaddleApiSandbox } from '../../../sandbox/paddle/api';
import { paddleEvent, paddleEventsOf, paddleSubscription, paddleTransaction } from '../../../sandbox/paddle/webhooks';
import type { PaddleScenario } from '../../../sandbox/paddle/webhooks';

const startMs = 1_790_000_000_000;
const key = 'pdl_sdbx_apikey_1';
const life: PaddleScenario = { type: 'free_trial', customerId: 'ctm_1', subscriptionId: 'sub_1', startMs };

let nowMs = startMs;
let sandbox: PaddleApiSandbox;
beforeEach(async () => {
  nowMs = startMs;
  sandbox = await startPaddleApi({ keys: [key], nowMs: () => nowMs });
});
afterEach(() => sandbox.close());

interface Answer {
  readonly data?: { readonly id?: string; readonly event_id?: string; readonly customer?: object }[];
  readonly error?: { readonly type: string; readonly code: string };
  readonly meta: {
    readonly request_id: string;
    readonly pagination?: { per_page: number; next: string; has_more: boolean; estimated_total: number };
  };
}

async function ask(path: string, headers: Record<string, string> = { authorization: `Bearer ${key}` }, method = 'GET') {
  const response = await fetch(path.startsWith('http') ? path : `${sandbox.url}${path}`, { headers, method });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: (await response.json()) as Answer };
}

const transaction = (index: number, change: object = {}) => {
  const charge = { index, origin: 'subscription_recurring', atMs: startMs + index * 1000, isTrial: false };
  return paddleEvent('transaction.completed', { ...paddleTransaction(life, charge), ...change }, charge.atMs, `t${index}`);
};

describe("Paddle's stand-in", () => {
  it('pages by cursor, newest first unless asked otherwise, and never gives more than the most', async () => {
    sandbox.add(...Array.from({ length: 35 }, (_, index) => transaction(index)));
    const first = await ask('/transactions?per_page=200');
    expect(first.body.data).toHaveLength(30);
    expect(first.body.data?.[0]?.id).toBe('txn_1_34');
    expect(first.body.meta.pagination).toMatchObject({ per_page: 30, has_more: true, estimated_total: 35 });
    const second = await ask(first.body.meta.pagination?.next ?? '');
    expect(second.body.data?.map(({ id }) => id)).toEqual(['txn_1_4', 'txn_1_3', 'txn_1_2', 'txn_1_1', 'txn_1_0']);
    expect(second.body.meta.pagination?.has_more).toBe(false);
    expect((await ask('/transactions?order_by=id[ASC]&per_page=1')).body.data?.[0]?.id).toBe('txn_1_0');
  });

  it.each<[string, readonly string[]]>([
    ['status=completed', ['txn_1_2', 'txn_1_0']],
    ['status=past_due,canceled', ['txn_1_1']],
    [`billed_at[LT]=${new Date(startMs + 2000).toISOString()}`, ['txn_1_1', 'txn_1_0']],
    [`billed_at[LTE]=${new Date(startMs + 2000).toISOString()}`, ['txn_1_2', 'txn_1_1', 'txn_1_0']],
    [`billed_at[GT]=${new Date(startMs + 1000).toISOString()}`, ['txn_1_2']],
    [`billed_at[GTE]=${new Date(startMs + 1000).toISOString()}`, ['txn_1_2', 'txn_1_1']],
    ['subscription_id=sub_2', []],
  ])('filters by %s', async (query, ids) => {
    sandbox.add(transaction(0), transaction(1, { status: 'past_due' }), transaction(2));
    expect((await ask(`/transactions?${query}`)).body.data?.map(({ id }) => id)).toEqual(ids);
  });

  it('knows an entity as the latest event has it, in whatever order they come', async () => {
    const active = paddleEvent(
      'subscription.activated',
      paddleSubscription(life, { status: 'active', atMs: startMs + 5000 }),
      startMs + 5000,
    );
    const created = paddleEvent(
      'subscription.created',
      { ...paddleSubscription(life, { status: 'trialing', atMs: startMs }), transaction_id: 'txn_1' },
      startMs,
    );
    sandbox.add(active, created);
    const { body } = await ask('/subscriptions/sub_1');
    expect(body.data).toMatchObject({ id: 'sub_1', status: 'active' });
    expect(body.data).not.toHaveProperty('transaction_id');
  });

  it('has a log of events, without the notifications', async () => {
    sandbox.add(...paddleEventsOf(life).map(({ event }) => event));
    const { body } = await ask('/events?event_type=subscription.created,subscription.activated&per_page=200');
    expect(body.data).toHaveLength(2);
    expect(body.data?.[0]).toMatchObject({ event_type: 'subscription.activated' });
    expect(body.data?.[0]).not.toHaveProperty('notification_id');
    expect(body.data?.[0]).not.toHaveProperty('id');
  });

  it('includes customers where it is asked to', async () => {
    sandbox.add(...paddleEventsOf({ ...life, email: 'a@example.com' }).map(({ event }) => event));
    expect((await ask('/transactions?include=customer')).body.data?.[0]?.customer).toMatchObject({ email: 'a@example.com' });
    expect((await ask('/transactions')).body.data?.[0]).not.toHaveProperty('customer');
  });

  it.each<[string, string, Record<string, string> | undefined, number, string]>([
    ['no key', '/transactions', {}, 403, 'authentication_missing'],
    ['a malformed one', '/transactions', { authorization: key }, 403, 'authentication_malformed'],
    ['a wrong one', '/transactions', { authorization: 'Bearer nobody' }, 403, 'invalid_token'],
    ['an unknown subscription', '/subscriptions/sub_9', undefined, 404, 'not_found'],
    ['an unknown path', '/nothing', undefined, 404, 'not_found'],
    ['an unknown parameter', '/adjustments?updated_at[GTE]=2026-01-01T00:00:00Z', undefined, 400, 'invalid_field'],
    ['an unknown order', '/events?order_by=name[ASC]', undefined, 400, 'invalid_field'],
  ])('refuses %s', async (_, path, headers, status, code) => {
    const answer = await ask(path, headers);
    expect(answer).toMatchObject({
      status,
      body: { error: { type: 'request_error', code }, meta: { request_id: expect.any(String) as string } },
    });
  });

  it('writes nothing', async () => {
    expect((await ask('/transactions', undefined, 'POST')).status).toBe(405);
  });

  it('takes 240 requests a minute', async () => {
    const answers = await Promise.all(Array.from({ length: 241 }, () => ask('/events')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(240);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused).toMatchObject({ retryAfter: '60', body: { error: { type: 'api_error', code: 'too_many_requests' } } });
    nowMs += 60_000;
    expect((await ask('/events')).status).toBe(200);
  });

  it('fails when told to, and logs what was asked', async () => {
    sandbox.failNext(1, { kind: 'status', status: 503, retryAfter: '2' });
    expect(await ask('/events?per_page=1')).toMatchObject({
      status: 503,
      retryAfter: '2',
      body: { error: { type: 'api_error' } },
    });
    sandbox.failNext(1, { kind: 'hang_up' });
    await expect(ask('/events')).rejects.toThrow();
    expect((await ask('/events')).status).toBe(200);
    expect(sandbox.requests).toEqual(['/events?per_page=1', '/events', '/events']);
  });

  it("is understood by Paddle's own library", async () => {
    sandbox.add(...paddleEventsOf(life).map(({ event }) => event));
    const paddle = new Paddle(key, { environment: sandbox.url as Environment });
    const listed = await paddle.transactions.list({ status: ['completed'], orderBy: 'id[ASC]', perPage: 2 }).next();
    expect(listed.map(({ id, details }) => [id, details?.totals?.grandTotal])).toEqual([
      ['txn_1_0', '0'],
      ['txn_1_1', '1999'],
    ]);
    expect((await paddle.subscriptions.get('sub_1')).status).toBe('active');
  });
});
