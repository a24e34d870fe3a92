import type { PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { PspApiError } from '../../../src/psp/adapter';
import type { ApiPage, PspApi, ReadFact, TimeWindow } from '../../../src/psp/adapter';
import { solidgate } from '../../../src/psp/solidgate';
import { startSolidgateApi } from '../../../sandbox/solidgate/api';
import type { SolidgateApi } from '../../../sandbox/solidgate/api';
import { solidgateEventsOf, solidgateOrder, solidgateSubscription } from '../../../sandbox/solidgate/webhooks';
import type { SolidgateScenario } from '../../../sandbox/solidgate/webhooks';

const key = 'api_pk_1:api_sk_1';
const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 8, 1, 12);
const nowMs = startMs + 100 * dayMs;
const context = { roleOf: () => undefined };
const everything: TimeWindow = { fromMs: startMs - dayMs, toMs: nowMs };

const lifeOf = (type: PurchaseType, gate: 'card' | 'alt' = 'card'): SolidgateScenario => ({
  type,
  gate,
  userId: 'u1',
  customerId: 'acc_1',
  subscriptionId: `${type}_${gate}`,
  startMs,
  email: 'a@example.com',
});

let sandbox: SolidgateApi;
const apiWith = (keys: readonly string[] = [key], baseUrl: string | null = sandbox.url, fetch = globalThis.fetch): PspApi => {
  if (!solidgate.api) throw new Error('no api');
  return solidgate.api({ keys, baseUrl, context, fetch, nowMs: () => nowMs });
};

beforeEach(async () => {
  sandbox = await startSolidgateApi({ keys: [key], pageSize: 2 });
});
afterEach(() => sandbox.close());

async function all(api: PspApi, window: TimeWindow): Promise<readonly ApiPage[]> {
  const pages: ApiPage[] = [];
  let page: string | null = null;
  do {
    // A page survives a restart: it is asked for by another client.
    const next: ApiPage = await (pages.length === 0 ? api : apiWith()).changes(window, page);
    pages.push(next);
    page = next.nextPage;
  } while (page !== null);
  return pages;
}

const factsIn = async (window: TimeWindow): Promise<readonly ReadFact[]> =>
  (await all(apiWith(), window)).flatMap(({ facts }) => facts);

function toldBy(...lives: readonly SolidgateScenario[]): readonly ReadFact[] {
  return lives.flatMap(solidgateEventsOf).flatMap(({ event, headers }) => {
    const reading = solidgate.read(event, context, headers);
    return reading.kind === 'facts' ? reading.facts : [];
  });
}

const byId = (facts: readonly ReadFact[]): readonly ReadFact[] =>
  facts.filter(({ fact }) => isPayment(fact)).sort((a, b) => ((a.fact.moneyId ?? '') < (b.fact.moneyId ?? '') ? -1 : 1));

