/** Held trial starts: sent only if the trial lasts, and what counts as lasting (product.md, section 2). */
import { hourMs } from '../../../src/domain/duration';
import type { SubscriptionFact } from '../../../src/domain/fact';
import { presets } from '../../../src/domain/policy';
import { nextDue } from '../../../src/domain/transition';
import { atHour, freeStart, heldForADay, HeldOrder, holding, paidStart, startId } from '../../support/held-orders';
import {
  accepted,
  FirstPurchases,
  limitOff,
  limitOn,
  Order,
  refused,
  suppressedByConsent,
  t0,
} from '../../support/order-scenario';

const { state, payment, refund } = atHour;
const sent = 'trial_start sent';
const cancelledInHold = 'trial_start suppressed cancelled_in_hold';

describe('a held trial start', () => {
  it('waits, and says until when', () => {
    const order = new HeldOrder().hears(freeStart);
    expect(order.table.get(startId)).toMatchObject({ state: 'pending', waitsUntilMs: t0 + 24 * hourMs, isHeld: true });
    expect(nextDue(order.state)).toEqual({ state: 'waiting', untilMs: t0 + 24 * hourMs, held: true });
  });

  it('is sent at the end of its hold exactly, with the time of the start', () => {
    const order = new HeldOrder().hears(freeStart);
    order.nowMs = t0 + 24 * hourMs - 1;
    expect(order.applies([]).finish().sent).toEqual([]);
    order.nowMs += 1;
    expect(
      order
        .applies([])
        .finish()
        .sent.map(({ record }) => [record.moneyId, record.occurredAtMs]),
    ).toEqual([[startId, t0]]);
    expect(order.table.get(startId)).toMatchObject({ state: 'sent' });
    expect(order.table.get(startId)).not.toHaveProperty('waitsUntilMs');
    expect(order.table.get(startId)).not.toHaveProperty('isHeld');
  });

  it.each<[string, SubscriptionFact[], string]>([
    ['nothing else', [], sent],
    ['the end scheduled', [state('cancellation_scheduled', 3)], cancelledInHold],
    ['the end scheduled in the last moment', [state('cancellation_scheduled', 23.999)], cancelledInHold],
    ['the end scheduled just when the hold is over', [state('cancellation_scheduled', 24)], sent],
    ['the end scheduled, and undone', [state('cancellation_scheduled', 3), state('cancellation_undone', 4)], sent],
    [
      'the end scheduled, undone, and scheduled again',
      [state('cancellation_scheduled', 3), state('cancellation_undone', 4), state('cancellation_scheduled', 5)],
      cancelledInHold,
    ],
    [
      'the end scheduled, and undone too late',
      [state('cancellation_scheduled', 3), state('cancellation_undone', 25)],
      cancelledInHold,
    ],
    ['its end', [state('ended', 2)], cancelledInHold],
    ['its end, after which it was brought back', [state('ended', 2), state('resumed', 20)], sent],
    ['a pause', [state('paused', 10)], cancelledInHold],
    ['a pause that is over', [state('paused', 10), state('resumed', 11)], sent],
    ['a pause that is over too late', [state('paused', 10), state('resumed', 30)], cancelledInHold],
    ['a payment that failed', [state('payment_failed', 10, { moneyId: 'in_1' })], cancelledInHold],
    [
      'a payment that failed, and was made',
      [state('payment_failed', 10, { moneyId: 'in_1' }), payment('conversion', 'in_1', 12)],
      sent,
    ],
    ['a change of the subscription', [state('updated', 3)], sent],
    ['another price', [state('price_changed', 3)], sent],
    ['its conversion', [payment('conversion', 'in_1', 12)], sent],
  ])('%s meanwhile: of a free and of a paid trial', (_what, facts, outcome) => {
    for (const start of [freeStart, paidStart]) {
      const order = new HeldOrder().hears(start, ...facts).passesTo(80);
      expect(order.start).toBe(outcome);
      expect(order.sent.filter(({ record }) => record.moneyId === startId)).toHaveLength(outcome === sent ? 1 : 0);
    }
  });

  it.each<[string, SubscriptionFact[], string]>([
    ['given back in full', [refund(startId, 3)], cancelledInHold],
    ['given back by its amount', [refund(startId, 3, { amountMinor: 100 })], cancelledInHold],
    [
      'given back in parts',
      [refund(startId, 3, { amountMinor: 40 }), refund(startId, 5, { amountMinor: 60, refundId: 're_2' })],
      cancelledInHold,
    ],
    ['given back in part', [refund(startId, 3, { amountMinor: 99 })], sent],
    ['given back just when the hold is over', [refund(startId, 24)], sent],
    ['disputed', [refund(startId, 3, { cause: 'dispute' })], cancelledInHold],
    ['disputed, and won', [refund(startId, 3, { cause: 'dispute' }), refund(startId, 20, { cause: 'dispute_won' })], sent],
    [
      'disputed, and won after the hold',
      [refund(startId, 3, { cause: 'dispute' }), refund(startId, 70, { cause: 'dispute_won' })],
      cancelledInHold,
    ],
    ['another payment given back', [refund('in_9', 3)], sent],
  ])('of a paid trial whose payment was %s', (_what, facts, outcome) => {
    expect(new HeldOrder().hears(paidStart, ...facts).passesTo(80).start).toBe(outcome);
  });

  it('without an amount counts as given back when all of it was', () => {
    const unpriced = { ...paidStart, unpriced: true as const, amountMinor: 0 };
    expect(new HeldOrder().hears(unpriced, refund(startId, 3)).passesTo(80).start).toBe(cancelledInHold);
    expect(
      new HeldOrder()
        .hears(unpriced, refund(startId, 3, { amountMinor: 10 }))
        .passesTo(80)
        .records()[startId],
    ).toMatchObject({ state: 'sent' });
  });

  it('is recorded as kept back when the trial is cancelled, as held again when that is undone', () => {
    const order = new HeldOrder().hears(freeStart, state('cancellation_scheduled', 3));
    expect(order.table.get(startId)).toMatchObject({ state: 'suppressed', reason: 'cancelled_in_hold' });
    expect(nextDue(order.state)).toBeNull();
    order.hears(state('cancellation_undone', 20));
    expect(order.table.get(startId)).toMatchObject({ state: 'pending', isHeld: true });
    expect(order.passesTo(24).start).toBe(sent);
  });

  it('keeps its record whatever comes in the months after it', () => {
    for (const [facts, outcome] of [
      [[state('ended', 2)], cancelledInHold],
      [[refund(startId, 3)], cancelledInHold],
    ] as const) {
      const order = new HeldOrder().hears(paidStart, ...facts).passesTo(24);
      const before = order.table.get(startId);
      order.hears(state('resumed', 100), state('ended', 2_000), refund(startId, 3_000, { refundId: 're_late' }));
      expect(order.start).toBe(outcome);
      expect(order.table.get(startId)).toMatchObject({ state: before?.state, reason: before?.reason });
      expect(order.sent).toEqual([]);
    }
  });

  it('that was sent stays sent, whatever is heard later of its hold', () => {
    const order = new HeldOrder().hears(freeStart).passesTo(25);
    expect(order.receives(state('cancellation_scheduled', 3), state('ended', 4)).finish().start).toBe(sent);
  });
});

