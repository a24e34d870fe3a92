import type { ApiPage, PspApi } from '../../../src/psp/adapter';
import { isPayment } from '../../../src/domain/fact';
import { paypal } from '../../../src/psp/paypal';
import { startPaypalApi } from '../../../sandbox/paypal/api';
import type { PaypalApi } from '../../../sandbox/paypal/api';
import { paypalEvent, paypalEventsOf, paypalPlan, paypalSubscription, saleId } from '../../../sandbox/paypal/webhooks';
import type { PaypalScenario } from '../../../sandbox/paypal/webhooks';
import { withoutBought } from '../../support/without-bought';

const startMs = Date.UTC(2026, 10, 1, 12);
const day = 86_400_000;
const context = { roleOf: () => undefined };
const window = { fromMs: startMs - day, toMs: startMs + 100 * day };

let nowMs = startMs + 10 * day;
let server: PaypalApi;
let api: PspApi;

beforeEach(async () => {
  nowMs = startMs + 10 * day;
  server = await startPaypalApi({ keys: ['client-1:secret-1'], nowMs: () => nowMs, mostPerPage: 2 });
  api = asked(['client-1:secret-1']);
});
afterEach(() => server.close());

function asked(keys: readonly string[], baseUrl = server.url): PspApi {
  const made = paypal.api?.({ keys, baseUrl, context, fetch, nowMs: () => nowMs });
  if (!made) throw new Error('PayPal has an API');
  return made;
}

const lifeOf = (change: Partial<PaypalScenario> = {}): PaypalScenario => ({
  type: 'paid_trial',
  userId: 'u1',
  customerId: 'PAYER1',
  subscriptionId: 'I-1',
  startMs,
  email: 'a@example.com',
  ...change,
});

function webhooksOf(life: PaypalScenario) {
  return paypalEventsOf(life).flatMap(({ event }) => {
    const reading = paypal.read(event, context);
    return reading.kind === 'facts' ? reading.facts : [];
  });
}

async function allChanges(): Promise<{ pages: readonly ApiPage[]; facts: ApiPage['facts'] }> {
  const pages: ApiPage[] = [];
  for (let page: string | null = null; ;) {
    const one: ApiPage = await api.changes(window, page);
    pages.push(one);
    if (one.nextPage === null) return { pages, facts: pages.flatMap(({ facts }) => facts) };
    page = one.nextPage;
  }
}

describe('what has changed', () => {
  it.each(['subscription', 'free_trial', 'paid_trial', 'lifetime'] as const)(
    'of a %s is told as the webhooks tell it, page by page',
    async (type) => {
      const life = lifeOf({ type, renewals: 0 });
      server.add(...paypalEventsOf(life).map(({ event }) => ({ ...event })));
      nowMs = startMs + 29 * day;
      const { pages, facts } = await allChanges();
      const key = (fact: unknown): string => JSON.stringify(fact);
      expect(facts.map(key).sort()).toEqual(webhooksOf(life).map(key).sort());
      expect(pages.length).toBeGreaterThan(1);
    },
  );

  it('goes on from a page after a restart, and asks nobody else', async () => {
    server.add(...paypalEventsOf(lifeOf()).map(({ event }) => ({ ...event })));
    const { nextPage } = await api.changes(window, null);
    expect(nextPage).toMatch(/^\?/);
    const { facts } = await asked(['client-1:secret-1']).changes(window, nextPage);
    expect(facts.length).toBeGreaterThan(0);
  });

  it('is of the window, its end excluded', async () => {
    const sale = paypalEventsOf(lifeOf({ type: 'subscription' }))[2]?.event;
    if (!sale) throw new Error('no sale');
    server.add({ ...sale });
    const atMs = Date.parse(sale.create_time);
    const count = async (fromMs: number, toMs: number) => (await api.changes({ fromMs, toMs }, null)).facts.length;
    expect(await count(atMs, atMs + 1)).toBe(1);
    expect(await count(atMs - day, atMs)).toBe(0);
    expect(await count(atMs + 1, atMs + day)).toBe(0);
  });

  it('says what could not be read, in the shape in which the quarantine reads it', async () => {
    server.add({ ...paypalEvent({}, 'PAYMENT.SALE.COMPLETED', { id: 'S1' }, startMs) });
    nowMs = startMs + 29 * day;
    const page = await api.changes({ fromMs: nowMs - 31 * day, toMs: nowMs }, null);
    expect(page.facts).toEqual([]);
    expect(api.list.kept).toMatchObject({ forMs: 30 * day, hasOlderPayments: false });
    for (const { body } of page.unreadable) expect(paypal.read(body, context)).toMatchObject({ kind: 'unreadable' });
    expect(page.unreadable).toMatchObject([
      { id: expect.stringMatching(/^WH-/) as string, reason: expect.stringMatching(/resource\.amount/) as string },
    ]);
  });
});

