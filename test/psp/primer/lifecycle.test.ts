import type { Phase, PurchaseType } from '../../../src/domain/fact';
import { primer } from '../../../src/psp/primer';
import { primerEventsOf } from '../../../sandbox/primer/webhooks';
import type { PrimerScenario, PrimerScenarioEvent } from '../../../sandbox/primer/webhooks';
import { accountOf, factsOf, oneByOne, permutations } from '../../support/sale-scenarios';
import type { Told } from '../../support/sale-scenarios';

const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const types = Object.keys(phases) as PurchaseType[];
const rows = types.flatMap((type) => (['kind', 'subs_iteration'] as const).map((contract) => [type, contract] as const));

const lifeOf = (type: PurchaseType, contract: NonNullable<PrimerScenario['contract']> = 'kind'): readonly PrimerScenarioEvent[] =>
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

const heard = (events: readonly PrimerScenarioEvent[]): Told => events.map(({ event }) => factsOf(primer, event));

describe("the sandbox's Primer", () => {
  it.each(rows)('tells every phase of a %s once, in the order of time (%s)', (type, contract) => {
    const life = lifeOf(type, contract);
    expect(life.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[type]);
    const dates = life.map(({ event }) => event.date);
    expect(dates).toEqual([...dates].sort());
  });

  it.each(rows)('sends what the adapter reads: of a %s one purchase per phase (%s)', (type, contract) => {
    const story = oneByOne(heard(lifeOf(type, contract))).story();
    expect(Object.values(story)).toEqual(phases[type].map((phase) => `${phase} sent`));
  });

  it('without any metadata has starts and renewals, of one subscription for each customer', () => {
    expect(Object.values(oneByOne(heard(lifeOf('subscription', 'none'))).story())).toEqual(['conversion sent', 'renewal sent']);
  });
});

describe('whatever the order of arrival', () => {
  it.each(rows)('a %s comes to the same payments, and as many of each phase (%s)', (type, contract) => {
    const life = lifeOf(type, contract);
    const natural = accountOf(oneByOne(heard(life)));
    const payments = heard(life.filter(({ phase }) => phase !== 'state'));
    for (const told of permutations(payments)) expect(accountOf(oneByOne(told))).toEqual(natural);
    const early = heard(life.slice(0, 6));
    const story = oneByOne(early).story();
    for (const told of permutations(early)) expect(oneByOne(told).story()).toEqual(story);
  });

  it.each(rows)('repetitions of a %s change nothing (%s)', (type, contract) => {
    const life = heard(lifeOf(type, contract));
    const story = oneByOne(life).story();
    expect(oneByOne([...life, ...life]).story()).toEqual(story);
    expect(oneByOne(life.flatMap((facts) => [facts, facts])).story()).toEqual(story);
  });
});