describe('the length of a hold', () => {
  it.each([1, 24, 72])('is that of the cell: %i hours', (hours) => {
    const order = new HeldOrder({ ...heldForADay, policy: holding(hours) }).hears(freeStart);
    expect(order.passesTo(hours - 0.01).start).toBe('trial_start pending');
    expect(order.passesTo(hours).start).toBe(sent);
  });

  it('counts from when the trial was paid, where that settled later', () => {
    const order = new Order('sub_1', new FirstPurchases(), heldForADay);
    order.nowMs = t0 + 50 * hourMs;
    order.receivesWith({ paidAtMs: t0 + 48 * hourMs }, { ...paidStart, settledLater: true });
    expect(nextDue(order.state)?.untilMs).toBe(t0 + 72 * hourMs);
  });

  it('counts from the acceptance of what is said to happen in the future', () => {
    const order = new Order('sub_1', new FirstPurchases(), heldForADay).receivesWith(
      { acceptedAtMs: t0 },
      { ...freeStart, occurredAtMs: t0 + hourMs },
    );
    expect(nextDue(order.state)?.untilMs).toBe(t0 + 24 * hourMs);
  });
});

describe('a trial start that is heard of after its hold', () => {
  const late = (...facts: SubscriptionFact[]) => {
    const order = new Order('sub_1', new FirstPurchases(), heldForADay);
    order.nowMs = t0 + 50 * hourMs;
    return order.receives(...facts).finish();
  };

  it('is sent at once if the trial lasted', () => {
    expect(late(freeStart).outcomes()).toEqual({ [startId]: sent });
  });

  it('is kept back if the trial did not', () => {
    expect(late(state('cancellation_scheduled', 3), freeStart).outcomes()).toEqual({ [startId]: cancelledInHold });
  });

  it('is sent if the trial ended after the hold, as it would have been in time', () => {
    expect(late(freeStart, state('cancellation_scheduled', 30)).outcomes()).toEqual({ [startId]: sent });
    expect(
      late(freeStart, state('cancellation_scheduled', 3), state('cancellation_undone', 20), state('ended', 40)).outcomes(),
    ).toEqual({
      [startId]: sent,
    });
  });

  it('is no purchase if all was given back after the hold, and before TikTok was told', () => {
    expect(late(paidStart, refund(startId, 30)).outcomes()).toEqual({
      [startId]: 'trial_start not_a_purchase refunded_before_sent',
    });
  });
});

