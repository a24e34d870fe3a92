/** The renewal checks' view of Paddle, asked of its stand-in. */
import type { PriceRole } from '../../../src/domain/fact';
import type { ApiPage, PspApi, PspApiOptions, ReadFact, TimeWindow } from '../../../src/psp/adapter';
import { PspApiError } from '../../../src/psp/adapter';
import { paddle } from '../../../src/psp/paddle';
import { startPaddleApi } from '../../../sandbox/paddle/api';
import type { PaddleApiSandbox, PaddleFailure } from '../../../sandbox/paddle/api';
import {
  paddleAdjustment,
  paddleEvent,
  paddleEventsOf,
  paddleSubscription,
  paddleTransaction,
  transactionId,
} from '../../../sandbox/paddle/webhooks';
import type { Entity, PaddleEventBody, PaddleScenario } from '../../../sandbox/paddle/webhooks';

const startMs = 1_790_000_000_000;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const key = 'pdl_sdbx_apikey_1';
const context = { roleOf: (): PriceRole | undefined => undefined };
const base = { customerId: 'ctm_1', userId: 'u1', startMs, email: 'a@example.com' };
const always: TimeWindow = { fromMs: startMs - dayMs, toMs: startMs + 365 * dayMs };

let sandbox: PaddleApiSandbox;
beforeEach(async () => {
  sandbox = await startPaddleApi({ keys: [key], nowMs: () => startMs });
});
afterEach(() => sandbox.close());

function api(change: Partial<PspApiOptions> = {}): PspApi {
  return paddle.api!({ keys: [key], baseUrl: sandbox.url, context, fetch, nowMs: () => startMs, ...change });
}

async function allChanges(window: TimeWindow, asked = api()): Promise<Omit<ApiPage, 'nextPage'> & { pages: number }> {
  const pages: ApiPage[] = [];
  for (let page: string | null = null; pages.length === 0 || page !== null; page = pages.at(-1)!.nextPage) {
    pages.push(await asked.changes(window, page));
  }
  return {
    facts: pages.flatMap(({ facts }) => facts),
    links: pages.flatMap(({ links }) => links),
    unreadable: pages.flatMap(({ unreadable }) => unreadable),
    pages: pages.length,
  };
}

function webhookFacts(events: readonly PaddleEventBody[]): readonly ReadFact[] {
  return events.flatMap((event) => {
    const reading = paddle.read(event, context);
    return reading.kind === 'facts' ? reading.facts : [];
  });
}

const payments = (facts: readonly ReadFact[]) => facts.filter(({ fact }) => 'amountMinor' in fact && !('refundId' in fact));
const factsAlone = (facts: readonly ReadFact[]) => facts.map(({ fact, subscription }) => ({ fact, subscription }));
const byTime = (a: ReadFact, b: ReadFact): number => a.fact.occurredAtMs - b.fact.occurredAtMs;

