import type { PurchaseType } from '../../../src/domain/fact';
import { revenuecat } from '../../../src/psp/revenuecat';
import { revenuecatEvent, revenuecatEventsOf } from '../../../sandbox/revenuecat/webhooks';
import type { RevenuecatScenarioEvent } from '../../../sandbox/revenuecat/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { factsOf, oneByOne, together } from '../../support/sale-scenarios';

const eventsOf = (type: PurchaseType): readonly RevenuecatScenarioEvent[] =>
  revenuecatEventsOf({
    type,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'rc1',
    subscriptionId: 'tx1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

describeLifecycles(
  purchaseTypes.map((type) => ({
    title: `RevenueCat ${type}`,
    type,
    phases: phasesOf[type],
    subscription: 'tx1',
    webhooks: eventsOf(type).map(({ phase, event }) => ({ phase, facts: factsOf(revenuecat, event) })),
  })),
);

describe('the sandbox of RevenueCat', () => {
  it.each(purchaseTypes)('plays a %s in the order of time, each event with an id of its own', (type) => {
    const events = eventsOf(type).map(({ event }) => event.event);
    const times = events.map((event) => event.event_timestamp_ms);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });
});

describe('an introductory price of three periods', () => {
  const startMs = Date.UTC(2026, 10, 1, 12);
  const weekMs = 7 * 86_400_000;
  const periods = ['INTRO', 'INTRO', 'INTRO', 'NORMAL', 'NORMAL'].map((period, index) => {
    const atMs = startMs + index * weekMs;
    const scenario = { type: 'paid_trial', customerId: 'rc1', subscriptionId: 'tx1', startMs } as const;
    const amount = period === 'INTRO' ? 199 : 1999;
    const more = { period_type: period, is_trial_conversion: false };
    const event = { index: index + 1, atMs, untilMs: atMs + weekMs, amount, more };
    return factsOf(revenuecat, revenuecatEvent(scenario, index === 0 ? 'INITIAL_PURCHASE' : 'RENEWAL', event));
  });
  const phases = ['trial_start sent', 'renewal sent', 'renewal sent', 'conversion sent', 'renewal sent'];

  it('has its conversion in the first period at the normal price', () => {
    expect(Object.values(oneByOne(periods, 'tx1').outcomes())).toEqual(phases);
    expect(Object.values(together([...periods].reverse(), 'tx1').outcomes()).sort()).toEqual([...phases].sort());
  });

  it('has no trial start and no conversion when only its later periods are seen', () => {
    const seen = oneByOne(periods.slice(4), 'tx1').outcomes();
    expect(Object.values(seen)).toEqual(['renewal sent']);
  });
});

it('a purchase at an unknown price is sent without value, a trial with none to pay', () => {
  const scenario = { type: 'free_trial', customerId: 'rc1', subscriptionId: 'tx1', startMs: Date.UTC(2026, 10, 1, 12) } as const;
  const facts = revenuecatEventsOf(scenario).map(({ event: { event } }) =>
    factsOf(revenuecat, { event: { ...event, price: null, price_in_purchased_currency: null } }),
  );
  const order = oneByOne(facts, 'tx1');
  expect(order.sent.map(({ record }) => [record.phase, record.value])).toEqual([
    ['trial_start', { amountMinor: 0, currency: 'USD' }],
    ['conversion', null],
    ['renewal', null],
  ]);
});
