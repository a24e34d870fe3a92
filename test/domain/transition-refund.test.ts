/** Money that goes back, and payments that fail: before, during and after the delivery. */
import type { Order as Driver } from '../support/order-scenario';
import {
  day,
  suppressedByConsent,
  refused,
  cancelled,
  lifecycle,
  limitOn,
  Order,
  payment,
  refund,
} from '../support/order-scenario';

const paid = payment('conversion', 'in_1', 0);
const refunded = refund('in_1', 1);
const dispute = refund('in_1', 1, { refundId: 'dp_1', cause: 'dispute' });
const disputeWon = refund('in_1', 30, { refundId: 'dp_1', cause: 'dispute_won' });

const neverSent = 'conversion not_a_purchase refunded_before_sent';

function toldTimes(order: Driver): number {
  return order.sent.length;
}

describe('a payment refunded before it was sent is no purchase', () => {
  it.each<[string, (order: Order) => Order]>([
    ['the refund arrives first', (order) => order.receives(refunded).receives(paid).finish()],
    ['both arrive together', (order) => order.receives(paid, refunded).finish()],
    ['it waits for a state fact', (order) => order.receives({ ...paid, awaits: ['trial'] }).receives(refunded)],
    ['its report is under way and can be stopped', (order) => order.receives(paid).receives(refunded).finish(cancelled)],
    ['its report is under way and ends in a refusal', (order) => order.receives(paid).receives(refunded).finish(refused)],
    [
      'its report is under way and consent keeps it back',
      (order) => order.receives(paid).receives(refunded).finish(suppressedByConsent),
    ],
    ['it needs attention', (order) => order.receives(paid).finish(refused).receives(refunded)],
    ['it was kept back', (order) => order.receives(paid).finish(suppressedByConsent).receives(refunded)],
    [
      'its amount is unknown, and the refund names none',
      (order) =>
        order
          .receives(refunded)
          .receives({ ...paid, amountMinor: 0, unpriced: true })
          .finish(),
    ],
    [
      'in several parts',
      (order) =>
        order.receives(
          refund('in_1', 1, { refundId: 'a', amountMinor: 999 }),
          refund('in_1', 1, { refundId: 'b', amountMinor: 1000 }),
          paid,
        ),
    ],
  ])('when %s', (_when, play) => {
    const order = play(new Order());
    expect(order.outcomes()).toEqual({ in_1: neverSent });
    expect(toldTimes(order)).toBe(0);
  });

  it('and asks a report that is under way to stop, once', () => {
    const order = new Order().receives(paid).receives(refunded).receives(refunded).receives(paid);
    expect(order.cancelled).toEqual(['in_1']);
    expect(order.outcomes()).toEqual({ in_1: 'conversion pending' });
  });

  it('unless the report got through after all', () => {
    const order = new Order().receives(paid).receives(refunded).finish();
    expect(order.outcomes()).toEqual({ in_1: 'conversion sent' });
    expect(order.records()['in_1']?.refundedMinor).toBe(1999);
  });

  it('but stays a period: the next payment is a renewal', () => {
    const order = new Order().receives(paid, refunded, payment('renewal', 'in_2', 30)).finish();
    expect(order.outcomes()).toEqual({ in_1: neverSent, in_2: 'renewal sent' });
  });

  it('and gives its phase up at once: an earlier payment received with the refund is the conversion', () => {
    const order = new Order().receives(lifecycle('began', 0), payment('renewal', 'in_2', 37)).finish(refused);
    order.receives(payment('renewal', 'in_1', 7), refund('in_2', 40)).finish();
    expect(order.outcomes()).toEqual({ in_1: 'conversion sent', in_2: 'renewal not_a_purchase refunded_before_sent' });
    expect(order.sent.map(({ record }) => record.phase)).toEqual(['conversion']);
  });

  it('unless an operator says otherwise: an operator’s resend always sends', () => {
    const order = new Order().receives(paid, refunded).resend('in_1');
    expect(order.cancelled).toEqual([]);
    expect(order.finish().outcomes()).toEqual({ in_1: 'conversion sent' });
  });

  it('a refund during an operator’s resend does not stop it', () => {
    const order = new Order().receives(paid).finish(refused).resend('in_1').receives(refunded).finish();
    expect(order.cancelled).toEqual([]);
    expect(order.outcomes()).toEqual({ in_1: 'conversion sent' });
  });
});

