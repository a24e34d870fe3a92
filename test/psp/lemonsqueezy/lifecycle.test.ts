import { stateWaitMs } from '../../../src/domain/transition';
import { lemonsqueezy } from '../../../src/psp/lemonsqueezy';
import { lemonsqueezyEventsOf } from '../../../sandbox/lemonsqueezy/webhooks';
import type { LemonSqueezyScenario, LemonSqueezyScenarioEvent } from '../../../sandbox/lemonsqueezy/webhooks';
import { orders } from '../../support/effort';
import { mapStore } from '../../support/map-store';
import type { Order } from '../../support/order-scenario';
import { describeLifecycles, phasesOf } from '../../support/provider-lifecycle';
import type { LifecycleWebhook } from '../../support/provider-lifecycle';
import { readOf } from '../../support/sale-scenarios';
import { SimulatedRelay } from '../../support/simulated-relay';

const base = { userId: 'u1', customerId: '7', subscriptionId: '42', startMs: 1_790_000_000_000, email: 'a@example.com' };
const scenarios: Readonly<Record<string, LemonSqueezyScenario>> = {
  'subscription without trial': { ...base, type: 'subscription', renewals: 2 },
  'free trial': { ...base, type: 'free_trial' },
  'free trial that has an invoice': { ...base, type: 'free_trial', hasTrialInvoice: true },
  'paid trial': { ...base, type: 'paid_trial' },
  'one-off': { ...base, type: 'lifetime' },
};

/** The facts of the subscription, or of a one-off's order. The order of a subscription's checkout is one of its own; below. */
const webhooksOf =
  ({ type }: LemonSqueezyScenario) =>
  ({ phase, event }: LemonSqueezyScenarioEvent): LifecycleWebhook => {
    const order = type === 'lifetime' ? 'order_420' : '42';
    return {
      phase,
      facts: readOf(lemonsqueezy, event).flatMap(({ fact, subscription }) => (subscription === order ? [fact] : [])),
    };
  };

describeLifecycles(
  Object.entries(scenarios).map(([title, scenario]) => {
    const events = lemonsqueezyEventsOf(scenario);
    const webhookOf = webhooksOf(scenario);
    return {
      title: `Lemon Squeezy ${title}`,
      type: scenario.type,
      phases: scenario.type === 'subscription' ? [...phasesOf.subscription, 'renewal'] : phasesOf[scenario.type],
      webhooks: events.map(webhookOf),
      permuted: permutedOf(events, webhookOf).map(webhookOf),
      subscription: scenario.type === 'lifetime' ? 'order_420' : '42',
      settle,
    };
  }),
);

describe('the sandbox of Lemon Squeezy', () => {
  it.each(Object.entries(scenarios))('repeats the name of each event of a %s in the header', (_, scenario) => {
    const events = lemonsqueezyEventsOf(scenario);
    expect(events.map(({ headers }) => headers['x-event-name'])).toEqual(events.map(({ event }) => event.meta.event_name));
  });
});

/** At most six webhooks that state facts; all that carry payments come first. */
function permutedOf(
  events: readonly LemonSqueezyScenarioEvent[],
  webhookOf: (event: LemonSqueezyScenarioEvent) => LifecycleWebhook,
): readonly LemonSqueezyScenarioEvent[] {
  const carriesPayment = ({ event, phase }: LemonSqueezyScenarioEvent): boolean =>
    phase !== 'state' || event.meta.event_name === 'subscription_payment_success';
  const states = events.filter((event) => !carriesPayment(event) && webhookOf(event).facts.length > 0);
  return [...events.filter(carriesPayment), ...states].slice(0, 6);
}

/** Ends the wait for a state. */
function settle(order: Order): Order {
  order.nowMs += stateWaitMs;
  return order.applies([]).finish();
}

describe('the order of a checkout', () => {
  const checkoutOf = (type: LemonSqueezyScenario['type'], metadata: Record<string, string> = {}): readonly unknown[] => {
    const events = lemonsqueezyEventsOf({ ...base, type, metadata }).map(({ event }) => event);
    return events.filter(({ data }) => data.attributes['created_at'] === new Date(base.startMs).toISOString());
  };
  const played = async (bodies: readonly unknown[]): Promise<SimulatedRelay> => {
    const relay = new SimulatedRelay({ store: mapStore(), startMs: base.startMs });
    for (const body of bodies) await relay.receives('lemonsqueezy', body);
    return relay;
  };

  it.each<[LemonSqueezyScenario['type'], string, number | null]>([
    ['subscription', 'invoice_42001', 19.99],
    ['free_trial', '42:trial', null],
    ['paid_trial', 'invoice_42001', 1],
  ])('of a %s is its first purchase, in every order of the webhooks', async (type, moneyId, value) => {
    for (const bodies of orders(checkoutOf(type))) {
      const relay = await played(bodies);
      await relay.passes(2 * stateWaitMs);
      expect(relay.sent().map((event) => event.value)).toEqual([value]);
      expect(Object.keys(await relay.records())).toEqual([moneyId]);
    }
  });

  const [order] = lemonsqueezyEventsOf({ ...base, type: 'subscription' });

  it('without a subscription is a one-off, after a bounded wait', async () => {
    const relay = await played([order?.event]);
    await relay.passes(stateWaitMs - 1);
    expect(relay.sent()).toEqual([]);
    await relay.passes(1_000);
    expect(relay.sent()).toMatchObject([{ eventId: 'lemonsqueezy:order_420', value: 19.99 }]);
    expect(await relay.records()).toMatchObject({ order_420: { purchaseType: 'lifetime', phase: 'conversion' } });
  });

  it('that the merchant declares a one-off does not wait', async () => {
    const relay = await played(checkoutOf('lifetime'));
    await relay.passes(1_000);
    expect(relay.sent()).toMatchObject([{ eventId: 'lemonsqueezy:order_420', value: 19.99 }]);
  });

  it('of another subscription is not its first purchase', async () => {
    const others = lemonsqueezyEventsOf({ ...base, subscriptionId: '43', type: 'subscription' })[0];
    const relay = await played([...checkoutOf('subscription'), others?.event]);
    await relay.passes(2 * stateWaitMs);
    expect(Object.keys(await relay.records()).sort()).toEqual(['invoice_42001', 'order_430']);
  });
});

describe('a trial with a set-up fee that the merchant does not declare', () => {
  const events = lemonsqueezyEventsOf({ ...base, type: 'paid_trial', renewals: 0 }).map(({ event: { meta, data } }) => ({
    meta: { event_name: meta.event_name },
    data,
  }));

  it.each([
    ['as Lemon Squeezy sends it', events],
    ['with its invoice first', [events[3], ...events.filter((event) => event !== events[3])]],
  ])('is a paid trial, %s', async (_, bodies) => {
    const relay = new SimulatedRelay({ store: mapStore(), startMs: base.startMs });
    for (const body of bodies.slice(0, 4)) await relay.receives('lemonsqueezy', body);
    await relay.passes(2 * stateWaitMs);
    for (const body of bodies.slice(4)) await relay.receives('lemonsqueezy', body, { atMs: relay.nowMs + 7 * 86_400_000 });
    await relay.passes(2 * stateWaitMs);
    expect(relay.sent().map(({ value }) => value)).toEqual([1, 19.99]);
    expect(Object.values(await relay.records())).toMatchObject([
      { moneyId: 'invoice_42001', phase: 'trial_start', purchaseType: 'paid_trial' },
      { moneyId: 'invoice_42002', phase: 'conversion', purchaseType: 'paid_trial' },
    ]);
  });
});
