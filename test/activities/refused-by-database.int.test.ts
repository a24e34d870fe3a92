/** What a real database can never store: one attempt, an error that operators see, and nothing that is repeated for ever. */
import { ApplicationFailure } from '@temporalio/common';
import { createRecordPurchases } from '../../activities/record-purchases';
import { createReportPurchase } from '../../activities/report-purchase';
import type { DeliveryRequest } from '../../src/domain/delivery-request';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { defaultSettings } from '../../src/domain/settings';
import type { Store } from '../../src/store';
import { QueryFailed } from '../../src/store';
import { emptyStore } from '../support/test-database';
import { limitOn, Order, payment, t0 } from '../support/order-scenario';

let store: Store;
beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());

let orders = 0;

/** A report of an order that no other test has. */
function ordered(): DeliveryRequest {
  orders += 1;
  return new Order(`sub_${orders}`, undefined, limitOn).receives(payment('conversion', `in_${orders}`, 0)).underWay[0]!;
}
const withEventId = (request: DeliveryRequest, eventId: string): DeliveryRequest => ({
  ...request,
  record: { ...request.record, eventId },
});

/** A text of 3,000 characters that does not compress. */
const tooLong = Array.from({ length: 3_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7_919) % 20_000))).join('');

function world({ afterMs = 0, purchases = store.purchases }: { afterMs?: number; purchases?: Store['purchases'] } = {}) {
  const sent: string[] = [];
  const told: PurchaseRecord[] = [];
  const report = createReportPurchase({
    settings: async () => ({ ...defaultSettings, pixelCode: 'C0PIXEL', accessToken: 'tok_0123456789abcdef' }),
    users: store.users,
    firstPurchases: store.firstPurchases,
    purchases,
    attempts: store.attempts,
    events: {
      track: async (_credentials, { data }) => {
        sent.push(data[0].event_id);
        return { kind: 'accepted', code: 0, requestId: 'req_1' };
      },
    },
    target: () => ({ baseUrl: 'https://tiktok.example', pixelCode: 'C0PIXEL', accessToken: 'tok' }),
    destination: () => 'tiktok',
    fallbackPageUrl: 'https://funnel.example/',
    telemetry: { purchaseDecided: () => undefined, deliveryAttempted: () => undefined },
    nowMs: () => t0 + afterMs,
    scheduledAtMs: () => t0,
    attemptScheduledAtMs: () => t0,
  });
  const recordPurchases = createRecordPurchases({
    firstPurchases: store.firstPurchases,
    purchases,
    telemetry: { purchaseDecided: (_integration, record) => void told.push(record) },
  });
  return {
    sent,
    told,
    report: (request: DeliveryRequest) => report({ integration: 'default', ...request }),
    record: (...records: PurchaseRecord[]) => recordPurchases({ integration: 'default', records, released: [], userKeys: [] }),
  };
}

async function failureOf(report: Promise<unknown>): Promise<unknown> {
  return report.then(
    () => null,
    (reason: unknown) => reason,
  );
}

const row = async ({ record: { psp, subscription } }: DeliveryRequest) =>
  (await store.purchases.ofSubscription('default', psp, subscription))[0];

/** A table of purchases that refuses everything with one SQLSTATE. */
function refusing(code: string): Store['purchases'] {
  return {
    ...store.purchases,
    record: () => Promise.reject(new QueryFailed(Object.assign(new Error('refused'), { code }))),
  };
}

describe('a report whose row the database can never store', () => {
  it.each([
    ['NUL', 'chk\u0000-7', '22021'],
    ['3,000 characters', tooLong, '54000'],
  ])('needs attention after one attempt, and is not repeated: %s', async (_, eventId, sqlState) => {
    const { report, sent } = world();
    const failure = await failureOf(report(withEventId(ordered(), eventId)));
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({
      type: 'DatabaseRefused',
      nonRetryable: true,
      details: [{ attempts: 1, holder: null, error: { type: 'DatabaseRefused', code: null } }],
    });
    expect((failure as Error).message).toContain(sqlState);
    expect(sent).toEqual([]);
  });

  it.each(['22001', '22P02', '23502', '23514', '54000'])('so it is with SQLSTATE %s', async (code) => {
    expect(await failureOf(world({ purchases: refusing(code) }).report(ordered()))).toMatchObject({ nonRetryable: true });
  });

  it.each(['40001', '40P01', '53300', '57P01', '08006', 'ECONNREFUSED', '42P01'])('is repeated with %s', async (code) => {
    const failure = await failureOf(world({ purchases: refusing(code), afterMs: 3_600_000 }).report(ordered()));
    expect(failure).toBeInstanceOf(QueryFailed);
  });

  it.each(['23503', '23505'])('is repeated for a minute with %s, which another process’s write may cause', async (code) => {
    const purchases = refusing(code);
    expect(await failureOf(world({ purchases, afterMs: 59_999 }).report(ordered()))).toBeInstanceOf(QueryFailed);
    expect(await failureOf(world({ purchases, afterMs: 60_000 }).report(ordered()))).toBeInstanceOf(ApplicationFailure);
  });

  it('leaves others alone', async () => {
    const { report, sent } = world();
    const request = withEventId(ordered(), 'chk_😀');
    expect(await report(request)).toMatchObject({ kind: 'sent' });
    expect(sent).toEqual(['chk_😀']);
    expect(await row(request)).toMatchObject({ state: 'sent', eventId: 'chk_😀' });
  });
});

describe('a decision whose record the database can never store', () => {
  it('is shown in need of attention, with what can be stored of it, and holds up no other', async () => {
    const { record, told } = world();
    const [before, bad, long, after] = [
      ordered(),
      withEventId(ordered(), 'chk\u0000-7'),
      withEventId(ordered(), tooLong),
      ordered(),
    ];
    await record(before.record, bad.record, long.record, after.record);
    expect(await row(before)).toMatchObject(before.record);
    expect(await row(after)).toMatchObject(after.record);
    expect(await row(bad)).toMatchObject({
      state: 'needs_attention',
      eventId: 'chk\ufffd-7',
      attempts: 1,
      lastError: { type: 'DatabaseRefused', code: null, message: expect.stringContaining('22021') as string },
    });
    expect(await row(long)).toMatchObject({ state: 'needs_attention', eventId: tooLong.slice(0, 255), attempts: 1 });
    expect(told.map(({ state }) => state)).toEqual(['pending', 'needs_attention', 'needs_attention', 'pending']);
  });

  it('keeps the error and the attempts that it had', async () => {
    const { record } = world();
    const bad = withEventId(ordered(), 'chk\u0000-8');
    const lastError = { type: 'TikTokRejected', code: 40002, message: 'no' };
    await record({ ...bad.record, state: 'needs_attention', attempts: 3, lastError });
    expect(await row(bad)).toMatchObject({ state: 'needs_attention', attempts: 3, lastError });
  });

  it('ends also where nothing of it can be stored, with a log line', async () => {
    const { record, told } = world({ purchases: refusing('23514') });
    await record(ordered().record);
    expect(told.map(({ state, lastError }) => [state, lastError?.type])).toEqual([['needs_attention', 'DatabaseRefused']]);
  });

  it.each(['40001', '57P01', 'ECONNREFUSED'])('is repeated with %s', async (code) => {
    await expect(world({ purchases: refusing(code) }).record(ordered().record)).rejects.toBeInstanceOf(QueryFailed);
  });
});