describe('beside a held trial start', () => {
  it('its conversion goes out at once, without the limit', () => {
    const order = new HeldOrder().hears(paidStart, payment('conversion', 'in_1', 12));
    expect(order.outcomes()).toEqual({ [startId]: 'trial_start pending', in_1: 'conversion sent' });
    expect(order.passesTo(24).outcomes()).toEqual({ [startId]: sent, in_1: 'conversion sent' });
  });

  it('one order’s start and conversion share no event id', () => {
    const order = new Order('sub_1', new FirstPurchases(), heldForADay, { checkoutId: 'chk_1' }).receives(paidStart);
    order.receives(payment('conversion', 'in_1', 12)).finish();
    order.nowMs = t0 + 24 * hourMs;
    order.applies([]).finish();
    expect(order.sent.map(({ record }) => record.eventId)).toEqual(['stripe:in_1', 'chk_1']);
  });
});

describe('under the limit', () => {
  const limited = { ...heldForADay, version: 5, limitPurchaseEvents: true };
  const conversion = payment('conversion', 'in_1', 24 * 7, { periodStartMs: t0 + 7 * 24 * hourMs });

  it.each([
    ['a free trial that lasts is sent with its conversion', freeStart, [], { [startId]: sent, in_1: 'conversion sent' }],
    [
      'a free trial that does not last leaves its conversion',
      freeStart,
      [state('cancellation_scheduled', 3), state('cancellation_undone', 30)],
      { [startId]: cancelledInHold, in_1: 'conversion sent' },
    ],
    ['a paid trial that lasts is the first purchase', paidStart, [], { [startId]: sent, in_1: 'conversion suppressed limited' }],
    [
      'a paid trial that does not last claims nothing: its conversion is the first purchase',
      paidStart,
      [state('cancellation_scheduled', 3), state('cancellation_undone', 30)],
      { [startId]: cancelledInHold, in_1: 'conversion sent' },
    ],
  ] as const)('%s', (_what, start, facts, outcomes) => {
    expect(new HeldOrder(limited).hears(start, ...facts, conversion).outcomes()).toEqual(outcomes);
  });

  it('what is paid while a paid trial is held is the first purchase', () => {
    const order = new HeldOrder(limited).hears(paidStart, payment('conversion', 'in_1', 12)).passesTo(24);
    expect(order.outcomes()).toEqual({ [startId]: 'trial_start suppressed limited', in_1: 'conversion sent' });
    expect(order.records()[startId]?.heldBy?.moneyId).toBe('in_1');
  });

  it('another order of the buyer that is paid meanwhile is the first purchase', () => {
    const firstPurchases = new FirstPurchases();
    const order = new HeldOrder(limited, firstPurchases).hears(paidStart);
    new Order('sub_2', firstPurchases, limited).receives(payment('conversion', 'in_9', 5)).finish();
    expect(order.passesTo(24).records()[startId]).toMatchObject({
      state: 'suppressed',
      reason: 'limited',
      heldBy: { moneyId: 'in_9' },
    });
  });

  it('with free trials of the first order only, one that is held claims when it is sent', () => {
    const firstPurchases = new FirstPurchases();
    const once = { ...limited, version: 6, limitFreeTrials: 'first_order' as const };
    const order = new HeldOrder(once, firstPurchases).hears(freeStart);
    new Order('sub_2', firstPurchases, once).receives(payment('conversion', 'in_9', 5)).finish();
    expect(order.passesTo(24).start).toBe('trial_start suppressed limited');
  });

  it('a conversion that was limited by a start that is kept back at its delivery is decided again', () => {
    const order = new HeldOrder(limited).hears(paidStart);
    order.nowMs = t0 + 24 * hourMs;
    order.applies([]).receives(payment('conversion', 'in_1', 25));
    expect(order.outcomes()).toMatchObject({ in_1: 'conversion suppressed limited' });
    expect(order.finishDelivery(startId, suppressedByConsent).finish().outcomes()).toEqual({
      [startId]: 'trial_start suppressed consent',
      in_1: 'conversion sent',
    });
  });
});

