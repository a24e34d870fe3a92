/** Which payments wait for another event, what ends the wait, and when it ends by itself. */
import type { Awaited, PaymentFact, SubscriptionFact } from '../../src/domain/fact';
import { nextDue, stateWaitMs } from '../../src/domain/transition';
import { OtherPayments, waitsUntilMs } from '../../src/domain/transition/waiting';
import type { Acceptance } from '../../src/domain/observe';
import { day, FirstPurchases, lifecycle, limitOff, Order, payment, refund, t0, userKey } from '../support/order-scenario';

/** An order of a buyer whom no identifier of the merchant names. */
function anonymousOrder(): Order {
  return new Order('sub_1', new FirstPurchases(), limitOff, { userKeys: [{ kind: 'order', hmac: 'hmac-of-sub_1' }] });
}

function waiting(awaits: readonly Awaited[], more: Partial<PaymentFact> = {}): PaymentFact {
  return payment('conversion', 'in_1', 0, { awaits, ...more });
}

function isWaiting(order: Order, moneyId = 'in_1'): boolean {
  return order.state.payments[moneyId]?.progress?.state === 'waiting';
}

const counted = { saidAtMs: t0, startsAtMs: t0, trialsLeft: [], trialsBilled: 0, regularBilled: 1 };

describe.each<[Awaited, readonly [string, SubscriptionFact][], readonly [string, SubscriptionFact][]]>([
  [
    'trial',
    [
      ['that there is none', lifecycle('began', 0, { trials: [] })],
      ['of one', lifecycle('began', 0, { trials: [{ startsAtMs: t0, endsAtMs: t0 + 7 * day }] })],
      ['of one, in any event', lifecycle('updated', 0, { trials: [{ endsAtMs: t0 + 7 * day }] })],
      ['that all was told', lifecycle('began', 0, { tells: ['trial'] })],
    ],
    [
      ['that it began', lifecycle('began', 0)],
      // PayPal's says itself when it tells of the trial.
      ['of billed cycles', lifecycle('updated', 0, { cycles: counted })],
      ['of something else', lifecycle('updated', 0, { tells: ['buyer', 'order', 'charge'] })],
    ],
  ],
  [
    'buyer',
    [['that all was told', lifecycle('updated', 0, { tells: ['buyer'] })]],
    [
      ['of a trial', lifecycle('began', 0, { trials: [] })],
      ['of something else', lifecycle('updated', 0, { tells: ['trial', 'order', 'charge'] })],
    ],
  ],
  [
    'order',
    [['that it is its own', lifecycle('updated', 0, { tells: ['order'] })]],
    [
      ['of a trial', lifecycle('began', 0, { trials: [] })],
      ['of something else', lifecycle('updated', 0, { tells: ['trial', 'buyer', 'charge'] })],
    ],
  ],
  [
    'charge',
    [['that there is none', lifecycle('updated', 0, { tells: ['charge'] })]],
    [
      ['of a trial', lifecycle('began', 0, { trials: [{ startsAtMs: t0 }] })],
      ['of something else', lifecycle('updated', 0, { tells: ['trial', 'buyer', 'order'] })],
    ],
  ],
])('a payment that waits for the %s', (awaited, telling, saying) => {
  it('is sent after 20 seconds, not before', () => {
    const order = anonymousOrder().receives(waiting([awaited]));
    expect(nextDue(order.state)?.untilMs).toBe(t0 + stateWaitMs);
    order.nowMs = t0 + stateWaitMs - 1;
    expect(isWaiting(order.applies([]))).toBe(true);
    order.nowMs = t0 + stateWaitMs;
    expect(order.applies([]).finish().outcomes()).toEqual({ in_1: 'conversion sent' });
    expect(nextDue(order.state)).toBeNull();
  });

  it.each(telling)('is decided at the word %s, whichever comes first', (_, fact) => {
    const after = anonymousOrder().receives(waiting([awaited]));
    expect(isWaiting(after)).toBe(true);
    expect(isWaiting(after.receives(fact))).toBe(false);
    expect(
      isWaiting(
        anonymousOrder()
          .receives(fact)
          .receives(waiting([awaited])),
      ),
    ).toBe(false);
  });

  it.each(saying)('waits on at the word %s', (_, fact) => {
    expect(
      isWaiting(
        anonymousOrder()
          .receives(waiting([awaited]))
          .receives(fact),
      ),
    ).toBe(true);
    expect(
      isWaiting(
        anonymousOrder()
          .receives(fact)
          .receives(waiting([awaited])),
      ),
    ).toBe(true);
  });

  it('waits as long as its fact says', () => {
    const order = anonymousOrder().receives(waiting([awaited], { patienceMs: 90_000 }));
    expect(nextDue(order.state)?.untilMs).toBe(t0 + 90_000);
    order.nowMs = t0 + stateWaitMs;
    expect(isWaiting(order.applies([]))).toBe(true);
    order.nowMs = t0 + 90_000;
    expect(isWaiting(order.applies([]))).toBe(false);
  });

  it('waits no longer than for another event out of order, if it was accepted late', () => {
    const order = anonymousOrder();
    order.nowMs = t0 + 30_000;
    order.receives(waiting([awaited], { patienceMs: 90_000 }));
    expect(nextDue(order.state)?.untilMs).toBe(t0 + 90_000);
    const late = anonymousOrder();
    late.nowMs = t0 + day;
    late.receives(waiting([awaited], { patienceMs: 90_000 }));
    expect(nextDue(late.state)?.untilMs).toBe(t0 + day + stateWaitMs);
  });

  it('counts from its acceptance, not from when it happened, and not from a repetition', () => {
    const order = anonymousOrder();
    order.nowMs = t0 + day;
    order.receives(waiting([awaited]));
    expect(nextDue(order.state)?.untilMs).toBe(t0 + day + stateWaitMs);
    order.nowMs += 5_000;
    order.receives(waiting([awaited]));
    expect(nextDue(order.state)?.untilMs).toBe(t0 + day + stateWaitMs);
  });

  it('waits no more where another event of the payment need not', () => {
    const order = anonymousOrder().receives(waiting([awaited]));
    expect(isWaiting(order.receives(payment('renewal', 'in_1', 0)))).toBe(false);
  });

  it('does not wait when it was given back', () => {
    expect(
      isWaiting(
        anonymousOrder()
          .receives(refund('in_1', 0))
          .receives(waiting([awaited])),
      ),
    ).toBe(false);
    const order = anonymousOrder()
      .receives(waiting([awaited]))
      .receives(refund('in_1', 0));
    expect(order.outcomes()).toEqual({ in_1: 'conversion not_a_purchase refunded_before_sent' });
  });
});

