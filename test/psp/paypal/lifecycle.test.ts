import type { PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { paypal } from '../../../src/psp/paypal';
import { paypalEventsOf } from '../../../sandbox/paypal/webhooks';
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
const arrived = (facts: Told): Order => oneByOne(facts, 'I-1');

describeLifecycles(
  purchaseTypes.map((type) => {
    const webhooks = eventsOf(type).map(({ phase, event }) => ({ phase, facts: factsOf(paypal, event) }));
    return { title: `PayPal ${type}`, type, phases: phasesOf[type], subscription: 'I-1', webhooks };
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
    const events = paypalEventsOf({
      type: 'paid_trial',
      customerId: 'PAYER1',
      subscriptionId: 'I-1',
      startMs: Date.UTC(2026, 10, 1, 12),
    });
    const [premature] = paypalEventsOf({
      type: 'free_trial',
      customerId: 'PAYER1',
      subscriptionId: 'I-1',
      startMs: Date.UTC(2026, 10, 1, 12),
    }).filter(({ event }) => event.event_type === 'BILLING.SUBSCRIPTION.ACTIVATED');
    if (!premature) throw new Error('no activation');
    const declared = { ...premature.event, resource: { ...premature.event.resource, custom_id: customId } };
    const sales = events.filter(({ event }) => event.event_type === 'PAYMENT.SALE.COMPLETED');
    return [{ phase: 'state', event: declared }, ...sales];
  };

  it('is right where the merchant calls it paid, in any order', () => {
    const facts = factsIn(paidTrial('purchase_type=paid_trial'));
    const natural = arrived(facts);
    expect(natural.outcomes()).toEqual({ '1SALE0': 'trial_start sent', '1SALE1': 'conversion sent', '1SALE2': 'renewal sent' });
    for (const order of orders(facts)) expect(accountOf(arrived(order))).toEqual(accountOf(natural));
  });

  it('else looks like a free one, whose conversion is right all the same', () => {
    expect(arrived(factsIn(paidTrial())).outcomes()).toEqual({
      'I-1:trial': 'trial_start sent',
      '1SALE0': 'renewal sent',
      '1SALE1': 'conversion sent',
      '1SALE2': 'renewal sent',
    });
  });
});

describe('a subscription that is older than this service', () => {
  const sales = eventsOf('subscription').filter(({ event }) => event.event_type === 'PAYMENT.SALE.COMPLETED');

  it('has renewals and no conversion, once the wait for other events is over', () => {
    const order = new Order('I-1').receives(...factsIn(sales).flat());
    expect(Object.values(order.outcomes())).toEqual(['renewal pending', 'renewal pending']);
    order.nowMs += 20_000;
    order.applies([]).finish();
    expect(Object.values(order.outcomes())).toEqual(['renewal sent', 'renewal sent']);
  });
});