describe("Solidgate's reports", () => {
  it.each<[PurchaseType, 'card' | 'alt']>([
    ['subscription', 'card'],
    ['free_trial', 'card'],
    ['paid_trial', 'card'],
    ['lifetime', 'card'],
    ['subscription', 'alt'],
    ['paid_trial', 'alt'],
    ['lifetime', 'alt'],
  ])('give the facts that the webhooks gave, or should have: %s (%s)', async (type, gate) => {
    sandbox.add(...solidgateEventsOf(lifeOf(type, gate)));
    const told = byId(await factsIn(everything));
    // Reports do not know the buyer's browser.
    const lost = byId(toldBy(lifeOf(type, gate))).map((one) => ({ ...one, identity: { ...one.identity, userAgent: undefined } }));
    expect(told.map((one) => ({ ...one, identity: { ...one.identity, userAgent: undefined } }))).toEqual(lost);
  });

  it('are read page by page, all three, over more than they reach at once', async () => {
    const lives = [1, 2, 3, 4, 5].map((n) => ({ ...lifeOf('subscription'), subscriptionId: `sub_${n}` }));
    const oneOffs = [1, 2, 3].map((n) => ({ ...lifeOf('lifetime', n === 3 ? 'alt' : 'card'), subscriptionId: `one_${n}` }));
    for (const life of [...lives, ...oneOffs]) sandbox.add(...solidgateEventsOf(life));
    const pages = await all(apiWith(), everything);
    expect(byId(pages.flatMap(({ facts }) => facts)).map(({ fact }) => fact)).toEqual(
      byId(toldBy(...lives, ...oneOffs)).map(({ fact }) => fact),
    );
    expect(pages.length).toBeGreaterThan(6);
    expect(new Set(sandbox.requests.map(({ path }) => path))).toEqual(
      new Set(['/api/v1/card-orders', '/api/v1/apm-orders', '/api/v1/subscriptions']),
    );
    expect(sandbox.requests[0]).toMatchObject({
      merchant: 'api_pk_1',
      body: { filter: 'updated_at', date_from: '2026-08-31 12:00:00', date_to: '2026-09-30 12:00:00' },
    });
  });

  it('tell what happened in the window, though the rows have changed since', async () => {
    sandbox.add(...solidgateEventsOf({ ...lifeOf('subscription'), renewals: 2 }));
    const renewalMs = startMs + 30 * dayMs;
    const told = await factsIn({ fromMs: renewalMs - dayMs, toMs: renewalMs + dayMs });
    expect(told.map(({ fact }) => [fact.kind, fact.moneyId])).toEqual([['renewal', 'order-subscription_card-1']]);
  });

  it('tell refunds and ends, and not the buyer again and again', async () => {
    const life = lifeOf('subscription');
    const refund = { id: 're_1', amount: 500, atMs: startMs + 2 * dayMs };
    const order = { index: 0, startMs, amount: 1999, status: 'settle_ok', subscription: life.subscriptionId };
    const period = { term: 1, index: 0, startMs, endMs: startMs + 30 * dayMs, amount: 1999 };
    sandbox.add(
      { event: solidgateOrder(life, { ...order, refunds: [refund] }) },
      { event: solidgateSubscription(life, 'cancel', period) },
    );
    const told = await factsIn(everything);
    expect(told.map(({ fact, subscription }) => [fact.kind, subscription])).toEqual([
      ['refund', 'subscription_card'],
      ['conversion', 'subscription_card'],
      ['ended', 'subscription_card'],
    ]);
    expect(told[0]?.fact).toMatchObject({ refundId: 're_1', moneyId: 'order-subscription_card-0', amountMinor: 500 });
  });

  it('name what they could not read, without its values', async () => {
    const life = lifeOf('lifetime');
    const [order] = solidgateEventsOf(life).slice(-1);
    const broken = { ...order?.event, order: { ...(order?.event.order as object), currency: 'secret' } };
    sandbox.add({ event: broken });
    const pages = await all(apiWith(), everything);
    const unreadable = pages.flatMap((page) => page.unreadable);
    for (const { body } of unreadable) expect(solidgate.read(body, context)).toMatchObject({ kind: 'unreadable' });
    expect(unreadable).toMatchObject([{ id: 'lifetime_card', reason: expect.stringMatching(/^order\.currency/) as string }]);
    // The row itself goes to the quarantine, which is encrypted.
    expect(JSON.stringify(unreadable.map(({ id, reason }) => [id, reason]))).not.toContain('secret');
  });

  it('are empty where nothing was sold', async () => {
    expect(await factsIn(everything)).toEqual([]);
  });
});

describe('one subscription', () => {
  it('tells its latest payment', async () => {
    sandbox.add(...solidgateEventsOf(lifeOf('paid_trial')));
    const { facts, nextPage } = await apiWith().ofSubscription('paid_trial_card', startMs);
    expect(facts.map(({ fact }) => [fact.kind, fact.moneyId])).toEqual([['renewal', 'order-paid_trial_card-2']]);
    expect(nextPage).toBeNull();
    expect(toldBy(lifeOf('paid_trial'))).toContainEqual(facts[0]);
  });

  it('tells nothing from before', async () => {
    sandbox.add(...solidgateEventsOf(lifeOf('subscription')));
    expect((await apiWith().ofSubscription('subscription_card', nowMs)).facts).toEqual([]);
  });

  it('tells its end', async () => {
    const life = lifeOf('subscription');
    const period = { term: 1, index: 0, startMs, endMs: startMs + 30 * dayMs, amount: 1999 };
    sandbox.add({ event: solidgateSubscription(life, 'cancel', period) });
    const { facts } = await apiWith().ofSubscription(life.subscriptionId, startMs + dayMs);
    expect(facts.map(({ fact }) => fact)).toEqual([{ kind: 'ended', occurredAtMs: period.endMs }]);
  });

  it('that Solidgate does not know is empty', async () => {
    expect(await apiWith().ofSubscription('sub_9', 0)).toEqual({
      facts: [],
      links: [],
      unreadable: [],
      readIds: [],
      nextPage: null,
    });
  });

  it('that is answered as an error of the id is empty, too', async () => {
    sandbox.failNext({ status: 400, body: '{"error":{"code":"2.01","messages":["subscription_id is not a UUID"]}}' });
    expect((await apiWith().ofSubscription('one-off', 0)).facts).toEqual([]);
  });
});

