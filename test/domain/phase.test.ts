/** Trial, conversion, renewal, sentence by sentence: product.md, section 5. */
import type { PaymentFact, SubscriptionFact } from '../../src/domain/fact';
import { nextDue, stateWaitMs } from '../../src/domain/transition';
import { day, refused, lifecycle, limitOff, limitOn, Order, payment, t0 } from '../support/order-scenario';

const hour = 3_600_000;
const trialEndsAtMs = t0 + 7 * day;
const trial = { startsAtMs: t0, endsAtMs: trialEndsAtMs };

const freeStart = payment('trial_start', 'in_0', 0, { amountMinor: 0 });
const paidStart = payment('trial_start', 'in_0', 0, { amountMinor: 100 });
const began = lifecycle('began', 0);

/** Money id → phase, whatever became of it. */
function phasesOf(order: Order): Record<string, string | null> {
  return Object.fromEntries(Object.values(order.records()).map(({ moneyId, phase }) => [moneyId, phase]));
}

function phases(...facts: SubscriptionFact[]): Record<string, string | null> {
  const order = new Order();
  for (const fact of facts) order.receives(fact).finish();
  return phasesOf(order);
}

describe('a payment named renewal', () => {
  it.each<[string, SubscriptionFact[], string]>([
    ['is the conversion after a free trial’s start', [freeStart], 'conversion'],
    ['is the conversion after a paid trial’s start', [paidStart], 'conversion'],
    ['is the conversion after a state fact that says it began', [began], 'conversion'],
    ['is a renewal when nothing is known of the beginning', [], 'renewal'],
    [
      'is a renewal when state facts say other things',
      [lifecycle('updated', 0), lifecycle('resumed', 1), lifecycle('price_changed', 2)],
      'renewal',
    ],
    ['is a renewal when a full-price period has been paid since', [began, payment('conversion', 'in_1', 7)], 'renewal'],
    ['is a renewal when such a period cost nothing', [began, payment('conversion', 'in_1', 7, { amountMinor: 0 })], 'renewal'],
    [
      'is the conversion when only an attempt to charge has failed since',
      [began, lifecycle('payment_failed', 7, { moneyId: 'in_1' })],
      'conversion',
    ],
    ['is the conversion when only a proration was charged since', [freeStart, payment('other_charge', 'in_1', 3)], 'conversion'],
    [
      'is the conversion when only an add-on was paid since',
      [freeStart, payment('renewal', 'in_1', 3, { role: 'ignore' })],
      'conversion',
    ],
  ])('%s', (_when, before, phase) => {
    expect(phases(...before, payment('renewal', 'in_9', 30))['in_9']).toBe(phase);
  });

  it('after the conversion is a renewal, each time', () => {
    const renewals = [1, 2, 3].map((n) => payment('renewal', `in_${n}`, 30 * n));
    expect(phases(freeStart, ...renewals)).toEqual({ in_0: 'trial_start', in_1: 'conversion', in_2: 'renewal', in_3: 'renewal' });
  });
});

describe('a payment that may be the start, by a count that begins at 0 or at 1', () => {
  const second = payment('conversion', 'in_1', 7, { mayBeStart: true, declaredType: 'paid_trial' });
  const third = payment('renewal', 'in_2', 37, { declaredType: 'paid_trial' });

  it('is the start where no payment came before it', () => {
    expect(phases(second, third)).toEqual({ in_1: 'trial_start', in_2: 'conversion' });
  });

  it('is none after another payment', () => {
    expect(phases(paidStart, second, third)).toEqual({ in_0: 'trial_start', in_1: 'conversion', in_2: 'renewal' });
  });
});

