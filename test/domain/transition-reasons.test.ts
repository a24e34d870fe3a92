/** What is recorded as `not_a_purchase` or `suppressed`, and why: product.md, section 2. */
import type { SubscriptionFact } from '../../src/domain/fact';
import type { DecidingSettings } from '../../src/domain/settings';
import { lifecycle, limitOff, limitOn, Order, payment, refund } from '../support/order-scenario';

const sendZero: DecidingSettings = { ...limitOff, version: 4, sendZeroValue: true };
const renewalsOff: DecidingSettings = {
  ...limitOff,
  version: 5,
  policy: { ...limitOff.policy, subscription: { ...limitOff.policy.subscription, renewal: { send: false } } },
};

const start = payment('conversion', 'in_1', 0);

function outcome(settings: DecidingSettings, ...facts: SubscriptionFact[]): string | undefined {
  return new Order('sub_1', undefined, settings)
    .receives(...facts)
    .finish()
    .outcomes()['in_9'];
}

describe('not a purchase', () => {
  it.each<[string, SubscriptionFact[], string]>([
    ['a proration', [payment('other_charge', 'in_9', 1, { otherCharge: 'proration' })], 'not_a_purchase proration'],
    ['a plan change', [payment('other_charge', 'in_9', 1, { otherCharge: 'plan_change' })], 'not_a_purchase plan_change'],
    ['overage', [payment('other_charge', 'in_9', 1, { otherCharge: 'overage' })], 'not_a_purchase overage'],
    [
      'a change of payment method',
      [payment('other_charge', 'in_9', 1, { otherCharge: 'payment_method_change' })],
      'not_a_purchase payment_method_change',
    ],
    ['any other charge', [payment('other_charge', 'in_9', 1)], 'not_a_purchase other_charge'],
    [
      'a failed payment',
      [lifecycle('payment_failed', 1, { moneyId: 'in_9', amountMinor: 1999 })],
      'not_a_purchase payment_failed',
    ],
    [
      'a payment refunded before it was sent',
      [payment('renewal', 'in_9', 1), refund('in_9', 2)],
      'renewal not_a_purchase refunded_before_sent',
    ],
    ['a price whose role is ignore', [payment('renewal', 'in_9', 1, { role: 'ignore' })], 'not_a_purchase ignored_price'],
    ['a renewal of zero', [payment('renewal', 'in_9', 1, { amountMinor: 0 })], 'renewal not_a_purchase zero_amount'],
    [
      'a conversion of zero',
      [lifecycle('began', 0), payment('conversion', 'in_9', 1, { amountMinor: 0 })],
      'conversion not_a_purchase zero_amount',
    ],
    ['a one-off of zero', [payment('one_off', 'in_9', 1, { amountMinor: 0 })], 'conversion not_a_purchase zero_amount'],
  ])('is %s', (_what, facts, reason) => {
    expect(outcome(limitOff, ...facts)).toBe(reason);
    expect(outcome(limitOn, ...facts)).toBe(reason);
  });

  it.each<[string, SubscriptionFact[], string]>([
    ['a trial start of zero', [payment('trial_start', 'in_9', 0, { amountMinor: 0 })], 'trial_start sent'],
    ['a payment of one cent', [start, payment('renewal', 'in_9', 1, { amountMinor: 1 })], 'renewal sent'],
    [
      'a payment refunded in part',
      [start, payment('renewal', 'in_9', 1), refund('in_9', 2, { amountMinor: 1998 })],
      'renewal sent',
    ],
    ['a payment of a price with another role', [start, payment('renewal', 'in_9', 1, { role: 'regular' })], 'renewal sent'],
    ['a payment of which another was refunded', [start, refund('in_1', 1), payment('renewal', 'in_9', 1)], 'renewal sent'],
  ])('but %s is one', (_what, facts, sent) => {
    expect(outcome(limitOff, ...facts)).toBe(sent);
  });

  it('a failed attempt to charge without an id makes no record', () => {
    expect(new Order().receives(start, lifecycle('payment_failed', 1)).finish().outcomes()).toEqual({ in_1: 'conversion sent' });
  });

  it('the record of a failed payment says that nothing was charged', () => {
    const order = new Order().receives(lifecycle('payment_failed', 1, { moneyId: 'in_9', amountMinor: 1999, currency: 'EUR' }));
    expect(order.records()['in_9']).toMatchObject({ chargedMinor: 0, currency: 'EUR', value: null, phase: null });
  });
});