describe('what one subscription has paid', () => {
  const plan = (life: PaypalScenario) => ({ ...paypalPlan(life) });

  it.each(['subscription', 'free_trial', 'paid_trial'] as const)('of a %s is what the webhooks tell', async (type) => {
    const life = lifeOf({ type });
    server.add(plan(life), ...paypalEventsOf(life).map(({ event }) => ({ ...event })));
    nowMs = startMs + 90 * day;
    const page = await api.ofSubscription('I-1', startMs - day);
    const told = webhooksOf(life)
      .map(({ fact }) => fact)
      .filter(isPayment);
    const found = page.facts.map(({ fact }) => fact).filter(isPayment);
    // The plan, for which only the API can be asked, also says the regular price.
    expect(withoutBought(found.map(({ regularMinor: _, ...fact }) => fact))).toEqual(withoutBought(told));
    expect(found.map(({ bought }) => bought?.[0]?.id)).toEqual(told.map(({ bought }) => bought?.[0]?.id));
    expect(page.facts.every(({ subscription, identity }) => subscription === 'I-1' && identity.userId === 'u1')).toBe(true);
    expect(page).toMatchObject({ links: [], unreadable: [], nextPage: null });
  });

  it('says that it began only together with all that was paid since', async () => {
    const life = lifeOf({ type: 'subscription' });
    server.add(...paypalEventsOf(life).map(({ event }) => ({ ...event })));
    nowMs = startMs + 90 * day;
    const kinds = async (fromMs: number) => (await api.ofSubscription('I-1', fromMs)).facts.map(({ fact }) => fact.kind);
    expect(await kinds(startMs)).toEqual(['began', 'renewal', 'renewal']);
    expect(await kinds(startMs + day)).toEqual(['renewal']);
  });

  it.each([
    ['CANCELLED', 'ended'],
    ['EXPIRED', 'ended'],
    ['SUSPENDED', 'paused'],
  ])('says that it is %s', async (status, kind) => {
    const life = lifeOf({ type: 'subscription' });
    const subscription = paypalSubscription(life, { status, changedMs: startMs + 3 * day });
    server.add({ ...paypalEvent(life, `BILLING.SUBSCRIPTION.${status}`, { ...subscription }, startMs + 3 * day) });
    const { facts } = await api.ofSubscription('I-1', startMs + day);
    expect(facts.map(({ fact }) => fact)).toMatchObject([{ kind, occurredAtMs: startMs + 3 * day }]);
    expect(facts).toHaveLength(1);
  });

  it('knows of refunds', async () => {
    const life = lifeOf({ type: 'subscription' });
    const sale = saleId(life, 0);
    const back = { id: 'R1', sale_id: sale, amount: { total: '-19.99', currency: 'USD' } };
    server.add(...paypalEventsOf(life).map(({ event }) => ({ ...event })));
    server.add({ ...paypalEvent(life, 'PAYMENT.SALE.REFUNDED', back, startMs + day) });
    const { facts } = await api.ofSubscription('I-1', startMs);
    expect(facts.map(({ fact }) => fact)).toContainEqual({
      kind: 'refund',
      moneyId: sale,
      refundId: `${sale}:refunded`,
      occurredAtMs: expect.any(Number) as number,
      cause: 'refund',
    });
  });

  it.each(['I-UNKNOWN', '1CAPTURE', 'I-1/../../x', ''])('is nothing for %p', async (id) => {
    expect(await api.ofSubscription(id, 0)).toEqual({ facts: [], links: [], unreadable: [], nextPage: null });
  });
});

describe('failures', () => {
  it.each<[string, () => void, object]>([
    [
      'too much',
      () => server.failNext(1, { kind: 'status', status: 429, retryAfter: '7' }),
      { kind: 'throttled', retryAfterMs: 7000 },
    ],
    [
      'too much, until a date',
      () => server.failNext(1, { kind: 'status', status: 429, retryAfter: new Date(nowMs + 5000).toUTCString() }),
      { kind: 'throttled', retryAfterMs: 5000 },
    ],
    ['an error at PayPal', () => server.failNext(1, { kind: 'status', status: 503 }), { kind: 'unreachable' }],
    ['a lost connection', () => server.failNext(1, { kind: 'drop' }), { kind: 'unreachable' }],
    ['a page that is not JSON', () => server.failNext(1, { kind: 'not_json' }), { kind: 'unexpected' }],
    [
      'a request that PayPal does not understand',
      () => server.failNext(1, { kind: 'status', status: 400 }),
      { kind: 'unexpected' },
    ],
    ['no permission', () => server.failNext(2, { kind: 'status', status: 403 }), { kind: 'unauthorized' }],
  ])('%s', async (_, arrange, error) => {
    arrange();
    await expect(api.changes(window, null)).rejects.toMatchObject({ name: 'PspApiError', ...error });
  });

  it.each([
    ['the wrong secret', ['client-1:secret-2']],
    ['no key', []],
  ])('%s', async (_, keys) => {
    await expect(asked(keys).changes(window, null)).rejects.toMatchObject({
      kind: 'unauthorized',
      message: expect.not.stringContaining('secret') as string,
    });
  });

  it('nobody there', async () => {
    await expect(asked(['a:b'], 'http://127.0.0.1:1/').changes(window, null)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('a token that was withdrawn is replaced, one that holds is used again', async () => {
    await api.changes(window, null);
    await api.changes(window, null);
    server.revokeTokens();
    await api.changes(window, null);
    nowMs += 9 * 3_600_000;
    await api.changes(window, null);
    expect(server.requests.filter((request) => request === 'POST /v1/oauth2/token')).toHaveLength(3);
  });
});