describe('an answer that is none', () => {
  const kindOf = async (asked: Promise<unknown>): Promise<unknown> => {
    const error: unknown = await asked.then(
      () => null,
      (cause: unknown) => cause,
    );
    return error instanceof PspApiError ? [error.kind, error.retryAfterMs] : error;
  };

  it.each<[string, { status: number; headers?: Record<string, string>; body?: string }, unknown[]]>([
    ['too many requests', { status: 429, headers: { 'retry-after': '7' } }, ['throttled', 7000]],
    [
      'too many requests until then',
      { status: 429, headers: { 'retry-after': new Date(nowMs + 9000).toUTCString() } },
      ['throttled', 9000],
    ],
    ['too many requests, no more said', { status: 429 }, ['throttled', undefined]],
    ['a report that is not ready', { status: 204 }, ['throttled', undefined]],
    ['401', { status: 401 }, ['unauthorized', undefined]],
    ['403', { status: 403 }, ['unauthorized', undefined]],
    ['a refused signature, with 200', { status: 200, body: '{"error":{"code":"1.01"}}' }, ['unauthorized', undefined]],
    ['a server error', { status: 502, body: '<html>' }, ['unreachable', undefined]],
    ['a refused request', { status: 400, body: '{"error":{"code":"2.01"}}' }, ['unexpected', undefined]],
    ['no JSON', { status: 200, body: '<html>' }, ['unexpected', undefined]],
    ['no report', { status: 200, body: '{"items":[]}' }, ['unexpected', undefined]],
    ['a list', { status: 200, body: '[]' }, ['unexpected', undefined]],
  ])('is told by who must act: %s', async (_, failure, told) => {
    sandbox.failNext(failure);
    expect(await kindOf(apiWith().changes(everything, null))).toEqual(told);
  });

  it('is told when nobody answers', async () => {
    expect(await kindOf(apiWith([key], 'http://127.0.0.1:1').changes(everything, null))).toEqual(['unreachable', undefined]);
  });

  it('is told of a wrong key, and of none', async () => {
    expect(await kindOf(apiWith(['api_pk_1:other']).changes(everything, null))).toEqual(['unauthorized', undefined]);
    expect(await kindOf(apiWith([]).changes(everything, null))).toEqual(['unauthorized', undefined]);
    expect(await kindOf(apiWith(['api_sk_1']).changes(everything, null))).toEqual(['unauthorized', undefined]);
  });

  it('is asked again with the next key while keys are replaced', async () => {
    expect((await apiWith(['api_pk_0:api_sk_0', key]).changes(everything, null)).facts).toEqual([]);
  });

  it.each(['', 'x', 'chargebacks 1 2 3 ', '__proto__ 1 2 3 '])('is told of a page that is none: %p', async (page) => {
    expect(await kindOf(apiWith().changes(everything, page))).toEqual(['unexpected', undefined]);
  });

  it('tells neither keys nor buyers', async () => {
    sandbox.failNext({ status: 500, body: '{"customer_email":"a@example.com"}' });
    const message = await apiWith()
      .changes(everything, null)
      .catch((error: unknown) => String(error));
    expect(message).toBe('PspApiError: Solidgate answered 500 to POST /card-orders');
  });

  it('goes to hosts of their own where no base is set', async () => {
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = (url) => {
      asked.push(url instanceof Request ? url.url : url.toString());
      return Promise.resolve(new Response('{"error":{"code":"2.01"}}', { status: 404 }));
    };
    await apiWith([key], null, fetch).ofSubscription('sub_1', 0);
    await kindOf(apiWith([key], null, fetch).changes(everything, null));
    expect(asked).toEqual([
      'https://subscriptions.solidgate.com/api/v1/subscription/status',
      'https://reports.solidgate.com/api/v1/card-orders',
    ]);
  });
});
