/** The account, over a real store and providers of paper. */
import fc from 'fast-check';
import type { PaymentFact } from '../../src/domain/fact';
import { exponentOf } from '../../src/domain/money';
import { purchaseStates } from '../../src/domain/purchase';
import { belongingOf, type Only } from '../../src/domain/routing';
import type { PurchaseRecord, PurchaseState } from '../../src/domain/purchase';
import type { ApiPage, PspApi, ReadFact } from '../../src/psp/adapter';
import { PspApiError } from '../../src/psp/adapter';
import type { AccountingReport, ReportQuery, ReportRow } from '../../src/application/accounting-report';
import { report, reportCsv, rowsOf } from '../../src/application/accounting-report';
import type { PurchaseSum, Store } from '../../src/store';
import { purchase } from '../support/api-server';
import { emptyStore } from '../support/test-database';
import { lifecycle, payment, refund } from '../support/order-scenario';

const fromMs = Date.UTC(2026, 10, 1);
const toMs = Date.UTC(2026, 11, 1);
const hour = 3_600_000;

let store: Store;
let integration = '';
let tests = 0;
beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());
beforeEach(() => {
  tests += 1;
  integration = `integration-${tests}`;
});

function paid(moneyId: string, more: Partial<PurchaseRecord> = {}): PurchaseRecord {
  return purchase(moneyId, { occurredAtMs: fromMs + hour, ...more });
}

const record = (...records: PurchaseRecord[]) => store.purchases.record(integration, records);

interface Asked {
  readonly apis?: Readonly<Record<string, PspApi | null>>;
  readonly query?: Partial<ReportQuery>;
  /** What the integration takes of its accounts. */
  readonly only?: Only | null;
}

function made({ apis = {}, query = {}, only = null }: Asked = {}): Promise<AccountingReport> {
  const deps = {
    purchases: store.purchases,
    api: async ({ psp }: { psp: string }) => apis[psp] ?? null,
    psps: () => Object.keys(apis),
    placesOf: async (_account: unknown, facts: readonly ReadFact[]) => facts.map((read) => belongingOf(only, read.metadata)),
  };
  return report(deps, { integration, fromMs, toMs, nowMs: toMs, ...query });
}

function told(fact: ReadFact['fact']): ReadFact {
  return { fact, subscription: 'sub_1', identity: {}, paymentIds: [] };
}

function paidFact(moneyId: string, occurredAtMs: number): ReadFact {
  return told({ ...payment('renewal', moneyId, 0), occurredAtMs } satisfies PaymentFact);
}

/** Gives these pages, one after the other. */
function api(...pages: readonly (readonly ReadFact[])[]): PspApi & { readonly windows: { fromMs: number; toMs: number }[] } {
  const windows: { fromMs: number; toMs: number }[] = [];
  return {
    windows,
    list: { orderedBy: 'event', lookBackMs: 0, kept: null },
    async changes(window, page): Promise<ApiPage> {
      windows.push(window);
      const index = page === null ? 0 : Number(page);
      const nextPage = index + 1 < pages.length ? String(index + 1) : null;
      return { facts: pages[index] ?? [], links: [], unreadable: [], nextPage };
    },
    ofSubscription: async () => ({ facts: [], links: [], unreadable: [], nextPage: null }),
  };
}

const nothing = { count: 0, amount: '0.00' };

