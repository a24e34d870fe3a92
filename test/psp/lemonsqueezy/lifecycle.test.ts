import { stateWaitMs } from '../../../src/domain/transition';
import { lemonsqueezy } from '../../../src/psp/lemonsqueezy';
import { lemonsqueezyEventsOf } from '../../../sandbox/lemonsqueezy/webhooks';
import type { LemonSqueezyScenario, LemonSqueezyScenarioEvent } from '../../../sandbox/lemonsqueezy/webhooks';
import type { Order } from '../../support/order-scenario';
import { describeLifecycles, phasesOf } from '../../support/provider-lifecycle';
import type { LifecycleWebhook } from '../../support/provider-lifecycle';
import { factsOf } from '../../support/sale-scenarios';

const base = { userId: 'u1', customerId: '7', subscriptionId: '42', startMs: 1_790_000_000_000, email: 'a@example.com' };
const scenarios: Readonly<Record<string, LemonSqueezyScenario>> = {
  'subscription without trial': { ...base, type: 'subscription', renewals: 2 },
  'free trial': { ...base, type: 'free_trial' },
  'free trial that has an invoice': { ...base, type: 'free_trial', hasTrialInvoice: true },
  'paid trial': { ...base, type: 'paid_trial' },
  'one-off': { ...base, type: 'lifetime' },
};

const webhookOf = ({ phase, event }: LemonSqueezyScenarioEvent): LifecycleWebhook => ({
  phase,
  facts: factsOf(lemonsqueezy, event),
});

describeLifecycles(
  Object.entries(scenarios).map(([title, scenario]) => {
    const events = lemonsqueezyEventsOf(scenario);
    return {
      title: `Lemon Squeezy ${title}`,
      type: scenario.type,
      phases: scenario.type === 'subscription' ? [...phasesOf.subscription, 'renewal'] : phasesOf[scenario.type],
      webhooks: events.map(webhookOf),
      permuted: permutedOf(events).map(webhookOf),
      subscription: '42',
      settle,
    };
  }),
);

describe('the sandbox of Lemon Squeezy', () => {
  it.each(Object.entries(scenarios))('repeats the name of each event of a %s in the header', (_, scenario) => {
    const events = lemonsqueezyEventsOf(scenario);
    expect(events.map(({ headers }) => headers['x-event-name'])).toEqual(events.map(({ event }) => event.meta.event_name));
  });
});

/** At most six webhooks that state facts; all that carry payments come first. */
function permutedOf(events: readonly LemonSqueezyScenarioEvent[]): readonly LemonSqueezyScenarioEvent[] {
  const carriesPayment = ({ event, phase }: LemonSqueezyScenarioEvent): boolean =>
    phase !== 'state' || event.meta.event_name === 'subscription_payment_success';
  const states = events.filter((event) => !carriesPayment(event) && webhookOf(event).facts.length > 0);
  return [...events.filter(carriesPayment), ...states].slice(0, 6);
}

/** Ends the wait for a state. */
function settle(order: Order): Order {
  order.nowMs += stateWaitMs;
  return order.applies([]).finish();
}
