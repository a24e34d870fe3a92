/** The record of a purchase: what operators see of it from its acceptance on. */
import type { PaymentFact } from '../../src/domain/fact';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { acceptedRecord, recordsOf, reportedRecord } from '../../src/domain/record';
import type { DeliveryEnd } from '../support/order-scenario';
import {
  suppressedByConsent,
  refused,
  accepted,
  lifecycle,
  limitOff,
  limitOn,
  Order,
  payment,
  FirstPurchases,
  refund,
  t0,
} from '../support/order-scenario';

const start = payment('conversion', 'in_1', 0);

describe('a purchase’s record', () => {
  it('says everything about a purchase that was sent', () => {
    const order = new Order('sub_1').receives(start, refund('in_1', 1, { amountMinor: 500 })).finish();
    expect(recordsOf(order.state)).toEqual([
      {
        psp: 'stripe',
        subscription: 'sub_1',
        moneyId: 'in_1',
        purchaseType: 'subscription',
        phase: 'conversion',
        state: 'sent',
        reason: null,
        heldBy: null,
        eventId: 'stripe:in_1',
        eventName: 'CompletePayment',
        value: { amountMinor: 1999, currency: 'USD' },
        chargedMinor: 1999,
        refundedMinor: 500,
        currency: 'USD',
        occurredAtMs: t0,
        attempts: 1,
        lastError: null,
        requestId: 'req_1',
        sentAtMs: t0,
        by: null,
        settingsVersion: 1,
        revision: 2,
      },
    ]);
  });

  it('says why a purchase was kept back, and which came first', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(start, payment('renewal', 'in_2', 30)).finish();
    expect(order.records()['in_2']).toMatchObject({
      state: 'suppressed',
      reason: 'limited',
      heldBy: { psp: 'stripe', subscription: 'sub_1', moneyId: 'in_1' },
      requestId: null,
      sentAtMs: null,
    });
  });

  it('says what went wrong while it needs attention', () => {
    expect(new Order().receives(start).finish(refused).records()['in_1']).toMatchObject({
      state: 'needs_attention',
      lastError: { type: 'TikTokUnauthorized', code: 40105, message: 'invalid token' },
      attempts: 1,
      requestId: null,
    });
  });

  it('forgets the error once it was sent', () => {
    expect(new Order().receives(start).finish(refused).resend('in_1').finish().records()['in_1']).toMatchObject({
      state: 'sent',
      lastError: null,
      attempts: 2,
    });
  });

  it('says that a currency was left out, and then has no value', () => {
    const dropped: DeliveryEnd = (order, firstPurchases) =>
      ({ ...accepted(order, firstPurchases), droppedCurrency: 'XAU' }) as ReturnType<DeliveryEnd>; // a `sent`
    expect(
      new Order()
        .receives({ ...start, currency: 'XAU' })
        .finish(dropped)
        .records()['in_1'],
    ).toMatchObject({
      state: 'sent',
      reason: 'TikTok does not list XAU: sent without value and currency',
      value: null,
      chargedMinor: 1999,
      currency: 'XAU',
    });
  });

  it('stands in the order in which the payments happened', () => {
    const order = new Order().receives(
      payment('renewal', 'in_3', 60),
      start,
      lifecycle('payment_failed', 30, { moneyId: 'in_2' }),
    );
    expect(recordsOf(order.state).map(({ moneyId }) => moneyId)).toEqual(['in_1', 'in_2', 'in_3']);
  });
});

describe('the row that a report writes', () => {
  it.each<[string, DeliveryEnd]>([
    ['that was sent', accepted],
    ['that was refused', refused],
    ['that consent kept back', suppressedByConsent],
  ])('equals what the workflow then shows of a purchase %s', (_what, end) => {
    for (const before of [new Order().receives(start), new Order().receives(start).finish(refused).resend('in_1')]) {
      const [order] = before.underWay;
      const row = reportedRecord(order!.record, end(order!, new FirstPurchases()) as Parameters<typeof reportedRecord>[1]); // none is withdrawn
      expect(row).toEqual(before.finish(end).records()['in_1']);
    }
  });

  it('equals it also when the limit keeps the purchase back', () => {
    const firstPurchases = new FirstPurchases();
    new Order('sub_before', firstPurchases).receives(payment('conversion', 'in_b', -1)).finish();
    const order = new Order('sub_1', firstPurchases, limitOn).receives(start).finish();
    expect(order.table.get('in_1')).toEqual(order.records()['in_1']);
    expect(order.records()['in_1']).toMatchObject({ reason: 'limited', heldBy: { moneyId: 'in_b' } });
  });

  it('is not written a second time by the workflow', () => {
    const order = new Order().receives(start).finish();
    expect(order.records()['in_1']?.revision).toBe(2); // 1 when its report began, 2 by the report
  });

  it('gives way to what was learned while it was under way', () => {
    const order = new Order()
      .receives(start)
      .receives(refund('in_1', 1, { amountMinor: 500 }))
      .finish();
    expect(order.table.get('in_1')).toMatchObject({ state: 'sent', refundedMinor: 500, revision: 3 });
  });
});

const order = { psp: 'stripe', subscription: 'sub_1' };

describe('the row that is shown until the workflow has decided', () => {
  it.each<[string, PaymentFact, Partial<PurchaseRecord>]>([
    ['a conversion', start, { purchaseType: 'subscription', phase: 'conversion' }],
    ['a one-off', payment('one_off', 'pi_1', 0), { purchaseType: 'lifetime', phase: 'conversion' }],
    [
      'a trial start',
      payment('trial_start', 'in_0', 0, { inferredType: 'paid_trial' }),
      { purchaseType: 'paid_trial', phase: 'trial_start' },
    ],
    ['a declared type', { ...start, inferredType: 'subscription', declaredType: 'free_trial' }, { purchaseType: 'free_trial' }],
    ['another charge', payment('other_charge', 'in_9', 0), { phase: null }],
  ])('is pending: %s', (_what, fact, shown) => {
    const record = acceptedRecord(order, fact, { settings: limitOff, occurredAtMs: t0 });
    expect(record).toMatchObject({
      ...shown,
      state: 'pending',
      revision: 0,
      attempts: 0,
      eventId: `stripe:${fact.moneyId}`,
      chargedMinor: 1999,
    });
  });

  it('is older than anything the workflow says', () => {
    const said = new Order().receives(start).table.get('in_1')!;
    expect(said.revision).toBeGreaterThan(acceptedRecord(order, start, { settings: limitOff, occurredAtMs: t0 }).revision);
  });

  it('has the same fields as the workflow’s', () => {
    const fields = (record: PurchaseRecord): string[] => Object.keys(record).sort();
    expect(fields(acceptedRecord(order, start, { settings: limitOff, occurredAtMs: t0 }))).toEqual(
      fields(new Order().receives(start).records()['in_1']!),
    );
  });
});
