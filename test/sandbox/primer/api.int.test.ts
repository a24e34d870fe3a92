import type { ApiPage, PspApi } from '../../../src/psp/adapter';
import { primer } from '../../../src/psp/primer';
import { startPrimerApi } from '../../../sandbox/primer/api';
import type { PrimerApi } from '../../../sandbox/primer/api';
import { paymentId, primerEvent, primerEventsOf, primerPayment } from '../../../sandbox/primer/webhooks';
import type { PrimerScenario } from '../../../sandbox/primer/webhooks';

const startMs = Date.UTC(2026, 10, 1, 12);
const day = 86_400_000;
const nowMs = startMs + 90 * day;
const context = { roleOf: () => undefined };
const window = { fromMs: startMs - day, toMs: startMs + 80 * day };

let server: PrimerApi;
let api: PspApi;

beforeEach(async () => {
  server = await startPrimerApi({ keys: ['key-1'], nowMs: () => nowMs, mostPerPage: 2 });
  api = asked(['key-1']);
});
afterEach(() => server.close());

function asked(keys: readonly string[], baseUrl = server.url): PspApi {
  const made = primer.api?.({ keys, baseUrl, context, fetch, nowMs: () => nowMs });
  if (!made) throw new Error('Primer has an API');
  return made;
}

const lifeOf = (change: Partial<PrimerScenario> = {}): PrimerScenario => ({
  type: 'paid_trial',
  userId: 'u1',
  customerId: 'cust-1',
  subscriptionId: 'sub_1',
  startMs,
  email: 'a@example.com',
  ...change,
});

function add(life: PrimerScenario): void {
  server.add(...primerEventsOf(life).map(({ event }) => ({ ...event })));
}

function webhooksOf(life: PrimerScenario): readonly string[] {
  const facts = primerEventsOf(life).flatMap(({ event }) => {
    const reading = primer.read(event, context);
    return reading.kind === 'facts' ? reading.facts : [];
  });
  // A payment for nothing is told by two webhooks; the API tells how it is now.
  const latest = new Map(facts.map((fact) => [fact.fact.moneyId, fact]));
  return keysOf([...latest.values()]);
}

const keysOf = (facts: ApiPage['facts']): readonly string[] => facts.map((fact) => JSON.stringify(fact)).sort();

async function allChanges(): Promise<readonly ApiPage[]> {
  const pages: ApiPage[] = [];
  for (let page: string | null = null; ;) {
    const one: ApiPage = await api.changes(window, page);
    pages.push(one);
    if (one.nextPage === null) return pages;
    page = one.nextPage;
  }
}

describe('what has changed', () => {
  it.each(['subscription', 'free_trial', 'paid_trial', 'lifetime'] as const)(
    'of a %s is told as the webhooks tell it, page by page',
    async (type) => {
      add(lifeOf({ type }));
      const pages = await allChanges();
      expect(keysOf(pages.flatMap(({ facts }) => facts))).toEqual(webhooksOf(lifeOf({ type })));
      expect(pages.every(({ facts }) => facts.length <= 2)).toBe(true);
    },
  );

  it('tells refunds as their webhook does', async () => {
    const payment = primerPayment(lifeOf(), {
      index: 0,
      kind: 'conversion',
      atMs: startMs,
      amount: 1999,
      refunds: [{ amount: 500, atMs: startMs + day }],
    });
    server.add({ ...payment });
    const webhook = primer.read(primerEvent('PAYMENT.REFUND', payment, startMs + day), context);
    const { facts } = await api.changes(window, null);
    expect(facts).toHaveLength(2);
    expect(webhook.kind === 'facts' ? webhook.facts : []).toEqual([facts[0]]);
  });

  it('is of the window, its end excluded', async () => {
    add(lifeOf({ type: 'lifetime' }));
    const count = async (fromMs: number, toMs: number) => (await api.changes({ fromMs, toMs }, null)).facts.length;
    expect(await count(startMs, startMs + 1)).toBe(1);
    expect(await count(startMs - day, startMs)).toBe(0);
    expect(await count(startMs + 1, startMs + day)).toBe(0);
  });

  it('says what could not be read', async () => {
    server.add({
      ...primerPayment(lifeOf(), { index: 0, kind: 'conversion', atMs: startMs, amount: 1999 }),
      currencyCode: 'EURO',
    });
    const page = await api.changes(window, null);
    expect(page).toMatchObject({
      facts: [],
      unreadable: [{ id: 'sub_1-P0', reason: expect.stringMatching(/currencyCode/) as string }],
    });
    expect(primer.read(page.unreadable[0]?.body, context)).toMatchObject({ kind: 'unreadable' });
  });

  it('is asked for payment by payment, but for what is known', async () => {
    for (const index of [0, 1])
      server.add({ ...primerPayment(lifeOf(), { index, kind: 'renewal', atMs: startMs + index, amount: 1999 }) });
    const known = async (ids: readonly string[]) => new Map(ids.filter((id) => id.endsWith('P0')).map((id) => [id, id]));
    const { facts, readIds } = await api.changes(window, null, known);
    expect(facts.map(({ fact }) => fact.moneyId)).toEqual(['sub_1-P1']);
    expect([...(readIds ?? [])].sort()).toEqual(['sub_1-P0', 'sub_1-P1']);
    expect(server.requests.filter((request) => !request.includes('?'))).toEqual(['GET /payments/sub_1-P1']);
  });

  it('asks for no payment that is only authorized', async () => {
    const payment = primerPayment(lifeOf(), { index: 0, kind: 'conversion', atMs: startMs, amount: 1999, status: 'AUTHORIZED' });
    server.add({ ...payment });
    expect((await api.changes(window, null)).facts).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });
});

