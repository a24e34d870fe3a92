import type { PurchaseType } from '../../../src/domain/fact';
import { primer } from '../../../src/psp/primer';
import { primerEventsOf } from '../../../sandbox/primer/webhooks';
import type { PrimerScenario, PrimerScenarioEvent } from '../../../sandbox/primer/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { factsOf, oneByOne } from '../../support/sale-scenarios';
import { orders } from '../../support/effort';

const eventsOf = (
  type: PurchaseType,
  contract: NonNullable<PrimerScenario['contract']> = 'kind',
): readonly PrimerScenarioEvent[] =>
  primerEventsOf({
    type,
    contract,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'cust-1',
    subscriptionId: 'sub_1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

const rows = purchaseTypes.flatMap((type) => (['kind', 'subs_iteration'] as const).map((contract) => [type, contract] as const));

describeLifecycles(
  rows.map(([type, contract]) => ({
    title: `Primer ${type} (metadata: ${contract})`,
    type,
    phases: phasesOf[type],
    webhooks: eventsOf(type, contract).map(({ phase, event }) => ({ phase, facts: factsOf(primer, event) })),
  })),
);

describe('the sandbox of Primer', () => {
  it.each(rows)('plays a %s in the order of time (%s)', (type, contract) => {
    const dates = eventsOf(type, contract).map(({ event }) => event.date);
    expect(dates).toEqual([...dates].sort());
  });
});

it.each(rows)('each payment of a %s keeps its phase in every order of the first six webhooks (%s)', (type, contract) => {
  const early = eventsOf(type, contract)
    .slice(0, 6)
    .map(({ event }) => factsOf(primer, event));
  const outcomes = oneByOne(early).outcomes();
  for (const order of orders(early)) expect(oneByOne(order).outcomes()).toEqual(outcomes);
});

it('without metadata, the payments of a customer are the start and the renewals of one subscription', () => {
  const facts = eventsOf('subscription', 'none').map(({ event }) => factsOf(primer, event));
  expect(Object.values(oneByOne(facts).outcomes())).toEqual(['conversion sent', 'renewal sent']);
});