describe('what was charged', () => {
  it('is one row per provider and currency, each state apart, in decimals of the currency', async () => {
    await record(
      paid('in_1', { chargedMinor: 1999 }),
      paid('in_2', { chargedMinor: 1 }),
      paid('in_3', { chargedMinor: 500, state: 'suppressed', reason: 'limited' }),
      paid('in_4', { chargedMinor: 700, state: 'pending' }),
      paid('in_5', { chargedMinor: 1480, currency: 'JPY', state: 'needs_attention' }),
      paid('in_6', { chargedMinor: 5120, currency: 'KWD', state: 'skipped' }),
      paid('txn_1', { psp: 'paddle', chargedMinor: 250, state: 'not_a_purchase', reason: 'proration' }),
    );
    const none = (amount: string) =>
      Object.fromEntries([...purchaseStates, 'failed'].map((state) => [state, { count: 0, amount }])) as Record<
        PurchaseState,
        object
      >;
    expect((await made()).rows).toEqual([
      {
        ...{ psp: 'paddle', currency: 'USD', charged: { count: 1, amount: '2.50' } },
        ...none('0.00'),
        not_a_purchase: { count: 1, amount: '2.50' },
      },
      {
        ...{ psp: 'stripe', currency: 'JPY', charged: { count: 1, amount: '1480' } },
        ...none('0'),
        needs_attention: { count: 1, amount: '1480' },
      },
      {
        ...{ psp: 'stripe', currency: 'KWD', charged: { count: 1, amount: '5.120' } },
        ...none('0.000'),
        skipped: { count: 1, amount: '5.120' },
      },
      {
        ...{ psp: 'stripe', currency: 'USD', charged: { count: 4, amount: '32.00' } },
        ...none('0.00'),
        sent: { count: 2, amount: '20.00' },
        suppressed: { count: 1, amount: '5.00' },
        pending: { count: 1, amount: '7.00' },
      },
    ]);
  });

  it('begins with the period and ends before its end', async () => {
    await record(
      paid('in_before', { occurredAtMs: fromMs - 1 }),
      paid('in_first', { occurredAtMs: fromMs }),
      paid('in_last', { occurredAtMs: toMs - 1 }),
      paid('in_after', { occurredAtMs: toMs }),
    );
    const { rows, payments } = await made({ query: { withPayments: true } });
    expect(rows).toMatchObject([{ charged: { count: 2 } }]);
    expect(payments?.map(({ moneyId }) => moneyId)).toEqual(['in_last', 'in_first']);
  });

  it('has no charges that failed, which nobody was charged', async () => {
    await record(paid('in_1'), paid('in_2', { state: 'not_a_purchase', reason: 'payment_failed' }));
    expect((await made()).rows).toMatchObject([{ charged: { count: 1, amount: '19.99' }, not_a_purchase: nothing }]);
  });

  it('is of one integration and, when asked so, of one provider', async () => {
    await record(paid('in_1'), paid('txn_1', { psp: 'paddle' }));
    await store.purchases.record(`${integration}-other`, [paid('in_2')]);
    expect((await made()).rows.map(({ psp, charged }) => [psp, charged.count])).toEqual([
      ['paddle', 1],
      ['stripe', 1],
    ]);
    const { rows, payments } = await made({ query: { psp: 'paddle', withPayments: true } });
    expect(rows.map(({ psp }) => psp)).toEqual(['paddle']);
    expect(payments?.map(({ moneyId }) => moneyId)).toEqual(['txn_1']);
  });

  it('names every payment when it is asked to, over pages', async () => {
    const many = Array.from({ length: 1_201 }, (_, index) => paid(`in_${index}`));
    await record(...many);
    const { payments, rows } = await made({ query: { withPayments: true } });
    expect(new Set(payments?.map(({ moneyId }) => moneyId)).size).toBe(1_201);
    expect(payments).toHaveLength(1_201);
    expect(rows).toMatchObject([{ charged: { count: 1_201 } }]);
    expect((await made()).payments).toBeUndefined();
  });

  it('is nothing in an empty period', async () => {
    expect(await made()).toEqual({ rows: [], missing: [], unchecked: [] });
  });
});

