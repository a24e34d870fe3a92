/** *Limit Purchase Events*, sentence by sentence: product.md, section 3. */
import fc from 'fast-check';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import type { LimitVerdict } from '../../src/domain/limit';
import { limit } from '../../src/domain/limit';
import type { PaymentRef } from '../../src/domain/purchase';
import type { DecidingSettings } from '../../src/domain/settings';
import type { FirstPurchaseClaim } from '../../src/domain/subscription';
import {
  accepted,
  suppressedByConsent,
  refused,
  cancelled,
  lifecycle,
  limitOff,
  limitOn,
  Order,
  payment,
  FirstPurchases,
  refund,
} from '../support/order-scenario';
import { runs } from '../support/effort';

const firstOrderOnly: DecidingSettings = { ...limitOn, version: 3, limitFreeTrials: 'first_order' };

const freeStart = payment('trial_start', 'in_0', 0, { amountMinor: 0 });
const paidStart = payment('trial_start', 'in_0', 0, { amountMinor: 100 });
const conversion = payment('conversion', 'in_1', 7);
const renewal = payment('renewal', 'in_2', 37);

const ref = (subscription: string, moneyId: string): PaymentRef => ({ psp: 'stripe', subscription, moneyId });

/** The same user's plain subscription, sent and remembered as the first purchase. */
function boughtBefore(firstPurchases: FirstPurchases, settings = limitOff): Order {
  return new Order('sub_before', firstPurchases, settings).receives(payment('conversion', 'in_before', -30)).finish();
}

describe('rule 1: a renewal', () => {
  it.each([
    ['of a plain subscription', [payment('conversion', 'in_1', 0), renewal]],
    ['of a free trial', [freeStart, conversion, renewal]],
    ['of a paid trial', [paidStart, conversion, renewal]],
    ['whose beginning is unknown, while nobody holds the first purchase', [renewal]],
  ])('%s is suppressed', (_of, facts) => {
    const order = new Order('sub_1', undefined, limitOn).receives(...facts).finish();
    expect(order.outcomes()['in_2']).toBe('renewal suppressed limited');
    expect(order.sent.map(({ record }) => record.moneyId)).not.toContain('in_2');
  });

  it('names the purchase that came first', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(paidStart).finish().receives(renewal).finish();
    expect(order.receives(payment('renewal', 'in_3', 67)).records()['in_3']?.heldBy).toEqual(ref('sub_1', 'in_0'));
  });

  it('names nobody where nobody is known', () => {
    expect(new Order('sub_1', undefined, limitOn).receives(renewal).records()['in_2']?.heldBy).toBeNull();
  });

  it('does not claim it: another order’s first purchase is sent', () => {
    const firstPurchases = new FirstPurchases();
    new Order('sub_1', firstPurchases, limitOn).receives(renewal).finish();
    expect(
      new Order('sub_2', firstPurchases, limitOn)
        .receives(payment('conversion', 'in_9', 1))
        .finish()
        .outcomes()['in_9'],
    ).toBe('conversion sent');
  });
});

