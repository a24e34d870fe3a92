import type { PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { stripe } from '../../../src/psp/stripe';
import { stripeEventsOf } from '../../../sandbox/stripe/webhooks';
import type { StripeVersion } from '../../../sandbox/stripe/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { factsOf } from '../../support/sale-scenarios';

const eventsOf = (type: PurchaseType, version: StripeVersion) =>
  stripeEventsOf({
    type,
    version,
    userId: 'u1',
    customerId: 'cus_1',
    subscriptionId: 'sub_1',
    startMs: 1_790_000_000_000,
    email: 'a@example.com',
  });

describeLifecycles(
  purchaseTypes.flatMap((type) =>
    (['basil', 'acacia'] as const).map((version) => ({
      title: `Stripe ${type} (${version})`,
      type,
      phases: phasesOf[type],
      webhooks: eventsOf(type, version).map(({ phase, event }) => ({ phase, facts: factsOf(stripe, event) })),
    })),
  ),
);

it.each(purchaseTypes)('the first payment of a %s shows its type without metadata', (type) => {
  for (const version of ['basil', 'acacia'] as const) {
    const payments = eventsOf(type, version).flatMap(({ event }) => factsOf(stripe, event).filter(isPayment));
    expect(payments[0]?.inferredType).toBe(type);
  }
});

describe('the sandbox of Stripe', () => {
  it('gives every event an id of its own, in the order of time', () => {
    const events = eventsOf('paid_trial', 'basil').map(({ event }) => event);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(events.map(({ created }) => created)).toEqual([...events.map(({ created }) => created)].sort((a, b) => a - b));
  });
});