it('whatever was charged, the states of a row add up to it', () => {
  const sum = fc.record({
    psp: fc.constantFrom('stripe', 'paddle', 'a psp'),
    currency: fc.constantFrom('USD', 'EUR', 'JPY', 'KWD'),
    state: fc.constantFrom(...purchaseStates),
    count: fc.nat(1_000_000),
    chargedMinor: fc.bigInt(0n, 2n ** 60n),
    failed: fc.nat(1_000_000),
  });
  /** As the database gives them: one per provider, currency and state. */
  const sums = fc.uniqueArray(sum, { selector: ({ psp, currency, state }) => `${psp}/${currency}/${state}`, maxLength: 72 });
  fc.assert(
    fc.property(sums, (given) => {
      const rows = rowsOf(given);
      for (const row of rows) {
        expect(totalOf(row, (state) => row[state])).toEqual(totalOf(row, () => row.charged, ['sent']));
      }
      // And none is left out.
      const charged = rows.reduce((count, row) => count + row.charged.count, 0);
      expect(charged).toBe(given.reduce((count, one) => count + one.count, 0));
      expect(rows.reduce((count, row) => count + row.failed.count, 0)).toBe(given.reduce((count, one) => count + one.failed, 0));
      for (const one of given) {
        const row = rows.find(({ psp, currency }) => psp === one.psp && currency === one.currency);
        expect(row?.[one.state].count).toBe(one.count);
        expect(minorOf(row?.[one.state].amount ?? '', one)).toBe(one.chargedMinor);
      }
    }),
  );

  function totalOf(
    row: ReportRow,
    of: (state: PurchaseState) => { count: number; amount: string },
    states: readonly PurchaseState[] = purchaseStates,
  ) {
    return states.reduce(
      (total, state) => ({ count: total.count + of(state).count, minor: total.minor + minorOf(of(state).amount, row) }),
      { count: 0, minor: 0n },
    );
  }

  /** Of a decimal text with all its digits. */
  function minorOf(amount: string, { currency }: Pick<PurchaseSum, 'currency'>): bigint {
    const [, fraction = ''] = amount.split('.');
    expect(fraction).toHaveLength(exponentOf(currency));
    return BigInt(amount.replace('.', ''));
  }
});

describe('a charge that failed', () => {
  const failure = (moneyId: string): PurchaseRecord =>
    paid(moneyId, { state: 'not_a_purchase', reason: 'payment_failed', chargedMinor: 0 });

  it('is counted apart, and listed apart: rows and details add up state by state', async () => {
    await record(
      paid('in_1', { chargedMinor: 1999 }),
      paid('in_2', { chargedMinor: 500, state: 'not_a_purchase', reason: 'proration' }),
      failure('in_3'),
      failure('in_4'),
      paid('in_5', { chargedMinor: 700, state: 'pending' }),
    );
    const { rows, payments = [], failed = [] } = await made({ query: { withPayments: true } });
    expect(rows).toHaveLength(1);
    const [row] = rows;
    for (const state of purchaseStates) {
      const listed = payments.filter((one) => one.state === state);
      expect({ state, count: listed.length }).toEqual({ state, count: row?.[state].count });
      const minor = listed.reduce((sum, { chargedMinor }) => sum + chargedMinor, 0);
      expect({ state, amount: (minor / 100).toFixed(2) }).toEqual({ state, amount: row?.[state].amount });
    }
    expect(row).toMatchObject({ charged: { count: 3, amount: '31.99' }, failed: { count: 2, amount: '0.00' } });
    expect(failed.map(({ moneyId }) => moneyId).sort()).toEqual(['in_3', 'in_4']);
  });

  it('has a row where nothing else was charged', async () => {
    await record(failure('in_1'));
    expect((await made()).rows).toMatchObject([{ charged: { count: 0 }, not_a_purchase: { count: 0 }, failed: { count: 1 } }]);
  });

  it('is missing when it was paid later and we have not heard of it', async () => {
    await record(failure('in_1'));
    expect((await made({ apis: { stripe: api([paidFact('in_1', fromMs)]) } })).missing).toEqual([
      { psp: 'stripe', moneyId: 'in_1' },
    ]);
  });
});

