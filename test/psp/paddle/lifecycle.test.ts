import { isPayment } from '../../../src/domain/fact';
import { paddle } from '../../../src/psp/paddle';
import { paddleEventsOf } from '../../../sandbox/paddle/webhooks';
import type { PaddleScenario, PaddleScenarioEvent } from '../../../sandbox/paddle/webhooks';
import { describeLifecycles, phasesOf } from '../../support/provider-lifecycle';
import type { LifecycleWebhook } from '../../support/provider-lifecycle';
import { factsOf, readOf } from '../../support/sale-scenarios';

const base = { userId: 'u1', customerId: 'ctm_1', subscriptionId: 'sub_1', startMs: 1_790_000_000_000, email: 'a@example.com' };
const scenarios: Readonly<Record<string, PaddleScenario>> = {
  'subscription without trial': { ...base, type: 'subscription', renewals: 2 },
  'free trial': { ...base, type: 'free_trial' },
  'free trial without payment method': { ...base, type: 'free_trial', isCardless: true },
  'paid trial by its own price': { ...base, type: 'paid_trial' },
  'paid trial by a fee': { ...base, type: 'paid_trial', paidTrial: 'fee' },
  'one-off': { ...base, type: 'lifetime' },
};

const webhookOf = ({ phase, event }: PaddleScenarioEvent): LifecycleWebhook => ({ phase, facts: factsOf(paddle, event) });

describeLifecycles(
  Object.entries(scenarios).map(([title, scenario]) => {
    const events = paddleEventsOf(scenario);
    return {
      title: `Paddle ${title}`,
      type: scenario.type,
      phases: scenario.type === 'subscription' ? [...phasesOf.subscription, 'renewal'] : phasesOf[scenario.type],
      webhooks: events.map(webhookOf),
      permuted: permutedOf(events).map(webhookOf),
    };
  }),
);

describe.each(Object.entries(scenarios))('the sandbox of Paddle, given a %s', (_, scenario) => {
  const events = paddleEventsOf(scenario);

  it('plays it in the order of time, each event with an id of its own', () => {
    expect(new Set(events.map(({ event }) => event.event_id)).size).toBe(events.length);
    const times = events.map(({ event }) => event.occurred_at);
    expect(times).toEqual([...times].sort());
  });

  it('names the order in each event: the subscription, or the transaction of a one-off', () => {
    for (const { subscription, fact } of events.flatMap(({ event }) => readOf(paddle, event)))
      expect(subscription).toBe(isPayment(fact) && fact.kind === 'one_off' ? fact.moneyId : 'sub_1');
  });
});

/** At most six webhooks: all that carry payments, and the states that say most. */
function permutedOf(events: readonly PaddleScenarioEvent[]): readonly PaddleScenarioEvent[] {
  const types = ['subscription.created', 'subscription.trialing', 'subscription.activated'];
  const payments = events.filter(({ phase }) => phase !== 'state');
  const states = events.filter(({ phase, event }) => phase === 'state' && types.includes(event.event_type));
  return [...payments, ...states].slice(0, 6);
}