describe('payments that are not final', () => {
  const bill = (index: number, status: string, amount = 1999) =>
    primerPayment(lifeOf(), { index, kind: 'renewal', atMs: startMs + index, amount, status });

  it('are listed by their status, page by page, and a saved payment method is none of them', async () => {
    server.add(bill(0, 'PENDING'), bill(1, 'AUTHORIZED'), bill(2, 'SETTLING'), bill(3, 'SETTLED'), bill(4, 'DECLINED'));
    server.add(bill(5, 'AUTHORIZED', 0));
    const ids: string[] = [];
    let page: string | null = null;
    do {
      const open: { ids: readonly string[]; nextPage: string | null } = await api.open!.page(window, page);
      ids.push(...open.ids);
      page = open.nextPage;
    } while (page !== null);
    expect(ids.sort()).toEqual(['sub_1-P0', 'sub_1-P1', 'sub_1-P2']);
  });

  it('are asked for one by one: what became of them is told as by their webhooks', async () => {
    server.add(bill(0, 'SETTLED'), bill(1, 'DECLINED'), bill(2, 'CANCELLED'));
    const kindsOf = async (index: number) => (await api.open!.read(`sub_1-P${index}`)).facts.map(({ fact }) => fact.kind);
    expect([await kindsOf(0), await kindsOf(1), await kindsOf(2)]).toEqual([['renewal'], ['payment_failed'], []]);
    expect((await api.open!.read('gone')).unreadable).toMatchObject([{ id: 'gone' }]);
  });
});

describe('what one subscription has paid', () => {
  it('is found by its metadata', async () => {
    add(lifeOf());
    add(lifeOf({ subscriptionId: 'sub_2', customerId: 'cust-2' }));
    const page = await api.ofSubscription('sub_1', startMs);
    expect(keysOf(page.facts)).toEqual(webhooksOf(lifeOf()));
    expect(page).toMatchObject({ unreadable: [], links: [], nextPage: null });
  });

  it('is found by its customer where it has no id', async () => {
    const life = lifeOf({ type: 'subscription', contract: 'none' });
    add(life);
    expect(keysOf((await api.ofSubscription('cust-1', startMs)).facts)).toEqual(webhooksOf(life));
  });

  it('begins where it is asked to', async () => {
    add(lifeOf());
    const { facts } = await api.ofSubscription('sub_1', startMs + day);
    expect(facts.map(({ fact }) => fact.moneyId).sort()).toEqual([paymentId(lifeOf(), 1), paymentId(lifeOf(), 2)]);
  });

  it('is nothing where there is none', async () => {
    expect(await api.ofSubscription('sub_9', startMs)).toEqual({ facts: [], links: [], unreadable: [], nextPage: null });
  });

  it('says when there was too much to look through', async () => {
    for (let index = 0; index < 45; index += 1) add(lifeOf({ type: 'lifetime', subscriptionId: `one_${index}` }));
    const { unreadable } = await api.ofSubscription('sub_1', startMs);
    expect(unreadable).toEqual([{ id: 'sub_1', reason: expect.stringMatching(/looked through/) as string }]);
  });
});

describe('failures', () => {
  it.each<[string, Parameters<PrimerApi['failNext']>[1], object]>([
    ['too much', { kind: 'status', status: 429, retryAfter: '7' }, { kind: 'throttled', retryAfterMs: 7000 }],
    [
      'too much, until a date',
      { kind: 'status', status: 429, retryAfter: new Date(nowMs + 5000).toUTCString() },
      { kind: 'throttled', retryAfterMs: 5000 },
    ],
    ['an error at Primer', { kind: 'status', status: 504 }, { kind: 'unreachable' }],
    ['a lost connection', { kind: 'drop' }, { kind: 'unreachable' }],
    ['a page that is not JSON', { kind: 'not_json' }, { kind: 'unexpected' }],
    ['a request that Primer does not understand', { kind: 'status', status: 422 }, { kind: 'unexpected' }],
    ['no permission', { kind: 'status', status: 403 }, { kind: 'unauthorized' }],
  ])('%s', async (_, failure, error) => {
    server.failNext(1, failure);
    await expect(api.changes(window, null)).rejects.toMatchObject({ name: 'PspApiError', ...error });
  });

  it.each([
    ['the wrong key', ['key-2']],
    ['no key', []],
  ])('%s', async (_, keys) => {
    await expect(asked(keys).changes(window, null)).rejects.toMatchObject({
      kind: 'unauthorized',
      message: expect.not.stringContaining('key-2') as string,
    });
  });

  it('nobody there', async () => {
    await expect(asked(['key-1'], 'http://127.0.0.1:1/').changes(window, null)).rejects.toMatchObject({ kind: 'unreachable' });
  });
});