describe('an operator', () => {
  it('sends what is held at once', () => {
    const order = new HeldOrder().hears(freeStart).resend(startId).finish();
    expect(order.records()[startId]).toMatchObject({ state: 'sent', by: 'anna' });
    expect(order.hears(state('ended', 2)).passesTo(80).start).toBe(sent);
    expect(order.sent).toHaveLength(1);
  });

  it('sends what did not last', () => {
    expect(new HeldOrder().hears(freeStart, state('ended', 2)).resend(startId).finish().start).toBe(sent);
  });

  it('skips what is held, for good', () => {
    const order = new HeldOrder().hears(freeStart).skip(startId, 'anna', 'a test order');
    expect(order.start).toBe('trial_start skipped a test order');
    expect(order.hears(state('updated', 2)).passesTo(80).start).toBe('trial_start skipped a test order');
    expect(order.sent).toEqual([]);
  });

  it('need not skip what did not last', () => {
    expect(new HeldOrder().hears(freeStart, state('ended', 2)).skip(startId).start).toBe(cancelledInHold);
  });

  it('finds what is held when the workflow is cancelled', () => {
    const order = new HeldOrder().hears(freeStart).applies([{ kind: 'stop' }]);
    expect(order.records()[startId]).toMatchObject({ state: 'needs_attention', lastError: { type: 'WorkflowCancelled' } });
  });

  it('sends it again after TikTok has refused it, whatever became of the trial since', () => {
    const order = new HeldOrder().hears(freeStart);
    order.nowMs = t0 + 24 * hourMs;
    order.applies([]).finish(refused);
    order.receives(state('ended', 30));
    expect(order.resend(startId).finish(accepted).start).toBe(sent);
  });
});

describe('the settings of a hold', () => {
  const off = { ...limitOff, version: 9 };

  it('are those that the start came with, whatever is set meanwhile', () => {
    const order = new HeldOrder().hears(freeStart);
    order.receivesWith({ settings: off }, state('updated', 2), payment('conversion', 'in_1', 12)).finish();
    expect(order.start).toBe('trial_start pending');
    expect(order.passesTo(24).start).toBe(sent);
    expect(order.table.get(startId)).toMatchObject({ settingsVersion: 4 });
  });

  it('do not hold a start that came before them', () => {
    const order = new HeldOrder(off).hears(freeStart);
    expect(order.receivesWith({ settings: heldForADay }, freeStart, state('ended', 2)).start).toBe(sent);
  });

  it('hold nothing but trial starts', () => {
    const order = new HeldOrder().hears(
      payment('conversion', 'in_1', 0, { inferredType: 'subscription' }),
      payment('renewal', 'in_2', 700),
    );
    expect(order.outcomes()).toEqual({ in_1: 'conversion sent', in_2: 'renewal sent' });
  });

  it('hold nothing in a cell that is switched off', () => {
    const { free_trial, ...others } = heldForADay.policy;
    const trial_start = { send: false, hold: { hours: 24 } };
    const order = new HeldOrder({ ...heldForADay, policy: { ...others, free_trial: { ...free_trial, trial_start } } });
    expect(order.hears(freeStart, state('ended', 2)).passesTo(80).start).toBe('trial_start suppressed policy');
  });

  it('keep what was too old when it was accepted', () => {
    const order = new Order('sub_1', new FirstPurchases(), heldForADay);
    order.receivesWith({ tooOld: true }, freeStart).finish();
    expect(order.outcomes()).toEqual({ [startId]: 'trial_start suppressed too_old' });
    order.receives(state('cancellation_scheduled', 3));
    expect(order.outcomes()).toEqual({ [startId]: 'trial_start suppressed too_old' });
  });

  it('may hold for longer than the age that is allowed: the start was in time', () => {
    const order = new HeldOrder({ ...heldForADay, maxEventAgeHours: 2, policy: holding(72) });
    order.hears(freeStart, state('cancellation_scheduled', 30), state('cancellation_undone', 60));
    expect(order.start).toBe('trial_start pending');
    expect(order.passesTo(72).start).toBe(sent);
  });

  it('keep what is heard of long after its hold', () => {
    const order = new HeldOrder().hears(freeStart, state('cancellation_scheduled', 3)).passesTo(24 + 169);
    // The word that it was undone in time comes a week late.
    expect(order.receives(state('cancellation_undone', 20)).finish().start).toBe('trial_start suppressed too_old');
  });

  it('wait for the provider’s word first', () => {
    const order = new HeldOrder();
    order.receives({ ...payment('conversion', startId, 0, { amountMinor: 100 }), awaits: ['trial'], occasion: 'start' });
    expect(order.records()[startId]).not.toHaveProperty('isHeld');
    order.receives(state('began', 0, { trials: [{ kind: 'paid', startsAtMs: t0, endsAtMs: t0 + 7 * 24 * hourMs }] }));
    expect(order.records()[startId]).toMatchObject({ phase: 'trial_start', isHeld: true });
  });

  it('are the preset’s', () => {
    expect(presets.qualified_trials.policy).toEqual(holding(24));
    expect(limitOn.policy).not.toEqual(holding(24));
  });
});