describe('rule 2: a free trial', () => {
  it('sends trial start and conversion also when another order holds the first purchase', () => {
    const firstPurchases = new FirstPurchases();
    boughtBefore(firstPurchases);
    const order = new Order('sub_1', firstPurchases, limitOn).receives(freeStart).finish().receives(conversion).finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent' });
  });

  it('sends each of the two once, however often it is reported', () => {
    const order = new Order('sub_1', undefined, limitOn);
    for (const fact of [freeStart, freeStart, conversion, freeStart, conversion]) order.receives(fact).finish();
    expect(order.sent.map(({ record }) => record.moneyId)).toEqual(['in_0', 'in_1']);
  });

  it('takes the first purchase if nobody holds it', () => {
    const firstPurchases = new FirstPurchases();
    new Order('sub_1', firstPurchases, limitOn).receives(freeStart).finish();
    const next = new Order('sub_2', firstPurchases, limitOn).receives(payment('conversion', 'in_9', 3)).finish();
    expect(next.records()['in_9']).toMatchObject({ state: 'suppressed', reason: 'limited', heldBy: ref('sub_1', 'in_0') });
  });

  it('does not take the first purchase of another order', () => {
    const firstPurchases = new FirstPurchases();
    boughtBefore(firstPurchases);
    new Order('sub_1', firstPurchases, limitOn).receives(freeStart).finish();
    const next = new Order('sub_2', firstPurchases, limitOn).receives(payment('conversion', 'in_9', 3)).finish();
    expect(next.records()['in_9']?.heldBy).toEqual(ref('sub_before', 'in_before'));
  });

  describe('with limitFreeTrials: first_order', () => {
    it('sends both of the user’s first order', () => {
      const order = new Order('sub_1', undefined, firstOrderOnly).receives(freeStart).finish().receives(conversion).finish();
      expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent' });
    });

    it('sends neither of a later order, and names the purchase that came first', () => {
      const firstPurchases = new FirstPurchases();
      boughtBefore(firstPurchases);
      const order = new Order('sub_1', firstPurchases, firstOrderOnly).receives(freeStart).finish().receives(conversion).finish();
      expect(order.outcomes()).toEqual({ in_0: 'trial_start suppressed limited', in_1: 'conversion suppressed limited' });
      expect(order.records()['in_1']?.heldBy).toEqual(ref('sub_before', 'in_before'));
    });

    it('sends neither of a later order, also when the conversion comes while the trial start waits to be sent', () => {
      const firstPurchases = new FirstPurchases();
      boughtBefore(firstPurchases);
      const order = new Order('sub_1', firstPurchases, firstOrderOnly).receives(freeStart).receives(conversion).finish();
      expect(order.outcomes()).toEqual({ in_0: 'trial_start suppressed limited', in_1: 'conversion suppressed limited' });
      expect(order.sent).toEqual([]);
    });

    it('sends both of the first order, also when the conversion comes while the trial start waits to be sent', () => {
      const order = new Order('sub_1', undefined, firstOrderOnly).receives(freeStart).receives(conversion).finish();
      expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent' });
    });

    it('does not restrict a first order that paid before the limit was on', () => {
      const firstPurchases = new FirstPurchases();
      const order = new Order('sub_1', firstPurchases, limitOff).receives(freeStart).finish();
      expect(order.receivesWith({ settings: firstOrderOnly }, conversion).finish().outcomes()['in_1']).toBe('conversion sent');
    });
  });
});

describe('rule 3: anything else', () => {
  it.each([
    ['a plain subscription’s start', payment('conversion', 'in_1', 0)],
    ['a paid trial’s start', payment('trial_start', 'in_1', 0, { amountMinor: 100 })],
    ['a one-off', payment('one_off', 'in_1', 0)],
  ])('%s is sent if nobody holds the first purchase, and then holds it', (_what, fact) => {
    const firstPurchases = new FirstPurchases();
    expect(new Order('sub_1', firstPurchases, limitOn).receives(fact).finish().sent).toHaveLength(1);
    const next = new Order('sub_2', firstPurchases, limitOn).receives(payment('one_off', 'pi_2', 1)).finish();
    expect(next.records()['pi_2']).toMatchObject({ state: 'suppressed', reason: 'limited', heldBy: ref('sub_1', 'in_1') });
  });

  it.each([
    ['a plain subscription’s start', payment('conversion', 'in_1', 0)],
    ['a paid trial’s start', payment('trial_start', 'in_1', 0, { amountMinor: 100 })],
    ['a one-off', payment('one_off', 'in_1', 0)],
  ])('%s is suppressed if another order holds it', (_what, fact) => {
    const firstPurchases = new FirstPurchases();
    boughtBefore(firstPurchases);
    const order = new Order('sub_1', firstPurchases, limitOn).receives(fact).finish();
    expect(order.records()['in_1']).toMatchObject({
      state: 'suppressed',
      reason: 'limited',
      heldBy: ref('sub_before', 'in_before'),
    });
    expect(order.sent).toEqual([]);
  });

  it('of another user is sent: the limit is per user', () => {
    const firstPurchases = new FirstPurchases();
    boughtBefore(firstPurchases);
    const order = new Order('sub_1', firstPurchases, limitOn, { userKeys: [{ kind: 'user_id', hmac: 'hmac-of-u2' }] });
    expect(
      order
        .receives(payment('conversion', 'in_1', 0))
        .finish()
        .outcomes()['in_1'],
    ).toBe('conversion sent');
  });

  it('of a paid trial lets the trial start go and not its conversion, which names it', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(paidStart).finish().receives(conversion).finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion suppressed limited' });
    expect(order.records()['in_1']?.heldBy).toEqual(ref('sub_1', 'in_0'));
  });

  it('that is the first purchase itself is sent again: repeated, refused, sent by an operator', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(conversion).finish(refused).receives(conversion);
    expect(order.resend('in_1').finish().outcomes()['in_1']).toBe('conversion sent');
  });
});