describe('a paid period that starts when the trial ends', () => {
  const atTrialEnd = { periodStartMs: trialEndsAtMs };

  it.each(['renewal', 'conversion'] as const)('is the conversion when it is named %s', (kind) => {
    const updated = lifecycle('updated', 1, { trials: [trial] });
    expect(phases(updated, payment(kind, 'in_1', 7, atTrialEnd))).toEqual({ in_1: 'conversion' });
  });

  it('is the conversion although nothing else is known of the beginning, and later ones are not', () => {
    const updated = lifecycle('updated', 1, { trials: [trial] });
    const next = payment('renewal', 'in_2', 37, { periodStartMs: t0 + 37 * day });
    expect(phases(updated, next, payment('renewal', 'in_1', 7, atTrialEnd))).toEqual({ in_1: 'conversion', in_2: 'renewal' });
  });

  it('is the conversion rather than a payment before it that was named so', () => {
    const early = payment('conversion', 'in_early', 2, { periodStartMs: t0 + 2 * day });
    const order = new Order('sub_1').receives(
      lifecycle('began', 0, { trials: [trial] }),
      early,
      payment('renewal', 'in_1', 7, atTrialEnd),
    );
    expect(phasesOf(order)).toEqual({ in_early: 'renewal', in_1: 'conversion' });
  });

  it.each([
    ['to the moment', 0, 'conversion'],
    ['an hour later', hour, 'conversion'],
    ['an hour earlier', -hour, 'conversion'],
    ['more than an hour later', hour + 1, 'renewal'],
    ['more than an hour earlier', -hour - 1, 'renewal'],
  ])('may be off by an hour, as providers round: %s', (_off, ms, phase) => {
    const updated = lifecycle('updated', 1, { trials: [trial] });
    expect(phases(updated, payment('renewal', 'in_1', 7, { periodStartMs: trialEndsAtMs + ms }))).toEqual({ in_1: phase });
  });

  it('may start at any end that was announced: trials get extended', () => {
    const extended = lifecycle('updated', 5, { trials: [{ ...trial, endsAtMs: t0 + 14 * day }] });
    const first = lifecycle('updated', 1, { trials: [trial] });
    expect(phases(extended, first, payment('renewal', 'in_1', 14, { periodStartMs: t0 + 14 * day }))).toEqual({
      in_1: 'conversion',
    });
  });
});

describe('a trial that is ended early is charged as a change of plan, and', () => {
  const updated = lifecycle('updated', 1, { trials: [trial] });

  it.each([
    ['a change of plan when the trial ends is the conversion', 'plan_change', trialEndsAtMs, 'conversion sent'],
    ['and at any other time: it is the first payment', 'plan_change', t0 + 9 * day, 'conversion sent'],
    ['a charge that begins no period is none', 'proration', trialEndsAtMs, 'not_a_purchase proration'],
  ] as const)('%s', (_rule, otherCharge, periodStartMs, outcome) => {
    const occasion = otherCharge === 'plan_change' ? ({ occasion: 'change' } as const) : {};
    const more = { otherCharge, periodStartMs, ...occasion };
    const order = new Order()
      .receives(updated, freeStart)
      .finish()
      .receives(payment('other_charge', 'in_1', 7, more))
      .finish();
    expect(order.outcomes()['in_1']).toBe(outcome);
  });
});

describe('when nothing is known of the beginning', () => {
  it('10,000 old subscribers do not become conversions', () => {
    const renewals = [1, 2, 3].map((n) => payment('renewal', `in_${n}`, 30 * n));
    expect(phases(...renewals, lifecycle('updated', 100), lifecycle('cancellation_scheduled', 101))).toEqual({
      in_1: 'renewal',
      in_2: 'renewal',
      in_3: 'renewal',
    });
  });

  it('a payment that its provider names conversion is one', () => {
    expect(phases(payment('renewal', 'in_2', 30), payment('conversion', 'in_1', 0))).toEqual({
      in_1: 'conversion',
      in_2: 'renewal',
    });
  });
});

