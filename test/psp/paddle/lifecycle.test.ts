import type { Phase, PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { paddle } from '../../../src/psp/paddle';
import { paddleEventsOf } from '../../../sandbox/paddle/webhooks';
import type { PaddleScenario, PaddleScenarioEvent } from '../../../sandbox/paddle/webhooks';
import { accountOf, inTime, oneByOne, readOf, together } from '../../support/sale-scenarios';
import { orders } from '../../support/effort';

const base = { userId: 'u1', customerId: 'ctm_1', subscriptionId: 'sub_1', startMs: 1_790_000_000_000, email: 'a@example.com' };
const lives: Readonly<Record<string, PaddleScenario>> = {
  'subscription without trial': { ...base, type: 'subscription', renewals: 2 },
  'free trial': { ...base, type: 'free_trial' },
  'free trial without payment method': { ...base, type: 'free_trial', isCardless: true },
  'paid trial by its own price': { ...base, type: 'paid_trial' },
  'paid trial by a fee': { ...base, type: 'paid_trial', paidTrial: 'fee' },
  'one-off': { ...base, type: 'lifetime' },
};
const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};

describe.each(Object.entries(lives))('a %s', (_, life) => {
  const events = paddleEventsOf(life);
  const natural = oneByOne(events.map(heard));

  it('is told by the sandbox in the order of time, each event with an id of its own', () => {
    expect(events.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[life.type]);
    expect(new Set(events.map(({ event }) => event.event_id)).size).toBe(events.length);
    const times = events.map(({ event }) => event.occurred_at);
    expect(times).toEqual([...times].sort());
  });

  it('is sold as it was, and each payment once, noise and all', () => {
    expect(inTime(natural).map(({ phase, purchaseType }) => [phase, purchaseType])).toEqual(
      phases[life.type].map((phase) => [phase, life.type]),
    );
    expect(natural.sent).toHaveLength(phases[life.type].length);
  });

  it('is the same in any order, and however often it is told', () => {
    for (const [nth, told] of orders(telling(events).map(heard)).entries()) {
      // Heard together it is settled by when it happened.
      expect(together(told).outcomes()).toEqual(natural.outcomes());
      for (const each of nth % 24 === 0 ? [told, [...told, ...told]] : [told])
        expect(accountOf(oneByOne(each))).toEqual(accountOf(natural));
    }
  });
});

/** At most six webhooks: all that tell payments, and the states that say most. */
function telling(events: readonly PaddleScenarioEvent[]): readonly PaddleScenarioEvent[] {
  const types = ['subscription.created', 'subscription.trialing', 'subscription.activated'];
  const payments = events.filter(({ phase }) => phase !== 'state');
  const states = events.filter(({ phase, event }) => phase === 'state' && types.includes(event.event_type));
  return [...payments, ...states].slice(0, 6);
}

function heard({ event }: PaddleScenarioEvent): readonly SubscriptionFact[] {
  const facts = readOf(paddle, event);
  expect(
    facts.every(({ subscription, fact }) =>
      isPayment(fact) && fact.kind === 'one_off' ? subscription === fact.moneyId : subscription === 'sub_1',
    ),
  ).toBe(true);
  return facts.map(({ fact }) => fact);
}
