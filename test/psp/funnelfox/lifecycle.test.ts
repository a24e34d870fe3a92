import type { PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import { funnelfox } from '../../../src/psp/funnelfox';
import { funnelfoxEventsOf, funnelfoxOrder } from '../../../sandbox/funnelfox/webhooks';
import type { FunnelfoxScenarioEvent } from '../../../sandbox/funnelfox/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { accountOf, factsOf, oneByOne, together } from '../../support/sale-scenarios';
import type { Told } from '../../support/sale-scenarios';
import { Order } from '../../support/order-scenario';
import { orders } from '../../support/effort';

type SubscriptionFacts = readonly SubscriptionFact[];

const startMs = 1_790_000_000_000;
const dayMs = 86_400_000;

function eventsOf(type: PurchaseType): readonly FunnelfoxScenarioEvent[] {
  return funnelfoxEventsOf({
    type,
    userId: 'u1',
    customerId: 'ext_1',
    subscriptionId: 'sub_1',
    startMs,
    email: 'a@example.com',
  });
}

/** Whatever was waited for has not come. */
function ended(order: Order): Order {
  order.nowMs = order.state.lastAcceptedAtMs + 20_000;
  return order.applies([]).finish();
}

const factsIn = (events: readonly FunnelfoxScenarioEvent[]): Told => events.map(({ event }) => factsOf(funnelfox, event));

describeLifecycles(
  purchaseTypes.map((type) => ({
    title: `FunnelFox Billing ${type}`,
    type,
    phases: phasesOf[type],
    webhooks: eventsOf(type).map(({ phase, event }) => ({ phase, facts: factsOf(funnelfox, event) })),
  })),
);

describe('the sandbox of FunnelFox Billing', () => {
  it('gives every event an id of its own', () => {
    const ids = eventsOf('paid_trial').map(({ event }) => event.event_id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the adapter of FunnelFox Billing', () => {
  it('finds the conversion, which is charged before the trial ends, also when the trial event is missing', () => {
    const events = eventsOf('paid_trial');
    const isTrial = ({ event }: FunnelfoxScenarioEvent): boolean => event.subtype === 'starting_trial';
    const rest = events.filter((one) => !isTrial(one));
    expect(together(factsIn(rest)).outcomes()).toEqual(together(factsIn(events)).outcomes());
  });

  it('counts an order of amount 0 and the free trial of its subscription as one purchase', () => {
    const facts = factsIn(eventsOf('free_trial'));
    const life = { type: 'free_trial' as const, customerId: 'ext_1', subscriptionId: 'sub_1', startMs };
    const nothing = factsOf(funnelfox, funnelfoxOrder(life, 'settled', { index: 0, atMs: life.startMs + 500, amount: 0 }));
    const right = { ...together(facts).outcomes(), 'order-sub_1-0': 'not_a_purchase zero_amount' };
    expect(together([nothing, ...facts]).outcomes()).toEqual(right);
    for (const arrivals of [
      [...facts, nothing],
      [nothing, ...facts],
    ])
      expect(accountOf(ended(oneByOne(arrivals)))).toEqual(accountOf(together([nothing, ...facts])));
    // One of the two is the start, in every order.
    for (const arrivals of orders([nothing, ...facts.filter((told) => told.length > 0)])) {
      expect(together(arrivals).outcomes()).toEqual(right);
      const records = Object.values(ended(oneByOne(arrivals)).records());
      const sent = records.filter(({ state }) => state === 'sent');
      expect(sent.map(({ phase }) => phase).sort()).toEqual(['conversion', 'renewal', 'trial_start']);
      expect(records.filter((record) => !sent.includes(record)).every(({ reason }) => reason === 'zero_amount')).toBe(true);
    }
  });

  it('takes a conversion that a discount paid for the first period: what follows is a renewal', () => {
    const trial = eventsOf('free_trial').filter(({ event }) => event.subtype === 'starting_trial');
    const buyer = { type: 'free_trial' as const, customerId: 'ext_1', subscriptionId: 'sub_1', startMs };
    const order = (index: number, atDay: number, amount: number): SubscriptionFacts =>
      factsOf(funnelfox, funnelfoxOrder(buyer, 'settled', { index, atMs: startMs + atDay * dayMs, amount }));
    const facts = [...factsIn(trial), order(1, 7, 0), order(2, 37, 999)];
    for (const arrivals of orders(facts)) {
      expect(together(arrivals).outcomes()).toEqual({
        'sub_1:trial': 'trial_start sent',
        'order-sub_1-1': 'conversion not_a_purchase zero_amount',
        'order-sub_1-2': 'renewal sent',
      });
    }
  });

  it('ends the wait of an order whose subscription says nothing, after 20 seconds', () => {
    const [first] = factsIn(eventsOf('paid_trial').filter(({ phase }) => phase === 'trial_start'));
    const order = new Order('sub_1').receives(...(first ?? [])).finish();
    const acceptedAtMs = order.state.lastAcceptedAtMs;
    order.nowMs = acceptedAtMs + 19_999;
    expect(order.applies([]).finish().outcomes()).toEqual({ 'order-sub_1-0': 'renewal pending' });
    order.nowMs = acceptedAtMs + 20_000;
    expect(order.applies([]).finish().outcomes()).toEqual({ 'order-sub_1-0': 'renewal sent' });
  });
});
