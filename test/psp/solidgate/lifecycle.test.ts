/** Whole lives through the adapter and the domain: any order and any repetition of the webhooks gives the same account. */
import type { Phase, PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { solidgate } from '../../../src/psp/solidgate';
import { solidgateEventsOf } from '../../../sandbox/solidgate/webhooks';
import type { SolidgateScenario, SolidgateScenarioEvent } from '../../../sandbox/solidgate/webhooks';
import { accountOf, factsOf, oneByOne, together } from '../../support/sale-scenarios';
import type { Told } from '../../support/sale-scenarios';
import { orders } from '../../support/effort';

const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const rows = (Object.keys(phases) as PurchaseType[]).flatMap((type) =>
  (['card', 'alt'] as const).map((gate) => [type, gate] as const),
);

function lifeOf(type: PurchaseType, gate: SolidgateScenario['gate'] = 'card'): readonly SolidgateScenarioEvent[] {
  const life = {
    type,
    userId: 'u1',
    customerId: 'acc_1',
    subscriptionId: 'sub_1',
    startMs: 1_790_000_000_000,
    email: 'a@example.com',
  };
  return solidgateEventsOf({ ...life, ...(gate === undefined ? {} : { gate }) });
}

const heard = (events: readonly SolidgateScenarioEvent[]): Told =>
  events.map(({ event, headers }) => factsOf(solidgate, event, headers));

/** Heard one by one, how many payments of each phase; heard together, also which payment has which. */
function outcomeOf(told: Told): unknown {
  return [accountOf(oneByOne(told)), Object.entries(together(told).outcomes()).sort()];
}

describe("the sandbox's Solidgate", () => {
  it.each(rows)('tells every phase of a %s once (%s)', (type, gate) => {
    expect(lifeOf(type, gate).flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[type]);
  });

  it.each(rows)('sends what the adapter reads: of a %s one payment per phase (%s)', (type, gate) => {
    const payments = heard(lifeOf(type, gate)).flat().filter(isPayment);
    expect(new Set(payments.map(({ moneyId }) => moneyId)).size).toBe(phases[type].length);
    expect(payments[0]?.inferredType).toBe(type);
  });

  it('gives every event an id of its own', () => {
    const ids = lifeOf('paid_trial').map(({ headers }) => headers['solidgate-event-id']);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a life by Solidgate', () => {
  it.each(rows)('is reported phase by phase, each payment once: %s (%s)', (type, gate) => {
    expect(oneByOne(heard(lifeOf(type, gate))).sent.map(({ record }) => [record.phase, record.purchaseType])).toEqual(
      phases[type].map((phase) => [phase, type]),
    );
  });

  it.each(Object.keys(phases) as PurchaseType[])('gives the same account in every order of its webhooks: %s', (type) => {
    const told = lifeOf(type);
    // Up to six: all payments, and the events around the first of them.
    const payments = told.filter(({ phase }) => phase !== 'state');
    const others = told.filter(({ phase }) => phase === 'state').slice(0, 6 - payments.length);
    const some = heard([...payments, ...others]);
    const expected = JSON.stringify(outcomeOf(some));
    expect(orders(some).filter((order) => JSON.stringify(outcomeOf(order)) !== expected)).toEqual([]);
  });

  it.each(rows)('changes nothing when its webhooks come twice: %s (%s)', (type, gate) => {
    const told = heard(lifeOf(type, gate));
    const account = accountOf(oneByOne(told));
    expect(accountOf(oneByOne([...told, ...told]))).toEqual(account);
    expect(accountOf(oneByOne(told.flatMap((one) => [one, one])))).toEqual(account);
  });

  it('is whole without the order events, which tell only the buyer', () => {
    const told = lifeOf('paid_trial');
    const snapshots = told.filter(({ headers }) => headers['solidgate-event-type'] === 'subscription.updated.v2');
    expect(accountOf(oneByOne(heard(snapshots)))).toEqual(accountOf(oneByOne(heard(told))));
  });
});