it('a payment that waits for nothing is decided at once', () => {
  expect(isWaiting(anonymousOrder().receives(payment('conversion', 'in_1', 0)))).toBe(false);
  expect(isWaiting(anonymousOrder().receives(waiting([])))).toBe(false);
});

it('of several things all must be told', () => {
  const order = anonymousOrder().receives(waiting(['trial', 'buyer']));
  expect(isWaiting(order.receives(lifecycle('began', 0, { trials: [] })))).toBe(true);
  expect(isWaiting(order.receives(lifecycle('updated', 0, { tells: ['buyer'] })))).toBe(false);
});

it('a role of the price tells whether it is a trial’s, and tells nothing else', () => {
  expect(isWaiting(anonymousOrder().receives(waiting(['trial'], { role: 'regular' })))).toBe(false);
  expect(isWaiting(anonymousOrder().receives(waiting(['trial'], { role: 'regular', kind: 'renewal' })))).toBe(true);
  expect(isWaiting(anonymousOrder().receives(waiting(['trial'], { role: 'trial', kind: 'renewal' })))).toBe(false);
  expect(isWaiting(anonymousOrder().receives(waiting(['buyer'], { role: 'regular' })))).toBe(true);
  expect(isWaiting(anonymousOrder().receives(waiting(['order'], { role: 'regular' })))).toBe(true);
});

it('a declared type does not tell whether it is a trial’s', () => {
  expect(isWaiting(anonymousOrder().receives(waiting(['trial'], { declaredType: 'paid_trial' })))).toBe(true);
});

describe('the buyer', () => {
  it.each<[string, Partial<Acceptance>, boolean]>([
    ['a user id', { userKeys: [userKey] }, true],
    ['a checkout that is the order’s', { checkoutId: 'c1' }, true],
    ['a checkout’s key', { userKeys: [{ kind: 'checkout', hmac: 'hmac-of-c1' }] }, true],
    ['an e-mail, which every payment has', { userKeys: [{ kind: 'email', hmac: 'hmac-of-email' }] }, false],
    ['nothing', {}, false],
  ])('is known by %s: %j', (_, accepted, isKnown) => {
    expect(isWaiting(anonymousOrder().receivesWith(accepted, waiting(['buyer'])))).toBe(!isKnown);
    const later = anonymousOrder()
      .receives(waiting(['buyer']))
      .receivesWith(accepted, lifecycle('updated', 0));
    expect(isWaiting(later)).toBe(!isKnown);
  });

  it('being known does not tell of a trial', () => {
    expect(isWaiting(new Order().receives(waiting(['trial'])))).toBe(true);
  });
});

describe('only the first payment of an order waits', () => {
  const later = (awaited: Awaited): PaymentFact => payment('renewal', 'in_2', 30, { awaits: [awaited] });
  const settled = (): Order => {
    const order = anonymousOrder()
      .receives(payment('conversion', 'in_1', 0))
      .finish();
    order.nowMs = t0 + 30 * day;
    return order;
  };

  it.each(['trial', 'buyer'] as const)('for the %s: what it is follows from the one before', (awaited) => {
    expect(isWaiting(settled().receives(later(awaited)), 'in_2')).toBe(false);
  });

  it.each(['order', 'charge'] as const)('except for the %s, which may come of any', (awaited) => {
    expect(isWaiting(settled().receives(later(awaited)), 'in_2')).toBe(true);
  });

  it('and one beside it, while the earlier one waits as well', () => {
    const order = anonymousOrder().receives(waiting(['trial']), later('trial'));
    expect([isWaiting(order, 'in_1'), isWaiting(order, 'in_2')]).toEqual([true, true]);
  });

  it('also where only an attempt to charge failed before', () => {
    const order = anonymousOrder().receives(lifecycle('payment_failed', 0, { moneyId: 'in_0' }));
    expect(isWaiting(order.receives(waiting(['trial'], { occurredAtMs: t0 + day })))).toBe(true);
  });

  it('also where a later one was decided before it arrived', () => {
    const order = settled().receives(payment('conversion', 'in_0', -1, { awaits: ['trial'] }));
    expect(isWaiting(order, 'in_0')).toBe(true);
  });
});

it('says until when, whatever the time is', () => {
  const fact = waiting(['trial']);
  const { state } = anonymousOrder().receives(fact);
  const one = state.payments['in_1']!;
  const alone = new OtherPayments([one]);
  expect(waitsUntilMs(state, one, fact, alone)).toBe(t0 + stateWaitMs);
  expect(waitsUntilMs(state, one, { ...fact, patienceMs: 1 }, alone)).toBe(t0 + 1);
  expect(waitsUntilMs(state, one, { ...fact, awaits: [] }, alone)).toBeNull();
  expect(waitsUntilMs({ ...state, context: { ...state.context, told: ['trial'] } }, one, fact, alone)).toBeNull();
});
