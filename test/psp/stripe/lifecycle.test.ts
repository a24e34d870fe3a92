import type { PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { stripe } from '../../../src/psp/stripe';
import { stripeEventsOf } from '../../../sandbox/stripe/webhooks';
import type { StripeVersion } from '../../../sandbox/stripe/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { Order } from '../../support/order-scenario';
import { factsOf, inTime, readOf } from '../../support/sale-scenarios';

type StripeEvent = ReturnType<typeof eventsOf>[number]['event'];

const eventsOf = (type: PurchaseType, version: StripeVersion, who: { userId?: string } = { userId: 'u1' }) =>
  stripeEventsOf({
    type,
    version,
    ...who,
    customerId: 'cus_1',
    subscriptionId: 'sub_1',
    startMs: 1_790_000_000_000,
    email: 'a@example.com',
  });

/** What an event says of the sale's own order: a PaymentIntent that may be an invoice's makes another one, until it is merged. */
const ownFacts = (type: PurchaseType, event: StripeEvent) =>
  readOf(stripe, event).flatMap(({ subscription, fact }) =>
    subscription === (type === 'lifetime' ? 'pi_1_0' : 'sub_1') ? [fact] : [],
  );

/** The merchant's own description on the PaymentIntents of invoices: then nothing shows that they are an invoice's. */
const described = ({ data, ...event }: StripeEvent): StripeEvent => ({
  ...event,
  data: { ...data, object: 'amount_received' in data.object ? { ...data.object, description: 'Premium' } : data.object },
});

describeLifecycles(
  purchaseTypes.flatMap((type) =>
    (['basil', 'acacia'] as const).map((version) => ({
      title: `Stripe ${type} (${version})`,
      type,
      phases: phasesOf[type],
      webhooks: eventsOf(type, version).map(({ phase, event }) => ({ phase, facts: ownFacts(type, event) })),
    })),
  ),
);

describe.each(purchaseTypes)('given a Stripe %s of an unknown buyer', (type) => {
  const events = eventsOf(type, 'basil', {});
  const payments = events.filter(({ phase }) => phase !== 'state');
  const unknown = () => new Order('sub_1', undefined, undefined, { userKeys: [] });

  it('when nothing but its payments comes, then each is sent in its phase once its wait is over', () => {
    const order = unknown();
    for (const { event } of payments) {
      order.nowMs = event.created * 1000;
      order.receives(...ownFacts(type, event)).finish();
      order.nowMs += 20_000;
      order.applies([]).finish();
    }
    expect(inTime(order).map(({ phase, state }) => [phase, state])).toEqual(phasesOf[type].map((phase) => [phase, 'sent']));
  });

  if (type === 'lifetime') return;

  it('when its first payment comes, then it waits for the subscription and the session, in either order', () => {
    const [first] = payments;
    const states = events.filter(({ event }) => /subscription.created|session.completed/.test(event.type));
    expect(states).toHaveLength(2);
    for (const order of [states, [...states].reverse()]) {
      const sale = unknown();
      sale.nowMs = first!.event.created * 1000;
      const underWay = [first!, ...order].map(({ event }) => sale.receives(...ownFacts(type, event)).underWay.length);
      expect(underWay).toEqual([0, 0, 1]);
    }
  });
});

it.each(['subscription', 'free_trial', 'paid_trial'] as const)(
  'the PaymentIntents of a %s that the merchant describes wait as other orders, until an event says whose they are',
  (type) => {
    const events = eventsOf(type, 'basil').map(({ event }) => described(event));
    const readings = events.map((event) => stripe.read(event, { roleOf: () => undefined }));
    const apart = events.flatMap((event) => readOf(stripe, event)).filter(({ subscription }) => subscription !== 'sub_1');
    const charged = events.filter((event) => event.type === 'payment_intent.succeeded').map(({ data }) => data.object['id']);
    expect(charged.length).toBeGreaterThan(1);
    expect(apart.map(({ subscription }) => subscription)).toEqual(charged);
    for (const { fact } of apart) expect(fact).toMatchObject({ kind: 'one_off', awaits: ['buyer', 'order'] });
    const linked = readings.flatMap((reading) => (reading.kind === 'ignored' ? (reading.links ?? []) : []));
    expect(linked.map(({ id }) => id)).toEqual(charged);
    // Once it is known to be another one's, it is gone.
    const { fact } = apart[0]!;
    const order = new Order('pi_1_0').receives(fact);
    const merged = { kind: 'merged' as const, occurredAtMs: fact.occurredAtMs, moneyId: String(charged[0]) };
    expect(order.records()).toHaveProperty(merged.moneyId);
    expect(order.receives(merged).records()).toEqual({});
    expect(order.sent).toEqual([]);
  },
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