describe('per subscription at most one trial start and one conversion are reported', () => {
  it('a second trial start that is paid becomes a renewal', () => {
    expect(phases(paidStart, payment('trial_start', 'in_x', 3, { amountMinor: 100 }))).toEqual({
      in_0: 'trial_start',
      in_x: 'renewal',
    });
  });

  it('a second trial start that is free is no purchase', () => {
    const order = new Order().receives(freeStart, payment('trial_start', 'in_x', 3, { amountMinor: 0 })).finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_x: 'not_a_purchase zero_amount' });
  });

  it('a second conversion becomes a renewal', () => {
    expect(phases(payment('conversion', 'in_1', 0), payment('conversion', 'in_2', 30))).toEqual({
      in_1: 'conversion',
      in_2: 'renewal',
    });
  });

  it.each(['trial_start', 'conversion'] as const)('a %s that happened earlier but arrived later becomes a renewal', (kind) => {
    const order = new Order()
      .receives(payment(kind, 'in_2', 30))
      .finish()
      .receives(payment(kind, 'in_1', 0))
      .finish();
    expect(phasesOf(order)).toEqual({ in_1: 'renewal', in_2: kind });
    expect(order.sent.map(({ record }) => record.phase)).toEqual([kind, 'renewal']);
  });

  it.each([
    ['is being sent', (order: Order) => order],
    ['needs attention', (order: Order) => order.finish(refused)],
  ])('also while the one that came first %s', (_state, ends) => {
    const order = ends(new Order().receives(payment('conversion', 'in_2', 30)));
    expect(phasesOf(order.receives(payment('conversion', 'in_1', 0)))).toEqual({ in_1: 'renewal', in_2: 'conversion' });
  });

  it('one that was decided and not sent gives way to the one that happened first', () => {
    const order = new Order('sub_1', undefined, limitOn, { tooOld: true }).receives(payment('conversion', 'in_2', 30));
    expect(phasesOf(order.receives(payment('conversion', 'in_1', 0)))).toEqual({ in_1: 'conversion', in_2: 'renewal' });
  });
});

describe('facts queued together', () => {
  const life = [payment('renewal', 'in_2', 37), payment('renewal', 'in_1', 7), paidStart];

  it('are settled in the order in which they happened, not of arrival', () => {
    const order = new Order().receives(...life).finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent', in_2: 'renewal sent' });
    expect(order.sent.map(({ record }) => record.moneyId)).toEqual(['in_0', 'in_1', 'in_2']);
  });

  it('take the first purchase in that order too', () => {
    const order = new Order('sub_1', undefined, limitOn).receives(...life).finish();
    expect(order.outcomes()).toEqual({
      in_0: 'trial_start sent',
      in_1: 'conversion suppressed limited',
      in_2: 'renewal suppressed limited',
    });
  });

  it('at the same moment are settled by their ids, whichever comes first', () => {
    const [a, b] = [payment('conversion', 'in_a', 0), payment('conversion', 'in_b', 0)];
    expect(phasesOf(new Order().receives(a, b))).toEqual(phasesOf(new Order().receives(b, a)));
  });
});

