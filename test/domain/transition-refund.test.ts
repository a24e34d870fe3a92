/** Money that goes back, and payments that fail: before, while and after TikTok is told. */
import type { Order as Driver } from '../support/order-scenario';
import { isKeptBackByConsent, isRefused, isStopped, lifecycle, limitOn, Order, payment, refund } from '../support/order-scenario';

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
    ['the refund is heard first', (order) => order.hears(refunded).hears(paid).finish()],
    ['both are heard together', (order) => order.hears(paid, refunded).finish()],
    ['it waits for a state fact', (order) => order.hears({ ...paid, awaitsState: true }).hears(refunded)],
    ['its report is under way and can be stopped', (order) => order.hears(paid).hears(refunded).finish(isStopped)],
    ['its report is under way and ends in a refusal', (order) => order.hears(paid).hears(refunded).finish(isRefused)],
    [
      'its report is under way and consent keeps it back',
      (order) => order.hears(paid).hears(refunded).finish(isKeptBackByConsent),
    ],
    ['it needs attention', (order) => order.hears(paid).finish(isRefused).hears(refunded)],
    ['it was kept back', (order) => order.hears(paid).finish(isKeptBackByConsent).hears(refunded)],
    [
      'in several parts',
      (order) =>
        order.hears(
          refund('in_1', 1, { refundId: 'a', amountMinor: 999 }),
          refund('in_1', 1, { refundId: 'b', amountMinor: 1000 }),
          paid,
        ),
    ],
  ])('when %s', (_when, play) => {
    const order = play(new Order());
    expect(order.story()).toEqual({ in_1: neverSent });
    expect(toldTimes(order)).toBe(0);
  });

  it('and asks a report that is under way to stop, once', () => {
    const order = new Order().hears(paid).hears(refunded).hears(refunded).hears(paid);
    expect(order.cancelled).toEqual(['in_1']);
    expect(order.story()).toEqual({ in_1: 'conversion pending' });
  });

  it('unless the report got through after all', () => {
    const order = new Order().hears(paid).hears(refunded).finish();
    expect(order.story()).toEqual({ in_1: 'conversion sent' });
    expect(order.records()['in_1']?.refundedMinor).toBe(1999);
  });

  it('but stays a period: the next payment is a renewal', () => {
    const order = new Order().hears(paid, refunded, payment('renewal', 'in_2', 30)).finish();
    expect(order.story()).toEqual({ in_1: neverSent, in_2: 'renewal sent' });
  });

  it('and gives its phase up at once: an earlier payment heard with the refund is the conversion', () => {
    const order = new Order().hears(lifecycle('began', 0), payment('renewal', 'in_2', 37)).finish(isRefused);
    order.hears(payment('renewal', 'in_1', 7), refund('in_2', 40)).finish();
    expect(order.story()).toEqual({ in_1: 'conversion sent', in_2: 'renewal not_a_purchase refunded_before_sent' });
    expect(order.sent.map(({ record }) => record.phase)).toEqual(['conversion']);
  });

  it('unless an operator says otherwise: an operator’s resend always sends', () => {
    const order = new Order().hears(paid, refunded).resend('in_1');
    expect(order.cancelled).toEqual([]);
    expect(order.finish().story()).toEqual({ in_1: 'conversion sent' });
  });

  it('a refund during an operator’s resend does not stop it', () => {
    const order = new Order().hears(paid).finish(isRefused).resend('in_1').hears(refunded).finish();
    expect(order.cancelled).toEqual([]);
    expect(order.story()).toEqual({ in_1: 'conversion sent' });
  });
});

describe('a payment refunded after it was sent', () => {
  it('stays sent; the record says what went back', () => {
    const order = new Order().hears(paid).finish().hears(refunded).finish();
    expect(order.records()['in_1']).toMatchObject({ state: 'sent', refundedMinor: 1999, chargedMinor: 1999 });
    expect(toldTimes(order)).toBe(1);
  });

  it('a skipped one stays skipped', () => {
    expect(new Order().hears(paid).finish(isRefused).skip('in_1').hears(refunded).story()).toEqual({
      in_1: 'conversion skipped',
    });
  });
});