describe('what is missing', () => {
  it('is looked for as long before the period as the list needs', async () => {
    const day = 24 * hour;
    const primer: PspApi & { readonly windows: unknown[] } = {
      ...api([paidFact('p_1', fromMs + hour)]),
      list: { orderedBy: 'creation', lookBackMs: 21 * day, kept: null },
    };
    expect((await made({ apis: { primer } })).missing).toEqual([{ psp: 'primer', moneyId: 'p_1' }]);
    expect(primer.windows).toEqual([{ fromMs: fromMs - 21 * day, toMs: toMs + 2 * hour }]);
  });

  it('is not complete where the provider has forgotten or an object cannot be read: the report says so', async () => {
    const kept = { forMs: 20 * 24 * hour, hasOlderPayments: false, beyond: 'PayPal keeps events for 20 days' };
    const paypal: PspApi = {
      ...api(),
      list: { orderedBy: 'event', lookBackMs: 0, kept },
      changes: async () => ({ facts: [], links: [], unreadable: [{ id: 'WH-1', reason: 'a new shape' }], nextPage: null }),
    };
    expect((await made({ apis: { paypal } })).unchecked).toEqual([
      { psp: 'paypal', reason: `before ${new Date(toMs - 20 * 24 * hour).toISOString()}: PayPal keeps events for 20 days` },
      { psp: 'paypal', reason: '1 listed objects could not be read: WH-1' },
    ]);
    // Older payments of others come from other lists.
    const stripe: PspApi = {
      ...paypal,
      list: { ...paypal.list, kept: { ...kept, hasOlderPayments: true } },
      changes: api([]).changes,
    };
    expect((await made({ apis: { stripe } })).unchecked).toEqual([]);
  });

  it('keeps what was found before a provider failed on the way, or went in circles', async () => {
    const failing = (nextPage: string): PspApi => ({
      ...api(),
      changes: async (_window, page) => {
        if (page === 'broken') throw new PspApiError('unreachable', 'Stripe answered 500');
        return { facts: [paidFact('in_1', fromMs)], links: [], unreadable: [], nextPage };
      },
    });
    expect(await made({ apis: { stripe: failing('broken') } })).toMatchObject({
      missing: [{ psp: 'stripe', moneyId: 'in_1' }],
      unchecked: [{ psp: 'stripe', reason: 'Stripe answered 500' }],
    });
    const { missing, unchecked } = await made({ apis: { stripe: failing('round') } });
    expect(missing).toEqual([{ psp: 'stripe', moneyId: 'in_1' }]);
    expect(unchecked[0]?.reason).toContain('repeats itself');
  });

  it('is what the provider has in the period and we have not, over all its pages, each once', async () => {
    await record(paid('in_1'), paid('in_3', { state: 'pending' }));
    const stripe = api(
      [paidFact('in_1', fromMs), paidFact('in_2', fromMs + hour)],
      [paidFact('in_3', fromMs), paidFact('in_4', toMs - 1), paidFact('in_2', fromMs + hour)],
    );
    expect(await made({ apis: { stripe } })).toMatchObject({
      missing: [
        { psp: 'stripe', moneyId: 'in_2' },
        { psp: 'stripe', moneyId: 'in_4' },
      ],
      unchecked: [],
    });
  });

  it('is nothing that happened outside of the period, and no failed payment, refund or state', async () => {
    const stripe = api([
      paidFact('in_before', fromMs - 1),
      paidFact('in_after', toMs),
      told({ ...lifecycle('payment_failed', 0, { moneyId: 'in_failed' }), occurredAtMs: fromMs + hour }),
      told({ ...refund('in_refunded', 0), occurredAtMs: fromMs + hour }),
    ]);
    expect((await made({ apis: { stripe } })).missing).toEqual([]);
  });

  it('is looked for a little beyond the end, since providers tell late of what happened before it', async () => {
    const stripe = api([]);
    await made({ apis: { stripe } });
    expect(stripe.windows).toEqual([{ fromMs, toMs: toMs + 2 * hour }]);
  });

  it('is a provider’s own: the same id at another is another payment', async () => {
    await record(paid('id_1', { psp: 'paddle' }));
    const apis = { stripe: api([paidFact('id_1', fromMs)]), paddle: api([paidFact('id_1', fromMs)]) };
    expect((await made({ apis })).missing).toEqual([{ psp: 'stripe', moneyId: 'id_1' }]);
    expect((await made({ apis, query: { psp: 'paddle' } })).missing).toEqual([]);
  });

  it('is unknown where a provider cannot be asked or does not answer, and the report says so and why', async () => {
    const failing: PspApi = {
      ...api(),
      changes: async () => {
        throw new PspApiError('unauthorized', 'Paddle answered 403 (invalid_token)');
      },
    };
    expect(await made({ apis: { stripe: api([]), paddle: failing, generic: null } })).toEqual({
      rows: [],
      missing: [],
      unchecked: [
        { psp: 'paddle', reason: 'Paddle answered 403 (invalid_token)' },
        { psp: 'generic', reason: 'no API key is configured, or the provider has no API' },
      ],
    });
  });
});