describe('what changed at Paddle', () => {
  it.each<[string, PaddleScenario]>([
    ['subscription', { ...base, type: 'subscription', subscriptionId: 'sub_a' }],
    ['free trial', { ...base, type: 'free_trial', subscriptionId: 'sub_b' }],
    ['free trial without payment method', { ...base, type: 'free_trial', isCardless: true, subscriptionId: 'sub_c' }],
    ['paid trial', { ...base, type: 'paid_trial', subscriptionId: 'sub_d' }],
    ['paid trial by a fee', { ...base, type: 'paid_trial', paidTrial: 'fee', subscriptionId: 'sub_e' }],
    ['one-off', { ...base, type: 'lifetime', subscriptionId: 'sub_f' }],
  ])('equals what the webhooks of a %s tell', async (_, life) => {
    const events = paddleEventsOf(life).map(({ event }) => event);
    sandbox.add(...events);
    const { facts, unreadable } = await allChanges(always);
    expect(factsAlone([...payments(facts)].sort(byTime))).toEqual(factsAlone(payments(webhookFacts(events))));
    expect(unreadable).toEqual([]);
    // The beginning, too.
    const told = facts.filter(({ fact }) => fact.kind === 'began').map(({ fact }) => fact);
    const created = events.filter(({ event_type: type }) => type === 'subscription.created');
    expect(told).toEqual(
      webhookFacts(created)
        .filter(({ fact }) => fact.kind === 'began')
        .map(({ fact }) => fact),
    );
  });

  it('has the e-mail, which webhooks lack, where the key may read customers', async () => {
    sandbox.add(...paddleEventsOf({ ...base, type: 'lifetime', subscriptionId: 'sub_a' }).map(({ event }) => event));
    const { facts } = await allChanges(always);
    expect(facts.map(({ identity }) => identity)).toEqual([{ userId: 'u1', customerId: 'ctm_1', email: 'a@example.com' }]);
  });

  const life: PaddleScenario = { ...base, type: 'subscription', subscriptionId: 'sub_a' };
  const transaction = (index: number, atMs: number, change: object = {}): PaddleEventBody => {
    const charge = { index, origin: 'subscription_recurring', atMs, isTrial: false };
    return paddleEvent('transaction.completed', { ...paddleTransaction(life, charge), ...change }, atMs, `t${index}`);
  };
  const iso = (ms: number): string => new Date(ms).toISOString();
  const idsIn = async (window: TimeWindow): Promise<readonly string[]> =>
    (await allChanges(window)).facts.map(({ fact }) => ('moneyId' in fact ? String(fact.moneyId) : fact.kind));
  const window: TimeWindow = { fromMs: startMs, toMs: startMs + hourMs };

  it('is what happened in the window, or was completed in it', async () => {
    sandbox.add(
      transaction(1, startMs - 10 * hourMs),
      transaction(2, startMs - 60_000),
      transaction(3, startMs + 60_000),
      transaction(4, startMs + 2 * hourMs),
    );
    expect(await idsIn(window)).toEqual([transactionId(life, 2), transactionId(life, 3)]);
  });

  it('has what was billed long ago and paid late', async () => {
    const paidAt = iso(startMs + 60_000);
    sandbox.add(
      transaction(1, startMs - 14 * dayMs, { payments: [{ status: 'captured', captured_at: paidAt }], updated_at: paidAt }),
    );
    expect(await idsIn(window)).toEqual([transactionId(life, 1)]);
  });

  it('has in a backfill the changes of the window only', async () => {
    sandbox.add(
      transaction(1, startMs - dayMs, { updated_at: iso(startMs + 30 * dayMs) }),
      transaction(2, startMs + 60_000, { updated_at: iso(startMs + 30 * dayMs) }),
      transaction(3, startMs + 2 * dayMs),
    );
    expect(await idsIn(window)).toEqual([transactionId(life, 2)]);
  });

  it('leaves out what is not completed', async () => {
    sandbox.add(transaction(1, startMs + 60_000, { status: 'past_due' }), transaction(2, startMs + 60_000, { status: 'paid' }));
    expect(await idsIn(window)).toEqual([]);
  });

  it('pages through many, thirty at a time, and a page survives a restart', async () => {
    sandbox.add(...Array.from({ length: 65 }, (_, index) => transaction(index, startMs + index * 1000)));
    const first = await api().changes(window, null);
    expect(first.facts).toHaveLength(30);
    const second = await api().changes(window, JSON.parse(JSON.stringify(first.nextPage)) as string);
    expect(second.facts).toHaveLength(30);
    expect(new Set((await idsIn(window)).values()).size).toBe(65);
    expect((await allChanges(window)).pages).toBe(5);
  });

  it('has refunds and chargebacks, also those that were approved later', async () => {
    const adjustments: [Parameters<typeof paddleAdjustment>[1], object][] = [
      [{ index: 1, atMs: startMs - 20 * dayMs, amount: 1, id: 'adj_old' }, {}],
      [{ index: 1, atMs: startMs - 3 * dayMs, amount: 100, id: 'adj_approved' }, { updated_at: iso(startMs + 1000) }],
      [{ index: 2, atMs: startMs + 2000, amount: 1999, action: 'chargeback' }, {}],
      [{ index: 3, atMs: startMs + 3000, amount: 5, status: 'pending_approval', id: 'adj_pending' }, {}],
    ];
    const events = adjustments.map(([change, more], index) =>
      paddleEvent('adjustment.updated', { ...paddleAdjustment(life, change), ...more }, startMs, `a${index}`),
    );
    sandbox.add(...events);
    const { facts } = await allChanges(window);
    expect([...facts].sort(byTime)).toEqual(webhookFacts([events[1]!, events[2]!]));
  });

  it('has the ends of subscriptions from the event log', async () => {
    const ended = paddleEvent(
      'subscription.canceled',
      paddleSubscription(life, { status: 'canceled', atMs: startMs + 5000 }),
      startMs + 5000,
    );
    const before = paddleEvent('subscription.canceled', { ...ended.data, id: 'sub_b' }, startMs - dayMs);
    sandbox.add(before, ended);
    expect((await allChanges(window)).facts).toEqual(webhookFacts([ended]));
  });

  it('stops where the lists are older than the window', async () => {
    const old = (index: number): PaddleEventBody => {
      const adjustment = paddleAdjustment(life, { index, atMs: startMs - (100 + index) * dayMs, amount: 1 });
      return paddleEvent('adjustment.updated', adjustment, startMs - (100 + index) * dayMs, `old${index}`);
    };
    sandbox.add(...Array.from({ length: 120 }, (_, index) => old(index)));
    expect((await allChanges(window)).pages).toBe(3);
  });

  it('says what it cannot read', async () => {
    sandbox.add(transaction(1, startMs + 60_000, { details: { totals: { grand_total: 'much' } } }));
    const { unreadable } = await allChanges(window);
    for (const { body } of unreadable) expect(paddle.read(body, context)).toMatchObject({ kind: 'unreadable' });
    expect(unreadable).toMatchObject([
      { id: transactionId(life, 1), reason: expect.stringMatching(/^details\.totals\.grand_total/) as string },
    ]);
  });

  it('refuses a page of another provider', async () => {
    await expect(api().changes(window, 'payouts:1')).rejects.toMatchObject({ kind: 'unexpected' });
  });
});

