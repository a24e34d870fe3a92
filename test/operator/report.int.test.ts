/** `GET /api/report`. What is in it: test/report.test.ts. */
import { sampleId } from '../../src/domain/sample';
import type { PspApi } from '../../src/psp/adapter';
import type { Store } from '../../src/store';
import { payment } from '../support/order-scenario';
import type { Api } from '../support/api-server';
import { nowMs, purchase, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';

const day = 86_400_000;
const sample = `${sampleId(nowMs - day, '0a1b2c3d')}_1`;
let store: Store;
let api: Api;
const asked: { fromMs: number; toMs: number }[] = [];

const stripe: PspApi = {
  list: { orderedBy: 'event', lookBackMs: 0, kept: null },
  async changes(window) {
    asked.push(window);
    const fact = { ...payment('renewal', 'in_lost', 0), occurredAtMs: nowMs - day };
    return {
      facts: [{ fact, subscription: 'sub_9', identity: {}, paymentIds: [] }],
      links: [],
      unreadable: [],
      nextPage: null,
    };
  },
  ofSubscription: async () => ({ facts: [], links: [], unreadable: [], nextPage: null }),
};

beforeAll(async () => {
  store = await emptyStore();
  await store.purchases.record('default', [
    purchase('in_1', { occurredAtMs: nowMs - day, value: { amountMinor: 599, currency: 'USD' } }),
    purchase('in_2', { occurredAtMs: nowMs - day, state: 'suppressed', reason: 'limited', sentAtMs: null, requestId: null }),
    purchase('in_old', { occurredAtMs: nowMs - 31 * day }),
    purchase(sample, { psp: 'generic', occurredAtMs: nowMs - day }),
    purchase('txn_1', { psp: 'paddle', currency: 'KWD', chargedMinor: 5_120, occurredAtMs: nowMs - 2 * day }),
  ]);
  api = await serveApi({
    store,
    integrations: ['default', 'other'],
    api: {
      report: {
        purchases: store.purchases,
        api: async ({ psp }) => (psp === 'stripe' ? stripe : null),
        psps: (integration) => (integration === 'default' ? ['stripe', 'paddle'] : []),
        placesOf: async () => [],
      },
    },
  });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

const get = (query: string, headers: Record<string, string> = {}) => api.call('GET', `/api/report${query}`, undefined, headers);
const none = (amount: string) =>
  Object.fromEntries(
    ['sent', 'suppressed', 'pending', 'needs_attention', 'skipped', 'not_a_purchase', 'failed'].map((state) => [
      state,
      { count: 0, amount },
    ]),
  );
const rows = [
  {
    ...{ psp: 'paddle', currency: 'KWD', charged: { count: 1, amount: '5.120' } },
    ...none('0.000'),
    sent: { count: 1, amount: '5.120' },
  },
  {
    ...{ psp: 'stripe', currency: 'USD', charged: { count: 2, amount: '39.98' } },
    ...none('0.00'),
    sent: { count: 1, amount: '19.99' },
    suppressed: { count: 1, amount: '19.99' },
  },
];
const whole = {
  rows,
  missing: [{ psp: 'stripe', moneyId: 'in_lost' }],
  unchecked: [{ psp: 'paddle', reason: 'no API key is configured, or the provider has no API' }],
};

it('is of the last 30 days, unless dates are given', async () => {
  const { status, body } = await get('');
  expect(status).toBe(200);
  expect(body).toEqual({ from: '2026-10-23T10:00:00.000Z', to: '2026-11-22T10:00:00.000Z', ...whole });
});

it('takes dates and times; the first is in it, the last is not', async () => {
  const exact = `?from=${new Date(nowMs - 31 * day).toISOString()}&to=${new Date(nowMs - 2 * day).toISOString()}`;
  expect((await get(exact)).body.rows).toMatchObject([{ psp: 'stripe', charged: { count: 1 } }]);
  const { body } = await get('?from=2026-11-20&to=2026-11-22');
  expect(body).toEqual({ from: '2026-11-20T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z', ...whole });
  // With an end only: 30 days before it.
  expect((await get('?to=2026-11-22T10:00:00%2B02:00')).body).toMatchObject({
    ...{ from: '2026-10-23T08:00:00.000Z', to: '2026-11-22T08:00:00.000Z' },
  });
});

it('adds up amounts beyond what a number is exact for', async () => {
  const absurd = { currency: 'EUR', chargedMinor: Number.MAX_SAFE_INTEGER, value: null, occurredAtMs: nowMs - 20 * day } as const;
  const many = Array.from({ length: 1_100 }, (_, nth) => purchase(`in_absurd_${nth}`, absurd));
  await store.purchases.record('other', many);
  const amount = '99079191802150901.00'; // 1,100 times 90,071,992,547,409.91: in cents more than 64 bits
  const charged = { psp: 'stripe', currency: 'EUR', charged: { count: 1_100, amount }, sent: { count: 1_100, amount } };
  const asCsv = { accept: 'text/csv' };
  for (const folded of [false, true]) {
    if (folded) await store.purchaseTotals.fold();
    expect((await get('?integration=other')).body.rows).toMatchObject([charged]);
    // A part of a day is counted from its rows.
    const from = new Date(nowMs - 20 * day - 3_600_000).toISOString();
    expect((await get(`?integration=other&from=${from}&to=${new Date(nowMs - 19 * day).toISOString()}`)).body.rows).toMatchObject(
      [charged],
    );
    expect((await get('?integration=other', asCsv)).text).toContain(`stripe,EUR,charged,1100,${amount},`);
    expect((await api.call('GET', '/api/coverage?integration=other')).status).toBe(200);
  }
  const { status, body } = await get('?integration=other&detail=payments');
  expect([status, body.payments[0].amount]).toEqual([200, '90071992547409.91']);
  expect((await get('?integration=other&detail=payments', asCsv)).text).toContain('90071992547409.91');
});

it('is of one provider when asked so, and then asks no other', async () => {
  asked.length = 0;
  const { body } = await get('?psp=paddle');
  expect(body).toMatchObject({ rows: [rows[0]], missing: [], unchecked: [{ psp: 'paddle' }] });
  expect(asked).toEqual([]);
  expect((await get('?psp=stripe')).body).toMatchObject({ rows: [rows[1]], missing: whole.missing, unchecked: [] });
});

it('is of the integration that is named', async () => {
  expect((await get('?integration=other&from=2026-11-20')).body).toMatchObject({ rows: [], missing: [], unchecked: [] });
  expect((await get('?integration=nobody')).status).toBe(404);
});

it('names the payments, as purchase records, with ?detail=payments', async () => {
  const { body } = await get('?detail=payments&psp=stripe');
  expect(body.payments.map(({ moneyId }: { moneyId: string }) => moneyId)).toEqual(['in_2', 'in_1']);
  expect(body.payments[1]).toMatchObject({
    ...{ moneyId: 'in_1', state: 'sent', value: 5.99, currency: 'USD', amount: '19.99', chargedCurrency: 'USD' },
    ...{ occurredAt: '2026-11-21T10:00:00.000Z', eventId: 'stripe:in_1' },
  });
  expect(body.failed).toEqual([]);
  expect((await get('?psp=stripe')).body).not.toHaveProperty('payments');
});

it('leaves out samples, from the sums and from the payments; the list of purchases has them, marked', async () => {
  const { body } = await get('?detail=payments');
  expect(body.payments.map(({ moneyId }: { moneyId: string }) => moneyId)).toEqual(['in_2', 'in_1', 'txn_1']);
  expect((await get('?detail=payments', { accept: 'text/csv' })).text).not.toContain('sample_');
  const { body: listed } = await api.call('GET', '/api/purchases?q=sample_');
  expect(listed.items).toMatchObject([{ moneyId: sample, sample: true }]);
  expect((await api.call('GET', '/api/purchases?q=in_1')).body.items).toMatchObject([{ moneyId: 'in_1', sample: false }]);
  const { text } = await api.call('GET', '/api/purchases?q=sample_', undefined, { accept: 'text/csv' });
  expect(text.trimEnd().split('\r\n')[1]).toMatch(/,sample$/);
});

it.each([
  ['text/csv', 'text/csv; charset=utf-8'],
  ['application/json', 'application/json; charset=utf-8'],
  ['*/*', 'application/json; charset=utf-8'],
  ['text/csv, application/json;q=0.5', 'text/csv; charset=utf-8'],
])('is given as the client accepts it: %s', async (accept, type) => {
  expect((await get('', { accept })).headers.get('content-type')).toBe(type);
});

it('has a line for each payment as CSV with ?detail=payments', async () => {
  const { text, headers } = await get('?detail=payments&psp=stripe', { accept: 'text/csv' });
  expect(headers.get('content-disposition')).toContain('payments.csv');
  const [header = '', ...lines] = text.trimEnd().split('\r\n');
  expect(header).toMatch(/^occurred_at,psp,subscription,money_id,/);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^2026-11-21T10:00:00.000Z,stripe,sub_1,in_2,subscription,renewal,suppressed,limited,19.99,/);
});

it('is the same as CSV', async () => {
  const { text } = await get('', { accept: 'text/csv' });
  expect(text.split('\r\n')).toEqual([
    'psp,currency,state,count,amount,money_id',
    'paddle,KWD,charged,1,5.120,',
    ...['pending,0,0.000', 'sent,1,5.120', 'suppressed,0,0.000', 'not_a_purchase,0,0.000', 'needs_attention,0,0.000'].map(
      (line) => `paddle,KWD,${line},`,
    ),
    'paddle,KWD,skipped,0,0.000,',
    'stripe,USD,charged,2,39.98,',
    ...['pending,0,0.00', 'sent,1,19.99', 'suppressed,1,19.99', 'not_a_purchase,0,0.00', 'needs_attention,0,0.00'].map(
      (line) => `stripe,USD,${line},`,
    ),
    'stripe,USD,skipped,0,0.00,',
    'stripe,,missing,1,,in_lost',
    'paddle,,unchecked,,,',
    '',
  ]);
});

it.each([
  ['?from=2026-11-22&to=2026-11-22', 'from'],
  ['?from=2026-11-23&to=2026-11-22', 'from'],
  ['?from=yesterday', 'from'],
  ['?to=2026-11-22T10:00:00', 'to'],
  ['?psp=a&psp=b', 'psp'],
  [`?psp=${'p'.repeat(41)}`, 'psp'],
  ['?detail=everything', 'detail'],
  ['?state=sent', 'state'],
])('%s is refused, and says what is wrong', async (query, field) => {
  const { status, body } = await get(query);
  expect([status, body.title]).toEqual([400, 'Bad request']);
  expect(body.detail).toContain(field);
});

it('is for operators only', async () => {
  expect((await get('', { authorization: 'Bearer nobody' })).status).toBe(401);
});
