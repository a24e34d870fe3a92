/** How a subscription stands, as its facts say: any order of them gives the same. */
import fc from 'fast-check';
import type { SubscriptionFact } from '../../src/domain/fact';
import type { SubscriptionStatus } from '../../src/domain/subscription';
import { lifecycle, limitOff, Order, payment, t0, day } from '../support/order-scenario';

const trial = { startsAtMs: t0, endsAtMs: t0 + 7 * day };
const freeStart = payment('trial_start', 'in_0', 0, { amountMinor: 0 });
const start = payment('conversion', 'in_1', 7);

describe('a subscription is', () => {
  it.each<[SubscriptionStatus, string, SubscriptionFact[]]>([
    ['unknown', 'when state facts say nothing of it', [lifecycle('updated', 0)]],
    ['trialing', 'when a trial was started', [freeStart]],
    ['trialing', 'when a state fact says so', [lifecycle('began', 0, { trials: [trial] })]],
    ['active', 'when it began without a trial', [lifecycle('began', 0, { trials: [] })]],
    ['active', 'when it was paid', [freeStart, start]],
    ['active', 'when it was paid after a payment failed', [lifecycle('payment_failed', 6), start]],
    ['past_due', 'when a payment failed since it was last paid', [start, lifecycle('payment_failed', 37)]],
    ['paused', 'when it was paused', [start, lifecycle('paused', 8)]],
    ['active', 'when it was resumed', [start, lifecycle('paused', 8), lifecycle('resumed', 9)]],
    ['paused', 'when it was paused again', [start, lifecycle('paused', 8), lifecycle('resumed', 9), lifecycle('paused', 10)]],
    ['cancelling', 'when its end is scheduled', [start, lifecycle('cancellation_scheduled', 8)]],
    ['active', 'when that was undone', [start, lifecycle('cancellation_scheduled', 8), lifecycle('cancellation_undone', 9)]],
    ['ended', 'when it ended, whatever else arrives', [start, lifecycle('ended', 8), payment('renewal', 'in_2', 37)]],
    ['active', 'when it was brought back after its end', [start, lifecycle('ended', 8), lifecycle('resumed', 9)]],
    ['ended', 'when it ended after it was resumed', [start, lifecycle('resumed', 8), lifecycle('ended', 9)]],
    ['ended', 'when it was a one-off', [payment('one_off', 'pi_1', 0)]],
  ])('%s %s', (status, _when, facts) => {
    fc.assert(
      fc.property(fc.shuffledSubarray(facts, { minLength: facts.length }), (shuffled) => {
        const order = new Order();
        for (const fact of shuffled) order.receives(fact);
        expect(order.state.status).toBe(status);
      }),
      { numRuns: 20 },
    );
  });

  it('known by all identifiers that its facts carried, each once', () => {
    const [user, email] = [{ kind: 'user_id', hmac: 'u' } as const, { kind: 'email', hmac: 'e' } as const];
    const order = new Order().receivesWith({ userKeys: [user] }, freeStart).receivesWith({ userKeys: [email, user] }, start);
    expect(order.state.userKeys).toEqual([user, email]);
    expect(order.underWay.at(-1)?.userKeys).toEqual([user, email]);
  });
});

describe('one payment reported by several events', () => {
  const bare = payment('renewal', 'in_1', 7);
  const byNet = { send: true, value: { mode: 'net' } } as const;
  const net = { ...limitOff, version: 6, policy: { ...limitOff.policy, subscription: { conversion: byNet, renewal: byNet } } };

  it('is kept once per reading: a repetition changes nothing but the time of the last fact', () => {
    const order = new Order().receives(start).finish();
    const before = order.state;
    const reordered = Object.fromEntries(Object.entries(start).reverse()) as typeof start; // the same fields, as JSON may bring them
    order.receives(start, start).receives(reordered);
    expect(order.state).toEqual(before);
  });

  it.each([
    ['the fuller reading first', [{ ...bare, netMinor: 1680 }, bare]],
    ['the fuller reading last', [bare, { ...bare, netMinor: 1680 }]],
  ])('says what any of them says: %s', (_which, facts) => {
    const order = new Order('sub_1', undefined, net).receives(...facts).finish();
    expect(order.sent.map(({ record }) => record.value)).toEqual([{ amountMinor: 1680, currency: 'USD' }]);
  });

  const saysMore = { ...bare, kind: 'conversion' as const, amountMinor: 2999, occurredAtMs: bare.occurredAtMs + 1 };

  it.each([
    ['arriving last', [bare, saysMore]],
    ['arriving first', [saysMore, bare]],
  ])('believes the reading that says more: a conversion rather than a renewal, %s', (_which, facts) => {
    expect(new Order().receives(...facts).records()['in_1']).toMatchObject({ phase: 'conversion', chargedMinor: 2999 });
  });

  it.each([
    ['first', [payment('other_charge', 'in_1', 7, { otherCharge: 'plan_change' }), bare]],
    ['last', [bare, payment('other_charge', 'in_1', 7, { otherCharge: 'plan_change' })]],
  ])('believes a change of plan rather than a snapshot that shows just another period, arriving %s', (_which, facts) => {
    expect(new Order().receives(...facts).outcomes()).toEqual({ in_1: 'not_a_purchase plan_change' });
  });

  it('and fills its gaps from the others', () => {
    const order = new Order('sub_1', undefined, net).receives(saysMore, { ...bare, netMinor: 1680 }).finish();
    expect(order.sent.map(({ record }) => record.value)).toEqual([{ amountMinor: 1680, currency: 'USD' }]);
  });
});

describe('a provider may call its payments what it likes', () => {
  it.each(['constructor', '__proto__', 'toString', '', ' ', 'a/b', 'pi_1:trial'])('%j', (moneyId) => {
    const order = new Order().receives(payment('conversion', moneyId, 0), payment('renewal', 'in_2', 30)).finish();
    expect(Object.keys(order.state.payments).sort()).toEqual([moneyId, 'in_2'].sort());
    expect(order.sent.map(({ record }) => record.eventId)).toEqual([`stripe:${moneyId}`, 'stripe:in_2']);
  });
});
