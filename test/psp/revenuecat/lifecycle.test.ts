import type { Phase, PurchaseType } from '../../../src/domain/fact';
import { revenuecat } from '../../../src/psp/revenuecat';
import { revenuecatEventsOf } from '../../../sandbox/revenuecat/webhooks';
import type { RevenuecatScenarioEvent } from '../../../sandbox/revenuecat/webhooks';
import { accountOf, factsOf, oneByOne } from '../../support/sale-scenarios';
import type { Told } from '../../support/sale-scenarios';
import type { Order } from '../../support/order-scenario';
import { orders } from '../../support/effort';

const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const types = Object.keys(phases) as PurchaseType[];

const lifeOf = (type: PurchaseType): readonly RevenuecatScenarioEvent[] =>
  revenuecatEventsOf({
    type,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'rc1',
    subscriptionId: 'tx1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

const heard = (events: readonly RevenuecatScenarioEvent[]): Told => events.map(({ event }) => factsOf(revenuecat, event));
const played = (told: Told): Order => oneByOne(told, 'tx1');

describe("the sandbox's RevenueCat", () => {
  it.each(types)('tells every phase of a %s once, in the order of time', (type) => {
    const life = lifeOf(type);
    expect(life.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[type]);
    const times = life.map(({ event }) => event.event.event_timestamp_ms);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(life.map(({ event }) => event.event.id)).size).toBe(life.length);
  });
});

describe('whatever the order of arrival', () => {
  it.each(types)('a %s comes to the same payments, and as many of each phase', (type) => {
    const life = heard(lifeOf(type));
    const natural = played(life);
    expect(Object.values(natural.outcomes()).sort()).toEqual(phases[type].map((phase) => `${phase} sent`).sort());
    for (const told of orders(life.slice(0, 6))) expect(accountOf(played(told))).toEqual(accountOf(natural));
  });

  it.each(types)('repetitions of a %s change nothing', (type) => {
    const life = heard(lifeOf(type));
    const story = played(life).outcomes();
    expect(played([...life, ...life]).outcomes()).toEqual(story);
    expect(played(life.flatMap((facts) => [facts, facts])).outcomes()).toEqual(story);
  });
});