describe('a payment refunded after it was sent', () => {
  it('stays sent; the record says what went back', () => {
    const order = new Order().receives(paid).finish().receives(refunded).finish();
    expect(order.records()['in_1']).toMatchObject({ state: 'sent', refundedMinor: 1999, chargedMinor: 1999 });
    expect(toldTimes(order)).toBe(1);
  });

  it('a skipped one stays skipped', () => {
    expect(new Order().receives(paid).finish(refused).skip('in_1').receives(refunded).outcomes()).toEqual({
      in_1: 'conversion skipped',
    });
  });
});

describe('a refund in part', () => {
  it('is recorded, and the purchase is sent all the same', () => {
    const order = new Order().receives(paid, refund('in_1', 1, { amountMinor: 500 })).finish();
    expect(order.records()['in_1']).toMatchObject({
      state: 'sent',
      refundedMinor: 500,
      value: { amountMinor: 1999, currency: 'USD' },
    });
  });

  it('reported twice counts once', () => {
    const part = refund('in_1', 1, { amountMinor: 500 });
    expect(new Order().receives(paid, part).receives(part).records()['in_1']?.refundedMinor).toBe(500);
  });

  it('adds to another', () => {
    const parts = [
      refund('in_1', 1, { refundId: 'a', amountMinor: 500 }),
      refund('in_1', 1, { refundId: 'b', amountMinor: 700 }),
    ];
    expect(new Order().receives(paid, ...parts).records()['in_1']?.refundedMinor).toBe(1200);
  });

  it('never exceeds what was charged', () => {
    const parts = [
      refund('in_1', 1, { refundId: 'a', amountMinor: 1500 }),
      refund('in_1', 1, { refundId: 'b', amountMinor: 1500 }),
    ];
    expect(
      new Order()
        .receives(paid)
        .finish()
        .receives(...parts)
        .records()['in_1']?.refundedMinor,
    ).toBe(1999);
  });

  it('corrected later counts as it was last said, whichever arrives first', () => {
    const [first, corrected] = [refund('in_1', 1, { amountMinor: 500 }), refund('in_1', 2, { amountMinor: 700 })];
    expect(new Order().receives(paid, first).receives(corrected).records()['in_1']?.refundedMinor).toBe(700);
    expect(new Order().receives(paid, corrected).receives(first).records()['in_1']?.refundedMinor).toBe(700);
  });

  it('while its report is under way stops nothing', () => {
    const order = new Order().receives(paid).receives(refund('in_1', 1, { amountMinor: 500 }));
    expect(order.cancelled).toEqual([]);
    expect(order.finish().records()['in_1']).toMatchObject({ state: 'sent', refundedMinor: 500 });
  });

  it('of another payment says nothing of this one', () => {
    expect(new Order().receives(paid, refund('in_2', 1)).finish().records()['in_1']).toMatchObject({
      state: 'sent',
      refundedMinor: 0,
    });
  });

  it('alone makes no record: a refund is no payment', () => {
    expect(new Order().receives(refunded).outcomes()).toEqual({});
  });
});