describe('a zero amount', () => {
  const zeroConversion = payment('renewal', 'in_1', 7, { amountMinor: 0 });
  const trialStart = payment('trial_start', 'in_0', 0, { amountMinor: 0 });

  it('still counts as a period: what follows is a renewal', () => {
    const order = new Order().receives(trialStart, zeroConversion, payment('renewal', 'in_2', 37)).finish();
    expect(order.outcomes()).toEqual({
      in_0: 'trial_start sent',
      in_1: 'conversion not_a_purchase zero_amount',
      in_2: 'renewal sent',
    });
  });

  it('is sent by the setting sendZeroValue, with value 0', () => {
    const order = new Order('sub_1', undefined, sendZero).receives(trialStart, zeroConversion).finish();
    expect(order.outcomes()['in_1']).toBe('conversion sent');
    expect(order.records()['in_1']?.value).toEqual({ amountMinor: 0, currency: 'USD' });
  });

  it('is sent by that setting only where nothing else keeps it back', () => {
    expect(outcome({ ...sendZero, limitPurchaseEvents: true }, start, payment('renewal', 'in_9', 1, { amountMinor: 0 }))).toBe(
      'renewal suppressed limited',
    );
  });

  it('cannot be refunded', () => {
    expect(outcome(limitOff, payment('trial_start', 'in_9', 0, { amountMinor: 0 }), refund('in_9', 1))).toBe('trial_start sent');
  });
});

describe('suppressed', () => {
  it.each<[string, DecidingSettings, SubscriptionFact[], string]>([
    ['by the limit', limitOn, [start, payment('renewal', 'in_9', 1)], 'renewal suppressed limited'],
    ['by a cell with send: false', renewalsOff, [start, payment('renewal', 'in_9', 1)], 'renewal suppressed policy'],
    [
      'by such a cell rather than by the limit',
      { ...renewalsOff, limitPurchaseEvents: true },
      [start, payment('renewal', 'in_9', 1)],
      'renewal suppressed policy',
    ],
    [
      'by no other row’s cell',
      renewalsOff,
      [payment('trial_start', 'in_0', 0), payment('conversion', 'in_1', 7), payment('renewal', 'in_9', 37)],
      'renewal sent',
    ],
  ])('%s', (_why, settings, facts, reason) => {
    expect(outcome(settings, ...facts)).toBe(reason);
  });

  it('by the age limit, as it was when the fact was accepted', () => {
    const order = new Order().receivesWith({ tooOld: true }, start).receives(start).finish();
    expect(order.outcomes()['in_1']).toBe('conversion suppressed too_old');
    expect(new Order().receives(start).receivesWith({ tooOld: true }, start).finish().outcomes()['in_1']).toBe('conversion sent');
  });

  it('a payment too old is still a period: the next one is a renewal', () => {
    const order = new Order()
      .receivesWith({ tooOld: true }, start)
      .receives(payment('renewal', 'in_9', 30))
      .finish();
    expect(order.outcomes()).toEqual({ in_1: 'conversion suppressed too_old', in_9: 'renewal sent' });
  });

  it('is never sent to TikTok', () => {
    const order = new Order('sub_1', undefined, renewalsOff).receives(start, payment('renewal', 'in_9', 1));
    expect(order.underWay.map(({ record }) => record.moneyId)).toEqual(['in_1']);
  });
});