describe('one subscription at Paddle', () => {
  const life: PaddleScenario = { ...base, type: 'free_trial', subscriptionId: 'sub_a', renewals: 40 };
  const events = paddleEventsOf(life).map(({ event }) => event);

  it('has its payments, its refunds, its beginning', async () => {
    const refund = paddleEvent(
      'adjustment.updated',
      paddleAdjustment(life, { index: 1, atMs: startMs + 8 * dayMs, amount: 100 }),
      startMs,
    );
    sandbox.add(
      ...events,
      refund,
      ...paddleEventsOf({ ...base, type: 'subscription', subscriptionId: 'sub_b' }).map(({ event }) => event),
    );
    const { facts, nextPage, unreadable } = await api().ofSubscription('sub_a', startMs - dayMs);
    expect(nextPage).toBeNull();
    expect(unreadable).toEqual([]);
    const expected = webhookFacts([...events, refund]).filter(({ fact }) => 'amountMinor' in fact || fact.kind === 'began');
    const told = facts.filter(({ fact }) => 'amountMinor' in fact || fact.kind === 'began');
    const distinct = new Set(expected.map(({ fact }) => JSON.stringify(fact)));
    expect(new Set(told.map(({ fact }) => JSON.stringify(fact)))).toEqual(distinct);
    expect(told).toHaveLength(44);
  });

  it('has nothing of before, and then no beginning either', async () => {
    sandbox.add(...events);
    const fromMs = startMs + 7 * dayMs + 29 * dayMs;
    const { facts } = await api().ofSubscription('sub_a', fromMs);
    expect(facts.filter(({ fact }) => fact.kind === 'began' || fact.kind === 'trial_start')).toEqual([]);
    expect(facts.filter(({ fact }) => fact.kind === 'renewal')).toHaveLength(40);
  });

  it('has its end, whenever that was', async () => {
    const ended = paddleEvent(
      'subscription.canceled',
      paddleSubscription(life, { status: 'canceled', atMs: startMs + 5000 }),
      startMs + 5000,
    );
    sandbox.add(ended);
    expect((await api().ofSubscription('sub_a', startMs + dayMs)).facts).toEqual(webhookFacts([ended]));
  });

  it('is empty where Paddle knows none, or where it is a one-off', async () => {
    sandbox.add(...paddleEventsOf({ ...base, type: 'lifetime', subscriptionId: 'sub_x' }).map(({ event }) => event));
    const nothing = { facts: [], links: [], unreadable: [], readIds: [], nextPage: null };
    expect(await api().ofSubscription('sub_nobody', startMs)).toEqual(nothing);
    expect(await api().ofSubscription('txn_x_0', startMs)).toEqual(nothing);
    expect(await api().ofSubscription('sub_/../../transactions', startMs)).toEqual(nothing);
  });
});