describe('a dispute', () => {
  it('takes back like a refund', () => {
    expect(new Order().receives(paid, dispute).outcomes()).toEqual({ in_1: neverSent });
  });

  it.each([
    ['before it', [disputeWon, dispute]],
    ['after it', [dispute, disputeWon]],
  ])('that was won counts for nothing, also when that is reported %s', (_when, facts) => {
    const order = new Order()
      .receives(paid)
      .finish()
      .receives(...facts);
    expect(order.records()['in_1']?.refundedMinor).toBe(0);
  });

  it('that was won lets the purchase be sent that it had kept back', () => {
    const order = new Order().receives(paid, dispute).finish();
    expect(toldTimes(order)).toBe(0);
    expect(order.receives(disputeWon).finish().outcomes()).toEqual({ in_1: 'conversion sent' });
  });

  it.each<[string, (order: Order) => Order]>([
    ['needed attention', (order) => order.receives(paid).finish(refused).receives(dispute)],
    ['was stopped on its way', (order) => order.receives(paid).receives(dispute).finish(cancelled)],
    ['was refused on its way', (order) => order.receives(paid).receives(dispute).finish(refused)],
  ])('that was won lets the purchase be sent that %s', (_what, play) => {
    const order = play(new Order());
    expect(order.outcomes()).toEqual({ in_1: neverSent });
    expect(order.receives(disputeWon).finish().outcomes()).toEqual({ in_1: 'conversion sent' });
  });

  it.each<[string, (order: Order) => Order]>([
    ['was never tried', (order) => order.receives(paid, dispute)],
    ['needed attention', (order) => order.receives(paid).finish(refused).receives(dispute)],
    ['was stopped on its way', (order) => order.receives(paid).receives(dispute).finish(cancelled)],
  ])('that was won when the purchase is too old lets nothing be sent that %s', (_what, play) => {
    const order = play(new Order());
    order.nowMs += 60 * day;
    expect(order.receives(disputeWon).finish().outcomes()).toEqual({ in_1: 'conversion suppressed too_old' });
    expect(toldTimes(order)).toBe(0);
  });

  it('that was won before the report could be stopped lets it be sent as well', () => {
    const order = new Order().receives(paid).receives(dispute).receives(disputeWon).finishDelivery('in_1', cancelled);
    expect(order.finish().outcomes()).toEqual({ in_1: 'conversion sent' });
  });

  it('that was won does not undo a refund', () => {
    const order = new Order().receives(paid).finish().receives(dispute, disputeWon, refunded);
    expect(order.records()['in_1']?.refundedMinor).toBe(1999);
  });

  it('that was won is decided with the limit of then: it waits for the first purchase like any other', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(payment('trial_start', 'in_0', 0), dispute, {
      ...paid,
      occurredAtMs: paid.occurredAtMs + 1,
    });
    expect(order.finish().receives(disputeWon).finish().outcomes()).toEqual({
      in_0: 'trial_start sent',
      in_1: 'conversion suppressed limited',
    });
  });
});

describe('a failed payment', () => {
  const failed = lifecycle('payment_failed', 0, { moneyId: 'in_1', amountMinor: 1999, currency: 'USD' });

  it('that is paid later is a purchase', () => {
    expect(new Order().receives(failed).finish().receives(paid).finish().outcomes()).toEqual({ in_1: 'conversion sent' });
  });

  it('that arrives after it was paid changes nothing', () => {
    const order = new Order().receives(paid).finish();
    const before = order.records();
    expect(order.receives(failed).finish().records()).toEqual(before);
    expect(toldTimes(order)).toBe(1);
  });

  it('is decided with the settings of the payment, not of the attempt that failed', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(payment('conversion', 'in_0', -30)).finish();
    order.receivesWith({ settings: { ...limitOn, version: 9, limitPurchaseEvents: false }, tooOld: true }, failed);
    expect(
      order
        .receives({ ...paid, kind: 'renewal' })
        .finish()
        .records()['in_1'],
    ).toMatchObject({
      reason: 'limited',
      settingsVersion: limitOn.version,
    });
  });

  it('happened when its first attempt failed', () => {
    const order = new Order().receives(lifecycle('payment_failed', 3, { moneyId: 'in_1' }), failed);
    expect(order.records()['in_1']?.occurredAtMs).toBe(failed.occurredAtMs);
  });

  it('cannot be sent, not even by an operator: there is nothing to send', () => {
    const order = new Order().receives(failed).resend('in_1');
    expect(order.underWay).toEqual([]);
    expect(order.outcomes()).toEqual({ in_1: 'not_a_purchase payment_failed' });
  });
});
