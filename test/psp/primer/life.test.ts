import type { Phase, PurchaseType } from '../../../src/domain/fact';
import { primer } from '../../../src/psp/primer';
import { primerLife } from '../../../src/sandbox/primer-webhooks';
import type { PrimerLife, PrimerLifeEvent } from '../../../src/sandbox/primer-webhooks';
import { Order } from '../../support/order';

const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const types = Object.keys(phases) as PurchaseType[];
const rows = types.flatMap((type) => (['kind', 'subs_iteration'] as const).map((contract) => [type, contract] as const));

const lifeOf = (type: PurchaseType, contract: NonNullable<PrimerLife['contract']> = 'kind'): readonly PrimerLifeEvent[] =>
  primerLife({
    type,
    contract,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'cust-1',
    subscriptionId: 'sub_1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

/** All that the service makes of these webhooks, each reported as soon as it may be. */
function storyOf(events: readonly PrimerLifeEvent[]): Record<string, string> {
  const order = new Order('sub_1');
  for (const { event } of events) {
    const reading = primer.read(JSON.parse(JSON.stringify(event)), { roleOf: () => undefined });
    expect(reading.kind).not.toBe('unreadable');
    if (reading.kind === 'facts') order.hears(...reading.facts.map(({ fact }) => fact)).finish();
  }
  return order.story();
}

/** What was sent keeps its phase: of two that came the wrong way round, the later one may be the conversion. */
function sumOf(story: Record<string, string>): { payments: readonly string[]; phases: readonly string[] } {
  return { payments: Object.keys(story).sort(), phases: Object.values(story).sort() };
}

describe("the sandbox's Primer", () => {
  it.each(rows)('tells every phase of a %s once, in the order of time (%s)', (type, contract) => {
    const life = lifeOf(type, contract);
    expect(life.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[type]);
    const dates = life.map(({ event }) => event.date);
    expect(dates).toEqual([...dates].sort());
  });

  it.each(rows)('sends what the adapter reads: of a %s one purchase per phase (%s)', (type, contract) => {
    const story = storyOf(lifeOf(type, contract));
    expect(Object.values(story)).toEqual(phases[type].map((phase) => `${phase} sent`));
  });

  it('without any metadata has starts and renewals, of one subscription for each customer', () => {
    expect(Object.values(storyOf(lifeOf('subscription', 'none')))).toEqual(['conversion sent', 'renewal sent']);
  });
});

describe('whatever the order of arrival', () => {
  it.each(rows)('a %s comes to the same payments, and as many of each phase (%s)', (type, contract) => {
    const life = lifeOf(type, contract);
    const natural = sumOf(storyOf(life));
    for (const order of permutationsOf(life.filter(({ phase }) => phase !== 'state')))
      expect(sumOf(storyOf(order))).toEqual(natural);
    const early = storyOf(life.slice(0, 6));
    for (const order of permutationsOf(life.slice(0, 6))) expect(storyOf(order)).toEqual(early);
  });

  it.each(rows)('repetitions of a %s change nothing (%s)', (type, contract) => {
    const life = lifeOf(type, contract);
    expect(storyOf([...life, ...life])).toEqual(storyOf(life));
    expect(storyOf(life.flatMap((event) => [event, event]))).toEqual(storyOf(life));
  });
});

function permutationsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, index) =>
    permutationsOf([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}