describe('when Paddle gives no answer', () => {
  const window: TimeWindow = { fromMs: startMs, toMs: startMs + hourMs };
  const errorOf = async (asked: PspApi): Promise<PspApiError> => {
    const error: unknown = await asked.changes(window, null).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!(error instanceof PspApiError)) throw new Error('expected a PspApiError');
    return error;
  };

  it.each<[string, PaddleFailure, string, RegExp, number | undefined]>([
    [
      '429',
      { kind: 'status', status: 429, code: 'too_many_requests', retryAfter: '17' },
      'throttled',
      /429 \(too_many_requests\)/,
      17_000,
    ],
    [
      '429 until a date',
      { kind: 'status', status: 429, retryAfter: new Date(startMs + 5000).toUTCString() },
      'throttled',
      /429/,
      5000,
    ],
    ['429 without a word', { kind: 'status', status: 429, retryAfter: 'later' }, 'throttled', /429/, undefined],
    ['401', { kind: 'status', status: 401 }, 'unauthorized', /401/, undefined],
    ['403', { kind: 'status', status: 403, code: 'forbidden' }, 'unauthorized', /forbidden/, undefined],
    ['500', { kind: 'status', status: 500 }, 'unreachable', /500/, undefined],
    ['503', { kind: 'status', status: 503 }, 'unreachable', /503/, undefined],
    ['408', { kind: 'status', status: 408 }, 'unreachable', /408/, undefined],
    ['400', { kind: 'status', status: 400, code: 'invalid_field' }, 'unexpected', /invalid_field/, undefined],
    ['404 of a list', { kind: 'status', status: 404, code: 'not_found' }, 'unexpected', /without a list/, undefined],
    ['a hang-up', { kind: 'hang_up' }, 'unreachable', /no answer/, undefined],
    ['something else than JSON', { kind: 'body', body: '<html>' }, 'unexpected', /JSON/, undefined],
    ['no list', { kind: 'body', body: '{"data":{}}' }, 'unexpected', /without a list/, undefined],
    [
      'more to come and no cursor',
      { kind: 'body', body: '{"data":[],"meta":{"pagination":{"has_more":true,"next":null}}}' },
      'unexpected',
      /no cursor/,
      undefined,
    ],
  ])('%s is said', async (_, failure, kind, message, retryAfterMs) => {
    sandbox.failNext(1, failure);
    const error = await errorOf(api());
    expect(error).toMatchObject({ kind, message: expect.stringMatching(message) as string });
    expect(error.retryAfterMs).toBe(retryAfterMs);
    expect(error.message).not.toContain(key);
  });

  it('a time limit is a failure that passes', async () => {
    const timesOut = (): Promise<Response> => Promise.reject(new DOMException('of a secret', 'TimeoutError'));
    expect(await errorOf(api({ fetch: timesOut }))).toMatchObject({
      kind: 'unreachable',
      message: 'GET /transactions of Paddle got no answer: TimeoutError',
    });
  });

  it('a wrong key needs the operator, a second one helps', async () => {
    expect((await errorOf(api({ keys: ['pdl_sdbx_apikey_old'] }))).kind).toBe('unauthorized');
    expect((await errorOf(api({ keys: [] }))).kind).toBe('unauthorized');
    await expect(api({ keys: ['pdl_sdbx_apikey_old', key] }).changes(window, null)).resolves.toMatchObject({ facts: [] });
  });

  it.each<[string, string | null, string]>([
    ['pdl_sdbx_apikey_1', null, 'https://sandbox-api.paddle.com/transactions'],
    ['pdl_live_apikey_1', null, 'https://api.paddle.com/transactions'],
    ['an old key', null, 'https://api.paddle.com/transactions'],
    ['an old key', 'http://127.0.0.1:1/paddle/', 'http://127.0.0.1:1/paddle/transactions'],
  ])('a key %s is used at its own host', async (used, baseUrl, url) => {
    const asked: string[] = [];
    const answers: typeof fetch = (input) => {
      asked.push(input instanceof Request ? input.url : input.toString());
      return Promise.resolve(Response.json({ data: [], meta: { pagination: { has_more: false } } }));
    };
    await api({ keys: [used], baseUrl, fetch: answers }).changes(window, null);
    expect(asked[0]?.split('?')[0]).toBe(url);
  });

  it('the cursor of another host is used at our own', async () => {
    const body = { data: [], meta: { pagination: { has_more: true, next: 'https://evil.example/transactions?after=txn_9' } } };
    sandbox.failNext(1, { kind: 'body', body: JSON.stringify(body) });
    const { nextPage } = await api().changes(window, null);
    expect(nextPage).toBe('transactions:txn_9');
    await api().changes(window, nextPage);
    expect(sandbox.requests.at(-1)).toContain('after=txn_9');
  });
});

it('entities of the tests are entities', () => {
  const entity: Entity = paddleTransaction(
    { ...base, type: 'lifetime', subscriptionId: 'sub_x' },
    { index: 0, origin: 'web', atMs: startMs, isTrial: false },
  );
  expect(entity.id).toBe('txn_x_0');
});
