import type { Phase, PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import { stateWaitMs } from '../../../src/domain/transition';
import { lemonsqueezy } from '../../../src/psp/lemonsqueezy';
import { lemonsqueezyEventsOf } from '../../../sandbox/lemonsqueezy/webhooks';
import type { LemonSqueezyScenario, LemonSqueezyScenarioEvent } from '../../../sandbox/lemonsqueezy/webhooks';
import { accountOf, factsOf, inTime, oneByOne, together } from '../../support/sale-scenarios';
import type { Order } from '../../support/order-scenario';
import { orders } from '../../support/effort';

const base = { userId: 'u1', customerId: '7', subscriptionId: '42', startMs: 1_790_000_000_000, email: 'a@example.com' };
const lives: Readonly<Record<string, LemonSqueezyScenario>> = {
  'subscription without trial': { ...base, type: 'subscription', renewals: 2 },
  'free trial': { ...base, type: 'free_trial' },
  'free trial that has an invoice': { ...base, type: 'free_trial', hasTrialInvoice: true },
  'paid trial': { ...base, type: 'paid_trial' },
  'one-off': { ...base, type: 'lifetime' },
};
const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};

describe.each(Object.entries(lives))('a %s', (_, life) => {
  const events = lemonsqueezyEventsOf(life);
  const natural = settled(oneByOne(events.map(heard), '42'));

  it('is told by the sandbox, each phase once', () => {
    expect(events.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[life.type]);
    expect(events.every(({ event, headers }) => headers['x-event-name'] === event.meta.event_name)).toBe(true);
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
      expect(settled(together(told, '42')).outcomes()).toEqual(natural.outcomes());
      for (const each of nth % 24 === 0 ? [told, [...told, ...told]] : [told])
        expect(accountOf(settled(oneByOne(each, '42')))).toEqual(accountOf(natural));
    }
  });
});

/** At most six webhooks that say something: all that tell payments come first. */
function telling(events: readonly LemonSqueezyScenarioEvent[]): readonly LemonSqueezyScenarioEvent[] {
  const payments = events.filter(
    ({ event, phase }) => phase !== 'state' || event.meta.event_name === 'subscription_payment_success',
  );
  const states = events.filter(
    ({ event, phase }) => phase === 'state' && event.meta.event_name !== 'subscription_payment_success',
  );
  return [...payments, ...states.filter((event) => heard(event).length > 0)].slice(0, 6);
}

/** Whatever waited for a state waits no more. */
function settled(order: Order): Order {
  order.nowMs += stateWaitMs;
  return order.applies([]).finish();
}

function heard({ event }: LemonSqueezyScenarioEvent): readonly SubscriptionFact[] {
  return factsOf(lemonsqueezy, event);
}