describe('the flag is read when a fact is accepted, and travels with it', () => {
  it('a repetition after the limit was switched on does not change what was decided', () => {
    const order = new Order('sub_1', undefined, limitOff).receives(conversion, renewal);
    order.receivesWith({ settings: limitOn }, renewal).finish();
    expect(order.records()['in_2']).toMatchObject({ state: 'sent', settingsVersion: limitOff.version });
  });

  it('nor does one after it was switched off', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(conversion, renewal).finish();
    order.receivesWith({ settings: { ...limitOff, version: 3 } }, renewal).finish();
    expect(order.records()['in_2']).toMatchObject({ state: 'suppressed', reason: 'limited', settingsVersion: limitOn.version });
  });

  it('nor does another reading of the same payment', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(conversion, renewal).finish();
    order.receivesWith({ settings: { ...limitOff, version: 3 } }, { ...renewal, netMinor: 1680 }).finish();
    expect(order.outcomes()['in_2']).toBe('renewal suppressed limited');
  });

  it('a new fact is decided with the settings of its own time', () => {
    const order = new Order('sub_1', undefined, limitOff).receives(conversion).finish().receives(renewal).finish();
    order.receivesWith({ settings: limitOn }, payment('renewal', 'in_3', 67)).finish();
    order.receivesWith({ settings: { ...limitOff, version: 3 } }, payment('renewal', 'in_4', 97)).finish();
    expect(order.outcomes()).toEqual({
      in_1: 'conversion sent',
      in_2: 'renewal sent',
      in_3: 'renewal suppressed limited',
      in_4: 'renewal sent',
    });
    expect(Object.values(order.records()).map(({ settingsVersion }) => settingsVersion)).toEqual([1, 1, 2, 3]);
  });
});

describe('the first purchase of a user', () => {
  it('is remembered also while the limit is off', () => {
    const firstPurchases = new FirstPurchases();
    boughtBefore(firstPurchases, limitOff);
    const order = new Order('sub_1', firstPurchases, limitOn).receives(paidStart).finish();
    expect(order.records()['in_0']).toMatchObject({ reason: 'limited', heldBy: ref('sub_before', 'in_before') });
  });

  it('limits the same order too, once the limit is switched on', () => {
    const order = new Order('sub_1', undefined, limitOff).receives(paidStart).finish();
    expect(order.receivesWith({ settings: limitOn }, conversion).finish().outcomes()['in_1']).toBe(
      'conversion suppressed limited',
    );
  });

  it('a later one does not push it away while the limit is off', () => {
    const firstPurchases = new FirstPurchases();
    boughtBefore(firstPurchases, limitOff);
    const second = new Order('sub_1', firstPurchases, limitOff).receives(payment('conversion', 'in_1', 0)).finish();
    expect(second.outcomes()['in_1']).toBe('conversion sent');
    const third = new Order('sub_2', firstPurchases, limitOn).receives(payment('conversion', 'in_9', 1)).finish();
    expect(third.records()['in_9']?.heldBy).toEqual(ref('sub_before', 'in_before'));
  });

  it.each([
    ['two orders with the limit on', limitOn, limitOn],
    ['two free trials of which only the first order’s counts', firstOrderOnly, firstOrderOnly],
    ['one accepted before the limit was switched on', limitOff, limitOn],
  ])('at the same instant exactly one is sent: %s', (_which, first, second) => {
    const firstPurchases = new FirstPurchases();
    const start = first === firstOrderOnly ? freeStart : paidStart;
    const a = new Order('sub_a', firstPurchases, first).receives(start);
    const b = new Order('sub_b', firstPurchases, second).receives({ ...start, moneyId: 'in_9' });
    expect([a.underWay.length, b.underWay.length]).toEqual([1, 1]);
    a.finish();
    b.finish();
    expect([a.sent.length, b.sent.length]).toEqual([1, 0]);
  });
});

