import type { PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { solidgate } from '../../../src/psp/solidgate';
import { solidgateEventsOf, solidgateSubscription } from '../../../sandbox/solidgate/webhooks';
import type { SolidgateScenario, SolidgateScenarioEvent } from '../../../sandbox/solidgate/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { accountOf, factsOf, oneByOne, together } from '../../support/sale-scenarios';
import { orders } from '../../support/effort';

type Fields = Readonly<Record<string, object>>;
type SubscriptionFacts = readonly SubscriptionFact[];

function eventsOf(type: PurchaseType, gate: NonNullable<SolidgateScenario['gate']> = 'card'): readonly SolidgateScenarioEvent[] {
  return solidgateEventsOf({
    type,
    gate,
    userId: 'u1',
    customerId: 'acc_1',
    subscriptionId: 'sub_1',
    startMs: 1_790_000_000_000,
    email: 'a@example.com',
  });
}

describeLifecycles(
  purchaseTypes.flatMap((type) =>
    (['card', 'alt'] as const).map((gate) => ({
      title: `Solidgate ${type} (${gate})`,
      type,
      phases: phasesOf[type],
      webhooks: eventsOf(type, gate).map(({ phase, event, headers }) => ({ phase, facts: factsOf(solidgate, event, headers) })),
    })),
  ),
);

it.each(purchaseTypes)('the first payment of a %s shows its type without metadata', (type) => {
  for (const gate of ['card', 'alt'] as const) {
    const facts = eventsOf(type, gate).flatMap(({ event, headers }) => factsOf(solidgate, event, headers));
    expect(facts.filter(isPayment)[0]?.inferredType).toBe(type);
  }
});

describe('the sandbox of Solidgate', () => {
  it('gives every event an id of its own', () => {
    const ids = eventsOf('paid_trial').map(({ headers }) => headers['solidgate-event-id']);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

it('without the order events, which name only the buyer, the account is the same', () => {
  const events = eventsOf('paid_trial');
  const snapshots = events.filter(({ headers }) => headers['solidgate-event-type'] === 'subscription.updated.v2');
  const account = (of: readonly SolidgateScenarioEvent[]) =>
    accountOf(oneByOne(of.map(({ event, headers }) => factsOf(solidgate, event, headers))));
  expect(account(snapshots)).toEqual(account(events));
});

describe('a free trial whose invoice has no order', () => {
  const withoutOrder = ({ event, headers }: SolidgateScenarioEvent): SubscriptionFacts => {
    const snapshot = event as { readonly subscription?: { readonly trial?: boolean }; readonly invoices?: Fields };
    if (snapshot.subscription?.trial !== true) return factsOf(solidgate, event, headers);
    const invoices = Object.entries(snapshot.invoices ?? {}).map(([id, invoice]) => [id, { ...invoice, orders: {} }] as const);
    return factsOf(solidgate, { ...event, invoices: Object.fromEntries(invoices) }, headers);
  };

  it('starts all the same, and converts, in any order', () => {
    const facts = eventsOf('free_trial')
      .filter(({ headers }) => headers['solidgate-event-type'] === 'subscription.updated.v2')
      .map(withoutOrder)
      .filter((told) => told.length > 0);
    for (const arrivals of orders(facts)) {
      expect(together(arrivals).outcomes()).toEqual({
        'sub_1:trial': 'trial_start sent',
        'order-sub_1-1': 'conversion sent',
        'order-sub_1-2': 'renewal sent',
      });
      expect(accountOf(oneByOne(arrivals))).toEqual(accountOf(oneByOne(facts)));
    }
  });
});

describe('what is restored', () => {
  const startMs = 1_790_000_000_000;
  const told = (callback: string, atMs: number): SubscriptionFacts => {
    const buyer = { type: 'subscription' as const, customerId: 'acc_1', subscriptionId: 'sub_1', startMs };
    const period = { term: 1, index: 0, startMs, endMs: startMs + 2_592_000_000, amount: 1999 };
    const body = solidgateSubscription(buyer, callback, period) as { readonly subscription: Fields };
    const at = new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
    const changed = { updated_at: at, ...(callback === 'cancel' ? { cancelled_at: at, cancellation_requested_at: at } : {}) };
    return factsOf(solidgate, { ...body, subscription: { ...body.subscription, ...changed } });
  };
  const cancelled = told('cancel', startMs + 86_400_000);
  const scheduled = told('scheduled_for_cancellation', startMs + 86_400_000);
  const restored = told('restore', startMs + 2 * 86_400_000);

  it.each([
    ['after its end', [told('active', startMs), cancelled, restored], 'active'],
    ['before its end', [told('active', startMs), scheduled, restored], 'active'],
    ['and cancelled once more', [told('active', startMs), restored, told('cancel', startMs + 3 * 86_400_000)], 'ended'],
  ])('%s: in any order its state is right', (_, facts, status) => {
    for (const arrivals of orders(facts)) {
      const order = oneByOne(arrivals);
      expect(order.state.status).toBe(status);
      expect(order.outcomes()).toEqual({ 'order-sub_1-0': 'conversion sent' });
    }
  });
});
