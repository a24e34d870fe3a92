import type { PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { paypal } from '../../../src/psp/paypal';
import { paypalEvent, paypalEventsOf, paypalSubscription } from '../../../sandbox/paypal/webhooks';
import type { PaypalScenarioEvent } from '../../../sandbox/paypal/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { accountOf, factsOf, oneByOne } from '../../support/sale-scenarios';
import type { Told } from '../../support/sale-scenarios';
import { Order } from '../../support/order-scenario';
import { orders } from '../../support/effort';

const eventsOf = (type: PurchaseType): readonly PaypalScenarioEvent[] =>
  paypalEventsOf({
    type,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'PAYER1',
    subscriptionId: 'I-1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

const factsIn = (events: readonly PaypalScenarioEvent[]): Told => events.map(({ event }) => factsOf(paypal, event));
const arrived = (facts: Told): Order => settle(oneByOne(facts, 'I-1'));

/** Ends all waits, also that of a free trial whose charge may follow. */
function settle(order: Order): Order {
  order.nowMs = order.state.lastAcceptedAtMs + longestWaitMs;
  return order.applies([]).finish();
}
const longestWaitMs = 60_000;

describeLifecycles(
  purchaseTypes.map((type) => {
    const webhooks = eventsOf(type).map(({ phase, event }) => ({ phase, facts: factsOf(paypal, event) }));
    return { title: `PayPal ${type}`, type, phases: phasesOf[type], subscription: 'I-1', webhooks, settle };
  }),
);

describe('the sandbox of PayPal', () => {
  it.each(purchaseTypes)('plays a %s in the order of time, each event with an id of its own', (type) => {
    const events = eventsOf(type).map(({ event }) => event);
    const times = events.map(({ create_time: time }) => time);
    expect(times).toEqual([...times].sort());
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });
});

it.each(purchaseTypes)('each payment of a %s is read from one webhook only', (type) => {
  const payments = factsIn(eventsOf(type)).flat().filter(isPayment);
  expect(payments).toHaveLength(phasesOf[type].length);
});

describe('an activation that PayPal announces before it charges for the trial', () => {
  const paidTrial = (customId?: string): readonly PaypalScenarioEvent[] => {
    const scenario = { customerId: 'PAYER1', subscriptionId: 'I-1', startMs: Date.UTC(2026, 10, 1, 12) };
    const activated = { status: 'ACTIVE', changedMs: scenario.startMs + 60_000, nextMs: scenario.startMs };
    const resource = { ...paypalSubscription({ ...scenario, type: 'free_trial' }, activated), custom_id: customId };
    const declared = paypalEvent({}, 'BILLING.SUBSCRIPTION.ACTIVATED', resource, scenario.startMs + 61_000);
    const events = paypalEventsOf({ ...scenario, type: 'paid_trial' });
    const sales = events.filter(({ event }) => event.event_type === 'PAYMENT.SALE.COMPLETED');
    return [{ phase: 'state', event: declared }, ...sales];
  };

  const right = { '1SALE0': 'trial_start sent', '1SALE1': 'conversion sent', '1SALE2': 'renewal sent' };

  it.each([
    ['calls it paid', 'purchase_type=paid_trial'],
    ['says nothing', undefined],
  ])('is right where the merchant %s, in any order', (_, customId) => {
    const facts = factsIn(paidTrial(customId));
    const natural = arrived(facts);
    expect(natural.outcomes()).toEqual(right);
    for (const order of orders(facts)) expect(accountOf(arrived(order))).toEqual(accountOf(natural));
  });

  it('waits a minute for the charge, and no longer', () => {
    const [activation = [], charge = []] = factsIn(paidTrial());
    const order = new Order('I-1').receives(...activation).finish();
    expect(order.outcomes()).toEqual({ 'I-1:trial': 'trial_start pending' });
    order.nowMs += 59_999;
    expect(order.applies([]).finish().sent).toEqual([]);
    order.nowMs += 1;
    expect(order.applies([]).finish().outcomes()).toEqual({ 'I-1:trial': 'trial_start sent' });
    // What was sent stays sent, and there is no second start.
    expect(settle(order.receives(...charge).finish()).outcomes()).toMatchObject({ 'I-1:trial': 'trial_start sent' });
    expect(order.records()['1SALE0']?.phase).not.toBe('trial_start');
  });

  it('yields to the charge, which comes within the minute', () => {
    const [activation = [], charge = []] = factsIn(paidTrial());
    const order = new Order('I-1').receives(...activation).finish();
    order.nowMs += 30_000;
    expect(
      order
        .receives(...charge)
        .finish()
        .outcomes(),
    ).toEqual({ '1SALE0': 'trial_start sent' });
    expect(settle(order).sent).toHaveLength(1);
  });

  it('whose trial is declared to be none: its start is no purchase, and the first sale is the conversion', () => {
    const events = paypalEventsOf({
      type: 'free_trial',
      customerId: 'PAYER1',
      subscriptionId: 'I-1',
      startMs: Date.UTC(2026, 10, 1, 12),
    }).map(({ event, ...rest }) => ({
      ...rest,
      event: event.event_type.startsWith('BILLING.')
        ? { ...event, resource: { ...event.resource, custom_id: 'purchase_type=subscription' } }
        : event,
    }));
    expect(arrived(factsIn(events)).outcomes()).toEqual({
      'I-1:trial': 'not_a_purchase zero_amount',
      '1SALE0': 'conversion sent',
      '1SALE1': 'renewal sent',
    });
  });
});

describe('a subscription that is older than this service', () => {
  const firstAcceptedAtMs = (order: Order): number =>
    Math.min(...Object.values(order.state.payments).map(({ acceptedAtMs }) => acceptedAtMs));
  const sales = eventsOf('subscription').filter(({ event }) => event.event_type === 'PAYMENT.SALE.COMPLETED');

  it('has renewals and no conversion, once the wait for other events is over', () => {
    const order = new Order('I-1').receives(...factsIn(sales).flat());
    expect(Object.values(order.outcomes())).toEqual(['renewal pending', 'renewal pending']);
    order.nowMs = firstAcceptedAtMs(order) + 19_999;
    expect(Object.values(order.applies([]).finish().outcomes())).toEqual(['renewal pending', 'renewal pending']);
    // What the later one is follows from the first.
    order.nowMs += 1;
    expect(Object.values(order.applies([]).finish().outcomes())).toEqual(['renewal sent', 'renewal sent']);
  });

  it('has a conversion, if its activation is told within the wait', () => {
    const activation = eventsOf('subscription').filter(({ event }) => event.event_type === 'BILLING.SUBSCRIPTION.ACTIVATED');
    const order = new Order('I-1').receives(...factsIn(sales).flat());
    order.nowMs = firstAcceptedAtMs(order) + 19_999;
    order.receives(...factsIn(activation).flat()).finish();
    expect(Object.values(order.outcomes())).toEqual(['conversion sent', 'renewal sent']);
  });
});
