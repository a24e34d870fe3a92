import type { Phase, PurchaseType } from '../../../src/domain/fact';
import { revenuecat } from '../../../src/psp/revenuecat';
import { revenuecatLife } from '../../../src/sandbox/revenuecat-webhooks';
import type { RevenuecatLifeEvent } from '../../../src/sandbox/revenuecat-webhooks';
import { Order } from '../../support/order';

const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const types = Object.keys(phases) as PurchaseType[];

const lifeOf = (type: PurchaseType): readonly RevenuecatLifeEvent[] =>
  revenuecatLife({
    type,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'rc1',
    subscriptionId: 'tx1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

/** All that the service makes of these webhooks, each reported as soon as it may be. */
function storyOf(events: readonly RevenuecatLifeEvent[]): Record<string, string> {
  const order = new Order('tx1');
  for (const { event } of events) {
    const reading = revenuecat.read(JSON.parse(JSON.stringify(event)), { roleOf: () => undefined });
    expect(reading.kind).not.toBe('unreadable');
    if (reading.kind === 'facts') order.hears(...reading.facts.map(({ fact }) => fact)).finish();
  }
  return order.story();
}

/** What was sent keeps its phase: of two that came the wrong way round, the later one may be the conversion. */
function sumOf(story: Record<string, string>): { payments: readonly string[]; phases: readonly string[] } {
  return { payments: Object.keys(story).sort(), phases: Object.values(story).sort() };
}

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
    const life = lifeOf(type);
    const natural = storyOf(life);
    expect(Object.values(natural).sort()).toEqual(phases[type].map((phase) => `${phase} sent`).sort());
    for (const order of permutationsOf(life.slice(0, 6))) expect(sumOf(storyOf(order))).toEqual(sumOf(natural));
  });

  it.each(types)('repetitions of a %s change nothing', (type) => {
    const life = lifeOf(type);
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
