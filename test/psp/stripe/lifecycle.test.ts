import type { Phase, PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { stripe } from '../../../src/psp/stripe';
import { stripeEventsOf } from '../../../sandbox/stripe/webhooks';
import type { StripeVersion } from '../../../sandbox/stripe/webhooks';

const context = { roleOf: () => undefined };
const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const rows = (Object.keys(phases) as PurchaseType[]).flatMap((type) =>
  (['basil', 'acacia'] as const).map((version) => [type, version] as const),
);

describe("the sandbox's Stripe", () => {
  const lifeOf = (type: PurchaseType, version: StripeVersion) =>
    stripeEventsOf({
      type,
      version,
      userId: 'u1',
      customerId: 'cus_1',
      subscriptionId: 'sub_1',
      startMs: 1_790_000_000_000,
      email: 'a@example.com',
    });

  it.each(rows)('tells every phase of a %s once (%s)', (type, version) => {
    const told = lifeOf(type, version).flatMap(({ phase }) => (phase === 'state' ? [] : [phase]));
    expect(told).toEqual(phases[type]);
  });

  it.each(rows)('sends what the adapter reads: of a %s one payment per phase (%s)', (type, version) => {
    const payments = lifeOf(type, version).flatMap(({ event }) => {
      const reading = stripe.read(event, context);
      expect(reading.kind).not.toBe('unreadable');
      return reading.kind === 'facts' ? reading.facts.map(({ fact }) => fact).filter(isPayment) : [];
    });
    expect(new Set(payments.map(({ moneyId }) => moneyId)).size).toBe(phases[type].length);
    expect(payments[0]?.inferredType).toBe(type);
  });

  it('gives every event an id of its own, in the order of time', () => {
    const events = lifeOf('paid_trial', 'basil').map(({ event }) => event);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(events.map(({ created }) => created)).toEqual([...events.map(({ created }) => created)].sort((a, b) => a - b));
  });
});
