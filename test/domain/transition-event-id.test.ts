/** `event_id` and the rest of an event: derived, never drawn (product.md, section 6; interface.md, "PSP metadata keys"). */
import type { SubscriptionFact } from '../../src/domain/fact';
import { freeTrialMoneyId } from '../../src/domain/fact';
import { derivedEventId } from '../../src/domain/purchase';
import { refused, lifecycle, Order, payment, t0 } from '../support/order-scenario';

const checkoutId = 'chk_1';
const freeStart = payment('trial_start', 'in_0', 0, { amountMinor: 0 });
const conversion = payment('conversion', 'in_1', 7);
const renewal = payment('renewal', 'in_2', 37);

/** Money id → event id, of the events that were sent. */
function eventIdsOf(order: Order): Record<string, string> {
  return Object.fromEntries(order.sent.map(({ record }) => [record.moneyId, record.eventId]));
}

function eventIds(accepted: { checkoutId?: string }, ...facts: SubscriptionFact[]): Record<string, string> {
  const order = new Order('sub_1', undefined, undefined, accepted);
  for (const fact of facts) order.receives(fact).finish();
  return eventIdsOf(order);
}

describe('without a checkout id', () => {
  it('an event id is the provider and the payment’s id', () => {
    expect(derivedEventId('stripe', 'in_123')).toBe('stripe:in_123');
    expect(eventIds({}, freeStart, conversion, renewal)).toEqual({
      in_0: 'stripe:in_0',
      in_1: 'stripe:in_1',
      in_2: 'stripe:in_2',
    });
  });

  it('a free trial’s start without a payment of its own uses the subscription’s id', () => {
    const moneyId = freeTrialMoneyId('sub_1');
    expect(eventIds({}, { ...freeStart, moneyId })).toEqual({ 'sub_1:trial': 'stripe:sub_1:trial' });
  });

  it('the same payment has the same event id, however it arrives', () => {
    expect(eventIds({}, renewal)['in_2']).toBe(eventIds({}, freeStart, conversion, renewal, renewal)['in_2']);
  });
});

describe('the checkout id', () => {
  it.each<[string, SubscriptionFact[], Record<string, string>]>([
    [
      'the trial start of a free trial',
      [freeStart, conversion, renewal],
      { in_0: checkoutId, in_1: 'stripe:in_1', in_2: 'stripe:in_2' },
    ],
    [
      'the trial start of a paid trial',
      [payment('trial_start', 'in_0', 0), conversion],
      { in_0: checkoutId, in_1: 'stripe:in_1' },
    ],
    ['the start of a plain subscription', [payment('conversion', 'in_0', 0), renewal], { in_0: checkoutId, in_2: 'stripe:in_2' }],
    ['a one-off', [payment('one_off', 'pi_1', 0)], { pi_1: checkoutId }],
  ])('is the event id of %s, and of no later phase', (_what, facts, ids) => {
    expect(eventIds({ checkoutId }, ...facts)).toEqual(ids);
  });

  it.each<[string, SubscriptionFact[], Record<string, string>]>([
    [
      'a conversion whose trial start nobody saw',
      [lifecycle('updated', 0, { trials: [{}] }), { ...conversion, kind: 'conversion' }],
      { in_1: 'stripe:in_1' },
    ],
    ['a renewal whose beginning nobody saw', [renewal], { in_2: 'stripe:in_2' }],
  ])('is not that of %s', (_what, facts, ids) => {
    expect(eventIds({ checkoutId }, ...facts)).toEqual(ids);
  });

  it('counts for facts queued together too', () => {
    const order = new Order('sub_1', undefined, undefined, { checkoutId }).receives(renewal, conversion, freeStart).finish();
    expect(eventIdsOf(order)).toEqual({ in_0: checkoutId, in_1: 'stripe:in_1', in_2: 'stripe:in_2' });
  });

  it('may come with a fact that is no payment', () => {
    const order = new Order().receivesWith({ checkoutId }, lifecycle('began', 0)).receives(freeStart).finish();
    expect(eventIdsOf(order)).toEqual({ in_0: checkoutId });
  });

  it('that comes first stays: another one of the same order changes nothing', () => {
    const order = new Order()
      .receivesWith({ checkoutId }, lifecycle('began', 0))
      .receivesWith({ checkoutId: 'chk_2' }, freeStart)
      .finish();
    expect(eventIdsOf(order)).toEqual({ in_0: checkoutId });
  });

  it('is never used twice, although the first phase turns out to be another payment', () => {
    // Sent as a plain subscription's start; then a trial comes to light, whose start happened before.
    const order = new Order('sub_1', undefined, undefined, { checkoutId })
      .receives(conversion)
      .finish()
      .receives(freeStart)
      .finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent' });
    expect(eventIdsOf(order)).toEqual({ in_1: checkoutId, in_0: 'stripe:in_0' });
  });

  it('is left to the payment that is still being sent under it', () => {
    const order = new Order('sub_1', undefined, undefined, { checkoutId }).receives(conversion).receives(freeStart).finish();
    expect(eventIdsOf(order)).toEqual({ in_1: checkoutId, in_0: 'stripe:in_0' });
  });

  it('is free again when the payment that would have had it was never sent', () => {
    const order = new Order('sub_1', undefined, undefined, { checkoutId });
    order.receivesWith({ tooOld: true, checkoutId }, conversion).receives(freeStart).finish();
    expect(eventIdsOf(order)).toEqual({ in_0: checkoutId });
  });

  it('that comes late does not change the event id of what was sent', () => {
    const order = new Order().receives(freeStart).finish();
    order.receivesWith({ checkoutId }, freeStart).receives(conversion).finish();
    expect(eventIdsOf(order)).toEqual({ in_0: 'stripe:in_0', in_1: 'stripe:in_1' });
    expect(order.records()['in_0']?.eventId).toBe('stripe:in_0');
  });
});

describe('an event that was sent once stays the same when it is sent again', () => {
  it.each([
    ['after it was sent', undefined],
    ['after a refusal, since an earlier attempt may have got through', refused],
  ])('event id and name, also with a checkout id learned since: %s', (_when, end) => {
    const order = new Order().receives(freeStart).finish(end);
    order.receivesWith({ checkoutId }, lifecycle('updated', 1)).resend('in_0').finish();
    expect(order.sent.at(-1)?.record).toMatchObject({ eventId: 'stripe:in_0', eventName: 'CompletePayment' });
  });

  it('an event that was never sent has its present values', () => {
    const order = new Order().receivesWith({ tooOld: true }, freeStart);
    order.receivesWith({ checkoutId }, lifecycle('updated', 1)).resend('in_0').finish();
    expect(order.sent.at(-1)?.record.eventId).toBe(checkoutId);
  });

  it('the time is when the provider says it happened', () => {
    const order = new Order();
    order.nowMs = t0 + 999_999_999;
    expect(order.receives(conversion).underWay[0]?.record.occurredAtMs).toBe(conversion.occurredAtMs);
  });
});