describe('a late trial start', () => {
  const late = (start = freeStart, settings = limitOn): Order =>
    new Order('sub_1', undefined, settings)
      .receives(payment('renewal', 'in_1', 7))
      .finish()
      .receives(start)
      .finish();

  it('makes a renewal that the limit kept back the conversion, which is decided again', () => {
    expect(late().outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent' });
  });

  it('of a paid trial keeps its conversion back, and is named by it', () => {
    const order = late(paidStart);
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion suppressed limited' });
    expect(order.records()['in_1']?.heldBy?.moneyId).toBe('in_0');
  });

  it('decides with the settings that the payment came with, not those of the trial start', () => {
    const renewalsOff = { ...limitOff.policy.free_trial, conversion: { send: false } };
    const settings = { ...limitOn, version: 9, policy: { ...limitOn.policy, free_trial: renewalsOff } };
    const order = new Order('sub_1', undefined, limitOn).receives(payment('renewal', 'in_1', 7)).finish();
    order.receivesWith({ settings }, freeStart).finish();
    expect(order.records()['in_1']).toMatchObject({ phase: 'conversion', state: 'sent', settingsVersion: limitOn.version });
  });

  it('decides with the age that the payment had when it was accepted', () => {
    const order = new Order('sub_1', undefined, limitOn);
    order
      .receivesWith({ tooOld: true }, payment('renewal', 'in_1', 7))
      .finish()
      .receives(freeStart)
      .finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion suppressed too_old' });
  });

  it('leaves what was sent as it was, and corrects only the record’s phase', () => {
    const order = late(freeStart, limitOff);
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent' });
    expect(order.sent.map(({ record }) => [record.moneyId, record.phase])).toEqual([
      ['in_1', 'renewal'],
      ['in_0', 'trial_start'],
    ]);
  });

  it('leaves alone what an operator skipped', () => {
    const order = new Order('sub_1', undefined, limitOn)
      .receives(payment('conversion', 'in_1', 7))
      .finish(refused)
      .skip('in_1')
      .receives(freeStart)
      .finish();
    expect(order.outcomes()['in_1']).toBe('conversion skipped');
  });
});

describe('a paid trial by the provider’s word', () => {
  const told = lifecycle('began', 0, { trials: [{ kind: 'paid', ...trial }] });
  const first = payment('renewal', 'in_1', 0, { amountMinor: 0, awaits: ['trial'] });

  it('starts with its first payment, also where a discount paid for it', () => {
    const order = new Order();
    for (const fact of [told, first, payment('renewal', 'in_2', 7)]) order.receives(fact).finish();
    expect(phasesOf(order)).toEqual({ in_1: 'trial_start', in_2: 'conversion' });
    expect(order.state.purchaseType).toBe('paid_trial');
  });
});

describe('a payment whose phase only a state fact can tell', () => {
  const offer = payment('conversion', 'in_0', 0, {
    amountMinor: 100,
    awaits: ['trial'],
    occasion: 'start',
    inferredType: 'subscription', // what Stripe's invoice looks like
  });
  const paidTrial = lifecycle('began', 0, { trials: [{ kind: 'paid', ...trial }] });
  const noTrial = lifecycle('began', 0, { trials: [] });

  it('waits up to 20 seconds for it, and knows when the wait ends', () => {
    const order = new Order().receives(offer);
    expect(order.outcomes()).toEqual({ in_0: 'conversion pending' });
    expect(order.underWay).toEqual([]);
    expect(stateWaitMs).toBe(20_000);
    expect(nextDue(order.state)?.untilMs).toBe(t0 + 20_000);
  });

  it('is a trial start when the state fact says that there is a trial', () => {
    const order = new Order().receives(offer).receives(paidTrial).finish();
    expect(order.records()['in_0']).toMatchObject({ purchaseType: 'paid_trial', phase: 'trial_start', state: 'sent' });
    expect(nextDue(order.state)).toBeNull();
  });

  it('is a conversion when the state fact says that there is none', () => {
    const order = new Order().receives(offer).receives(noTrial).finish();
    expect(order.records()['in_0']).toMatchObject({ purchaseType: 'subscription', phase: 'conversion', state: 'sent' });
  });

  it('does not wait when the state fact came first', () => {
    expect(new Order().receives(paidTrial).receives(offer).underWay).toHaveLength(1);
    expect(new Order().receives(noTrial).receives(offer).underWay).toHaveLength(1);
  });

  it('does not wait on for a state fact that says nothing of a trial', () => {
    expect(new Order().receives(lifecycle('updated', 0), offer).outcomes()).toEqual({ in_0: 'conversion pending' });
  });

  it.each([
    ['its price has a role', { role: 'trial' as const }, 'trial_start'],
    ['its price has another role', { role: 'regular' as const }, 'conversion'],
  ])('does not wait when %s', (_why, more, phase) => {
    const order = new Order().receives({ ...offer, ...more }).finish();
    expect(order.records()['in_0']).toMatchObject({ phase, state: 'sent' });
  });

  it.each(['paid_trial', 'subscription'] as const)(
    'waits all the same when metadata declare %s: a type is no phase',
    (declaredType) => {
      expect(new Order().receives({ ...offer, declaredType }).records()['in_0']?.state).toBe('pending');
    },
  );

  it('does not wait when an earlier payment has been decided', () => {
    const declared = payment('trial_start', 'in_x', -1, { amountMinor: 0, declaredType: 'free_trial' });
    expect(new Order().receives(declared).finish().receives(offer).underWay).toHaveLength(1);
  });

  it('waits for 20 s from when it was first accepted, however often it is reported', () => {
    const order = new Order().receives(offer);
    order.nowMs = t0 + 19_999;
    order.receives(offer);
    expect(order.underWay).toEqual([]);
    order.nowMs = t0 + 20_000;
    expect(order.applies([]).underWay).toHaveLength(1);
  });

  it('is sent under its best reading when the wait ends', () => {
    const order = new Order().receives(offer);
    order.nowMs = t0 + stateWaitMs;
    expect(order.applies([]).finish().outcomes()).toEqual({ in_0: 'conversion sent' });
    expect(order.state.payments['in_0']?.revision).toBeGreaterThan(0);
  });

  it('and that was sent stays sent when the state fact comes late: only the record is corrected', () => {
    const order = new Order().receives(offer);
    order.nowMs = t0 + stateWaitMs;
    order.applies([]).finish();
    const record = order.records()['in_0'];
    order.receives(paidTrial).finish();
    expect(order.sent).toHaveLength(1);
    expect(order.records()['in_0']).toEqual({
      ...record,
      purchaseType: 'paid_trial',
      phase: 'trial_start',
      revision: (record?.revision ?? 0) + 1,
    });
  });

  it('then its full price is the conversion, kept back with the limit on', () => {
    const play = (settings = limitOff): Order => {
      const order = new Order('sub_1', undefined, settings).receives(offer);
      order.nowMs = t0 + stateWaitMs;
      order.applies([]).finish().receives(paidTrial).finish();
      return order.receives(payment('renewal', 'in_1', 7, { periodStartMs: trialEndsAtMs })).finish();
    };
    expect(play().outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent' });
    expect(play(limitOn).outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion suppressed limited' });
  });

  it('holds up no other payment of the subscription', () => {
    const order = new Order().receives(offer, payment('renewal', 'in_1', 7)).finish();
    expect(order.outcomes()).toEqual({ in_0: 'conversion pending', in_1: 'renewal sent' });
  });

  it('is a conversion when its period starts after the trial', () => {
    const afterwards = payment('renewal', 'in_1', 7, { awaits: ['trial'], periodStartMs: trialEndsAtMs });
    expect(phases(paidTrial, offer, afterwards)).toEqual({ in_0: 'trial_start', in_1: 'conversion' });
  });

  it('is sent at once when an operator resends it', () => {
    expect(new Order().receives(offer).resend('in_0').finish().outcomes()).toEqual({ in_0: 'conversion sent' });
  });

  it('does not wait when it was refunded already', () => {
    const order = new Order().receives(
      { kind: 'refund', moneyId: 'in_0', occurredAtMs: t0, refundId: 're_1', cause: 'refund' },
      offer,
    );
    expect(order.outcomes()).toEqual({ in_0: 'conversion not_a_purchase refunded_before_sent' });
  });
});

describe('a failed payment', () => {
  it('counts as no period', () => {
    expect(phases(freeStart, lifecycle('payment_failed', 7, { moneyId: 'in_1' }), payment('renewal', 'in_1', 9))).toEqual({
      in_0: 'trial_start',
      in_1: 'conversion',
    });
  });
});

describe('an introductory period of an order whose beginning is unknown', () => {
  const intro = (moneyId: string, atDay: number, more: Partial<PaymentFact> = {}): PaymentFact =>
    payment('renewal', moneyId, atDay, { trial: true, amountMinor: 199, inferredType: 'paid_trial', ...more });

  it('is a renewal: the trial began before', () => {
    const order = new Order().receives(intro('in_1', 30)).finish().receives(intro('in_2', 60)).finish();
    expect(order.outcomes()).toEqual({ in_1: 'renewal sent', in_2: 'renewal sent' });
  });

  it('and the first regular payment after it is the conversion', () => {
    const order = new Order()
      .receives(intro('in_1', 30))
      .finish()
      .receives(payment('renewal', 'in_2', 60, { trial: false }))
      .finish();
    expect(order.outcomes()).toEqual({ in_1: 'renewal sent', in_2: 'conversion sent' });
  });

  it('is the trial start where the provider says so', () => {
    const order = new Order().receives(intro('in_0', 0, { kind: 'trial_start', occasion: 'start' }), intro('in_1', 30)).finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'renewal sent' });
  });

  it('of an unknown price counts as paid', () => {
    const unknown = { amountMinor: 0, unpriced: true } as const;
    const start = intro('in_0', 0, { kind: 'trial_start', occasion: 'start', ...unknown });
    const order = new Order('sub_1', undefined, limitOn).receives(start).finish();
    order.receives(payment('conversion', 'in_1', 30, { trial: false, ...unknown })).finish();
    expect(order.outcomes()).toEqual({
      in_0: 'trial_start sent the provider does not say the amount: sent without value',
      in_1: 'conversion suppressed limited',
    });
  });
});