describe('a refund in part', () => {
  it('is recorded, and the purchase is sent all the same', () => {
    const order = new Order().hears(paid, refund('in_1', 1, { amountMinor: 500 })).finish();
    expect(order.records()['in_1']).toMatchObject({
      state: 'sent',
      refundedMinor: 500,
      value: { amountMinor: 1999, currency: 'USD' },
    });
  });

  it('told twice counts once', () => {
    const part = refund('in_1', 1, { amountMinor: 500 });
    expect(new Order().hears(paid, part).hears(part).records()['in_1']?.refundedMinor).toBe(500);
  });

  it('adds to another', () => {
    const parts = [
      refund('in_1', 1, { refundId: 'a', amountMinor: 500 }),
      refund('in_1', 1, { refundId: 'b', amountMinor: 700 }),
    ];
    expect(new Order().hears(paid, ...parts).records()['in_1']?.refundedMinor).toBe(1200);
  });

  it('never exceeds what was charged', () => {
    const parts = [
      refund('in_1', 1, { refundId: 'a', amountMinor: 1500 }),
      refund('in_1', 1, { refundId: 'b', amountMinor: 1500 }),
    ];
    expect(
      new Order()
        .hears(paid)
        .finish()
        .hears(...parts)
        .records()['in_1']?.refundedMinor,
    ).toBe(1999);
  });

  it('corrected later counts as it was last said, whichever is heard first', () => {
    const [first, corrected] = [refund('in_1', 1, { amountMinor: 500 }), refund('in_1', 2, { amountMinor: 700 })];
    expect(new Order().hears(paid, first).hears(corrected).records()['in_1']?.refundedMinor).toBe(700);
    expect(new Order().hears(paid, corrected).hears(first).records()['in_1']?.refundedMinor).toBe(700);
  });

  it('while its report is under way stops nothing', () => {
    const order = new Order().hears(paid).hears(refund('in_1', 1, { amountMinor: 500 }));
    expect(order.cancelled).toEqual([]);
    expect(order.finish().records()['in_1']).toMatchObject({ state: 'sent', refundedMinor: 500 });
  });

  it('of another payment says nothing of this one', () => {
    expect(new Order().hears(paid, refund('in_2', 1)).finish().records()['in_1']).toMatchObject({
      state: 'sent',
      refundedMinor: 0,
    });
  });

  it('alone makes no record: a refund is no payment', () => {
    expect(new Order().hears(refunded).story()).toEqual({});
  });
});

describe('a dispute', () => {
  it('takes back like a refund', () => {
    expect(new Order().hears(paid, dispute).story()).toEqual({ in_1: neverSent });
  });

  it.each([
    ['before it was heard of', [disputeWon, dispute]],
    ['after it was heard of', [dispute, disputeWon]],
  ])('that was won counts for nothing, also when that is told %s', (_when, facts) => {
    const order = new Order()
      .hears(paid)
      .finish()
      .hears(...facts);
    expect(order.records()['in_1']?.refundedMinor).toBe(0);
  });

  it('that was won lets the purchase be sent that it had kept back', () => {
    const order = new Order().hears(paid, dispute).finish();
    expect(toldTimes(order)).toBe(0);
    expect(order.hears(disputeWon).finish().story()).toEqual({ in_1: 'conversion sent' });
  });

  it.each<[string, (order: Order) => Order]>([
    ['needed attention', (order) => order.hears(paid).finish(isRefused).hears(dispute)],
    ['was stopped on its way', (order) => order.hears(paid).hears(dispute).finish(isStopped)],
    ['was refused on its way', (order) => order.hears(paid).hears(dispute).finish(isRefused)],
  ])('that was won lets the purchase be sent that %s', (_what, play) => {
    const order = play(new Order());
    expect(order.story()).toEqual({ in_1: neverSent });
    expect(order.hears(disputeWon).finish().story()).toEqual({ in_1: 'conversion sent' });
  });

  it('that was won before the report could be stopped lets it be sent as well', () => {
    const order = new Order().hears(paid).hears(dispute).hears(disputeWon).finishOne('in_1', isStopped);
    expect(order.finish().story()).toEqual({ in_1: 'conversion sent' });
  });

  it('that was won does not undo a refund', () => {
    const order = new Order().hears(paid).finish().hears(dispute, disputeWon, refunded);
    expect(order.records()['in_1']?.refundedMinor).toBe(1999);
  });

  it('that was won is decided with the limit of then: it waits for the first place like any other', () => {
    const order = new Order('sub_1', undefined, limitOn).hears(payment('trial_start', 'in_0', 0), dispute, {
      ...paid,
      occurredAtMs: paid.occurredAtMs + 1,
    });
    expect(order.finish().hears(disputeWon).finish().story()).toEqual({
      in_0: 'trial_start sent',
      in_1: 'conversion suppressed limited',
    });
  });
});

describe('a failed payment', () => {
  const failed = lifecycle('payment_failed', 0, { moneyId: 'in_1', amountMinor: 1999, currency: 'USD' });

  it('that is paid later is a purchase', () => {
    expect(new Order().hears(failed).finish().hears(paid).finish().story()).toEqual({ in_1: 'conversion sent' });
  });

  it('that is heard of after it was paid changes nothing', () => {
    const order = new Order().hears(paid).finish();
    const before = order.records();
    expect(order.hears(failed).finish().records()).toEqual(before);
    expect(toldTimes(order)).toBe(1);
  });

  it('is decided with the settings of the payment, not of the attempt that failed', () => {
    const order = new Order('sub_1', undefined, limitOn).hears(payment('conversion', 'in_0', -30)).finish();
    order.hearsWith({ settings: { ...limitOn, version: 9, limitPurchaseEvents: false }, tooOld: true }, failed);
    expect(
      order
        .hears({ ...paid, kind: 'renewal' })
        .finish()
        .records()['in_1'],
    ).toMatchObject({
      reason: 'limited',
      settingsVersion: limitOn.version,
    });
  });

  it('happened when its first attempt failed', () => {
    const order = new Order().hears(lifecycle('payment_failed', 3, { moneyId: 'in_1' }), failed);
    expect(order.records()['in_1']?.occurredAtMs).toBe(failed.occurredAtMs);
  });

  it('cannot be sent, not even by an operator: there is nothing to tell', () => {
    const order = new Order().hears(failed).resend('in_1');
    expect(order.underWay).toEqual([]);
    expect(order.story()).toEqual({ in_1: 'not_a_purchase payment_failed' });
  });
});
