import type { PurchaseType } from '../../../src/domain/fact';
import { revenuecat } from '../../../src/psp/revenuecat';
import { revenuecatEventsOf } from '../../../sandbox/revenuecat/webhooks';
import type { RevenuecatScenarioEvent } from '../../../sandbox/revenuecat/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { factsOf } from '../../support/sale-scenarios';

const eventsOf = (type: PurchaseType): readonly RevenuecatScenarioEvent[] =>
  revenuecatEventsOf({
    type,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'rc1',
    subscriptionId: 'tx1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

describeLifecycles(
  purchaseTypes.map((type) => ({
    title: `RevenueCat ${type}`,
    type,
    phases: phasesOf[type],
    subscription: 'tx1',
    webhooks: eventsOf(type).map(({ phase, event }) => ({ phase, facts: factsOf(revenuecat, event) })),
  })),
);

describe('the sandbox of RevenueCat', () => {
  it.each(purchaseTypes)('plays a %s in the order of time, each event with an id of its own', (type) => {
    const events = eventsOf(type).map(({ event }) => event.event);
    const times = events.map((event) => event.event_timestamp_ms);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });
});