describe('payments of one user at once, in any order of arrival and sending', () => {
  const lives = {
    subscription: [payment('conversion', 'a', 0), payment('renewal', 'b', 30)],
    paid_trial: [
      payment('trial_start', 'a', 0, { amountMinor: 100 }),
      payment('conversion', 'b', 7),
      payment('renewal', 'c', 37),
    ],
    one_off: [payment('one_off', 'a', 0)],
  };
  const orders = fc.array(fc.constantFrom(...(Object.keys(lives) as (keyof typeof lives)[])), { minLength: 1, maxLength: 3 });

  it('exactly one purchase is sent with the limit on', () => {
    fc.assert(
      fc.property(orders, fc.array(fc.tuple(fc.nat(2), fc.boolean()), { maxLength: 20 }), (types, steps) => {
        const firstPurchases = new FirstPurchases();
        const played = types.map((type, n) => ({
          order: new Order(`sub_${n}`, firstPurchases, limitOn),
          facts: [...lives[type]],
        }));
        for (const [pick, isHeard] of steps) {
          const { order, facts } = played[pick % played.length]!;
          const [fact] = isHeard ? facts.splice(0, 1) : [];
          if (fact) order.receives(fact);
          else if (order.underWay[0]) order.finishDelivery(order.underWay[0].record.moneyId);
        }
        for (const { order, facts } of played) order.receives(...facts).finish();
        expect(played.flatMap(({ order }) => order.sent)).toHaveLength(1);
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('only a purchase that is to be sent takes the first purchase', () => {
  const other = (firstPurchases: FirstPurchases): string | undefined =>
    new Order('sub_2', firstPurchases, limitOn)
      .receives(payment('conversion', 'in_9', 1))
      .finish()
      .outcomes()['in_9'];

  it('one that waits to be sent keeps it', () => {
    const firstPurchases = new FirstPurchases();
    const waiting = new Order('sub_1', firstPurchases, limitOn).receives(paidStart);
    firstPurchases.claim(waiting.underWay[0]!); // its report has claimed, and is tried again and again
    expect(other(firstPurchases)).toBe('conversion suppressed limited');
  });

  it('one that needs attention keeps it', () => {
    const firstPurchases = new FirstPurchases();
    const order = new Order('sub_1', firstPurchases, limitOn).receives(paidStart).finish(refused).receives(conversion).finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start needs_attention', in_1: 'conversion suppressed limited' });
    expect(other(firstPurchases)).toBe('conversion suppressed limited');
  });

  it('when an operator skips it the first purchase is free again, for other orders', () => {
    const firstPurchases = new FirstPurchases();
    new Order('sub_1', firstPurchases, limitOn).receives(paidStart).finish(refused).skip('in_0');
    expect(other(firstPurchases)).toBe('conversion sent');
  });

  it('when an operator skips it the first purchase is free again, for the order itself', () => {
    const order = new Order('sub_1', undefined, limitOn)
      .receives(paidStart)
      .finish(refused)
      .skip('in_0')
      .receives(conversion)
      .finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start skipped', in_1: 'conversion sent' });
  });

  it('skipping a payment that does not hold it releases nothing', () => {
    const firstPurchases = new FirstPurchases();
    new Order('sub_1', firstPurchases, limitOn).receives(paidStart).finish().receives(conversion).finish().skip('in_1');
    expect(other(firstPurchases)).toBe('conversion suppressed limited');
  });

  it('a payment refunded while it needs attention gives it back', () => {
    const firstPurchases = new FirstPurchases();
    new Order('sub_1', firstPurchases, limitOn).receives(paidStart).finish(refused).receives(refund('in_0', 1));
    expect(other(firstPurchases)).toBe('conversion sent');
  });

  it('a payment that was sent keeps it, also when it is refunded', () => {
    const firstPurchases = new FirstPurchases();
    new Order('sub_1', firstPurchases, limitOn).receives(paidStart).finish().receives(refund('in_0', 1));
    expect(other(firstPurchases)).toBe('conversion suppressed limited');
  });

  it.each([
    [
      'kept back by the policy',
      (firstPurchases: FirstPurchases) => {
        const policy = { ...limitOn.policy, paid_trial: { ...limitOn.policy.paid_trial, trial_start: { send: false } } };
        return new Order('sub_1', firstPurchases, { ...limitOn, policy }).receives(paidStart).finish();
      },
    ],
    [
      'too old',
      (firstPurchases: FirstPurchases) =>
        new Order('sub_1', firstPurchases, limitOn, { tooOld: true }).receives(paidStart).finish(),
    ],
    [
      'kept back by consent',
      (firstPurchases: FirstPurchases) =>
        new Order('sub_1', firstPurchases, limitOn).receives(paidStart).finish(suppressedByConsent),
    ],
    [
      'refunded before it was sent',
      (firstPurchases: FirstPurchases) =>
        new Order('sub_1', firstPurchases, limitOn).receives(paidStart, refund('in_0', 1)).finish(),
    ],
    [
      'that costs nothing',
      (firstPurchases: FirstPurchases) =>
        new Order('sub_1', firstPurchases, limitOn).receives({ ...conversion, amountMinor: 0 }).finish(),
    ],
    [
      'a proration',
      (firstPurchases: FirstPurchases) =>
        new Order('sub_1', firstPurchases, limitOn).receives(payment('other_charge', 'in_p', 0)).finish(),
    ],
    [
      'that failed',
      (firstPurchases: FirstPurchases) =>
        new Order('sub_1', firstPurchases, limitOn).receives(lifecycle('payment_failed', 0, { moneyId: 'in_f' })).finish(),
    ],
  ])('one %s does not take it', (_why, play) => {
    const firstPurchases = new FirstPurchases();
    expect(play(firstPurchases).sent).toEqual([]);
    expect(other(firstPurchases)).toBe('conversion sent');
  });

  it('one that the limit kept back does not take it when it becomes free', () => {
    const firstPurchases = new FirstPurchases();
    const before = new Order('sub_before', firstPurchases, limitOn).receives(payment('conversion', 'in_b', -1)).finish(refused);
    const kept = new Order('sub_1', firstPurchases, limitOn).receives(paidStart).finish();
    before.skip('in_b');
    expect(other(firstPurchases)).toBe('conversion sent');
    expect(kept.outcomes()['in_0']).toBe('trial_start suppressed limited');
  });

  it('a payment kept back by consent leaves the first purchase to the order’s next', () => {
    const order = new Order('sub_1', undefined, limitOn)
      .receives(paidStart)
      .finish(suppressedByConsent)
      .receives(conversion)
      .finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start suppressed consent', in_1: 'conversion sent' });
  });
});

describe('while a paid trial’s start is still being sent', () => {
  const inFlight = (firstPurchases = new FirstPurchases()): Order =>
    new Order('sub_1', firstPurchases, limitOn).receives(paidStart).receives(conversion);

  it('its conversion is kept back already, and names it', () => {
    const order = inFlight();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start pending', in_1: 'conversion suppressed limited' });
    expect(order.records()['in_1']?.heldBy).toEqual(ref('sub_1', 'in_0'));
    expect(order.finish().outcomes()['in_1']).toBe('conversion suppressed limited');
  });

  it('and it is then kept back by consent, the conversion is decided again', () => {
    const order = inFlight();
    order.finishDelivery('in_0', suppressedByConsent);
    expect(order.finish().outcomes()).toEqual({ in_0: 'trial_start suppressed consent', in_1: 'conversion sent' });
  });

  it('and it is then kept back by the limit, the conversion names who really came first', () => {
    const firstPurchases = new FirstPurchases();
    boughtBefore(firstPurchases);
    const order = inFlight(firstPurchases).finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start suppressed limited', in_1: 'conversion suppressed limited' });
    expect(order.records()['in_1']?.heldBy).toEqual(ref('sub_before', 'in_before'));
    expect(order.sent).toEqual([]);
  });

  it.each([
    ['sent', accepted],
    ['refused', refused],
  ])('which the limit did not hold, and it is then %s, the conversion names who really came first', (_how, end) => {
    const firstPurchases = new FirstPurchases();
    boughtBefore(firstPurchases);
    const order = new Order('sub_1', firstPurchases, limitOff)
      .receives(paidStart)
      .receivesWith({ settings: limitOn }, conversion);
    expect(order.records()['in_1']?.heldBy).toEqual(ref('sub_1', 'in_0'));
    expect(order.finish(end).records()['in_1']).toMatchObject({
      ...{ state: 'suppressed', reason: 'limited', revision: 2, heldBy: ref('sub_before', 'in_before') },
    });
  });

  it('and it is then sent as the first purchase, the conversion goes on naming it', () => {
    expect(inFlight().finish().records()['in_1']).toMatchObject({ revision: 1, heldBy: ref('sub_1', 'in_0') });
  });

  it('and it is then refused, the conversion stays kept back: what needs attention keeps the first purchase', () => {
    expect(inFlight().finish(refused).outcomes()).toEqual({
      in_0: 'trial_start needs_attention',
      in_1: 'conversion suppressed limited',
    });
  });

  it('and it is then skipped, later facts find the first purchase free', () => {
    const firstPurchases = new FirstPurchases();
    inFlight(firstPurchases).skip('in_0').finish(cancelled);
    expect(
      new Order('sub_2', firstPurchases, limitOn)
        .receives(payment('one_off', 'pi_1', 9))
        .finish()
        .outcomes()['pi_1'],
    ).toBe('conversion sent');
  });
});

describe('a verdict', () => {
  const settings = { off: limitOff, on: limitOn, first_order: firstOrderOnly };
  const here: PaymentRef = ref('sub_1', 'in_1');
  const elsewhere: PaymentRef = ref('sub_9', 'in_9');
  const unknown: FirstPurchaseClaim = { kind: 'unknown' };
  const mine: FirstPurchaseClaim = { kind: 'mine', moneyId: 'in_1' };
  const ours: FirstPurchaseClaim = { kind: 'mine', moneyId: 'in_0' };
  const oursPerhaps: FirstPurchaseClaim = { kind: 'claiming', moneyId: 'in_0' };
  const theirs: FirstPurchaseClaim = { kind: 'other', holder: elsewhere };

  const asks = (claim: 'take_if_free' | 'this_payment' | 'this_order'): LimitVerdict => ({ send: true, claim });
  const sends: LimitVerdict = { send: true, claim: null };
  const kept = (heldBy: PaymentRef | null): LimitVerdict => ({ send: false, heldBy });

  it.each<[keyof typeof settings, PurchaseType, Phase, FirstPurchaseClaim, LimitVerdict]>([
    ['off', 'subscription', 'renewal', unknown, asks('take_if_free')],
    ['off', 'subscription', 'renewal', oursPerhaps, sends],
    ['off', 'subscription', 'renewal', ours, sends],
    ['off', 'subscription', 'conversion', theirs, sends],
    ['on', 'subscription', 'renewal', unknown, kept(null)],
    ['on', 'free_trial', 'renewal', ours, kept(ref('sub_1', 'in_0'))],
    ['on', 'paid_trial', 'renewal', theirs, kept(elsewhere)],
    ['on', 'subscription', 'renewal', mine, kept(here)],
    ['on', 'free_trial', 'trial_start', unknown, asks('take_if_free')],
    ['on', 'free_trial', 'conversion', oursPerhaps, sends],
    ['on', 'free_trial', 'conversion', ours, sends],
    ['on', 'free_trial', 'conversion', theirs, sends],
    ['first_order', 'free_trial', 'trial_start', unknown, asks('this_order')],
    ['first_order', 'free_trial', 'conversion', oursPerhaps, asks('this_order')],
    ['first_order', 'free_trial', 'conversion', ours, sends],
    ['first_order', 'free_trial', 'conversion', theirs, asks('this_order')],
    ['first_order', 'free_trial', 'renewal', ours, kept(ref('sub_1', 'in_0'))],
    ['first_order', 'paid_trial', 'conversion', ours, kept(ref('sub_1', 'in_0'))],
    ['on', 'subscription', 'conversion', unknown, asks('this_payment')],
    ['on', 'subscription', 'conversion', mine, asks('this_payment')],
    ['on', 'subscription', 'conversion', theirs, asks('this_payment')],
    ['on', 'lifetime', 'conversion', unknown, asks('this_payment')],
    ['on', 'paid_trial', 'conversion', ours, kept(ref('sub_1', 'in_0'))],
    ['on', 'paid_trial', 'conversion', oursPerhaps, kept(ref('sub_1', 'in_0'))],
  ])('limit %s: %s, %s, place %j → %j', (flag, purchaseType, phase, place, verdict) => {
    expect(limit({ ...here, purchaseType, phase }, place, settings[flag])).toEqual(verdict);
  });
});
