import type { PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { solidgate } from '../../../src/psp/solidgate';
import { solidgateEventsOf } from '../../../sandbox/solidgate/webhooks';
import type { SolidgateScenario, SolidgateScenarioEvent } from '../../../sandbox/solidgate/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { accountOf, factsOf, oneByOne } from '../../support/sale-scenarios';

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