describe('as CSV', () => {
  const total = (count: number, amount: string) => ({ count, amount });
  const row: ReportRow = {
    ...{ psp: 'stripe', currency: 'USD', charged: total(3, '40.00'), sent: total(2, '20.00'), suppressed: total(1, '20.00') },
    ...{ pending: nothing, needs_attention: nothing, skipped: nothing, not_a_purchase: nothing, failed: nothing },
  };

  it('it is one table: a line per state, one per missing payment, one per provider that was not asked', () => {
    const unchecked = [{ psp: 'paypal', reason: 'no key' }];
    expect(reportCsv({ rows: [row], missing: [{ psp: 'paddle', moneyId: 'txn_1' }], unchecked }).split('\r\n')).toEqual([
      'psp,currency,state,count,amount,money_id',
      'stripe,USD,charged,3,40.00,',
      ...purchaseStates.map((state) => `stripe,USD,${state},${row[state].count},${row[state].amount},`),
      'paddle,,missing,1,,txn_1',
      'paypal,,unchecked,,,',
      '',
    ]);
  });

  it.each([
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=HYPERLINK("x")', '"\'=HYPERLINK(""x"")"'],
    ['+1', "'+1"],
    ['-1+cmd', "'-1+cmd"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['in_1', 'in_1'],
    ['a=b', 'a=b'],
  ])('an id such as %j is %s: no column breaks, no formula runs', (moneyId, field) => {
    const csv = reportCsv({ rows: [], missing: [{ psp: 'generic', moneyId }], unchecked: [] });
    expect(csv).toBe(`psp,currency,state,count,amount,money_id\r\ngeneric,,missing,1,,${field}\r\n`);
  });
});

describe('an integration that takes some of an account', () => {
  const listed = (moneyId: string, funnel?: string): ReadFact => ({
    ...paidFact(moneyId, fromMs + hour),
    ...(funnel === undefined ? {} : { metadata: { funnel } }),
  });
  const only = { funnel: ['quiz'] };

  it('misses its own payments, and says of how many nothing tells whose they are', async () => {
    await record(paid('in_1'));
    const stripe = api([listed('in_1', 'quiz'), listed('in_2', 'quiz')], [listed('in_3', 'shop'), listed('in_4')]);
    const { missing, unchecked } = await made({ apis: { stripe }, only });
    expect(missing).toEqual([{ psp: 'stripe', moneyId: 'in_2' }]);
    expect(unchecked).toEqual([
      { psp: 'stripe', reason: 'of 1 payments nothing says whether they belong to this integration: in_4' },
    ]);
  });

  it('misses nothing of others', async () => {
    const stripe = api([listed('in_1', 'shop'), listed('in_2', 'blog')]);
    expect(await made({ apis: { stripe }, only })).toMatchObject({ missing: [], unchecked: [] });
    expect((await made({ apis: { stripe }, only: null })).missing).toHaveLength(2);
  });
});
