import type { Phase, PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { paypal } from '../../../src/psp/paypal';
import { paypalEventsOf } from '../../../sandbox/paypal/webhooks';
import type { PaypalScenarioEvent } from '../../../sandbox/paypal/webhooks';
import { accountOf, factsOf, oneByOne } from '../../support/sale-scenarios';
import type { Told } from '../../support/sale-scenarios';
import { Order } from '../../support/order-scenario';
import { orders } from '../../support/effort';

const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const types = Object.keys(phases) as PurchaseType[];

const lifeOf = (type: PurchaseType): readonly PaypalScenarioEvent[] =>
  paypalEventsOf({
    type,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'PAYER1',
    subscriptionId: 'I-1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

const heard = (events: readonly PaypalScenarioEvent[]): Told => events.map(({ event }) => factsOf(paypal, event));
const played = (told: Told): Order => oneByOne(told, 'I-1');

describe("the sandbox's PayPal", () => {
  it.each(types)('tells every phase of a %s once, in the order of time', (type) => {
    const life = lifeOf(type);
    expect(life.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[type]);
    const times = life.map(({ event }) => event.create_time);
    expect(times).toEqual([...times].sort());
    expect(new Set(life.map(({ event }) => event.id)).size).toBe(life.length);
  });

  it.each(types)('sends what the adapter reads: of a %s one payment per phase', (type) => {
    const payments = heard(lifeOf(type)).flat().filter(isPayment);
    expect(payments).toHaveLength(phases[type].length);
    expect(new Set(payments.map(({ moneyId }) => moneyId)).size).toBe(payments.length);
  });
});

describe('whatever the order of arrival', () => {
  it.each(types)('a %s comes to the same payments, and as many of each phase', (type) => {
    const life = heard(lifeOf(type));
    const natural = played(life);
    expect(Object.values(natural.outcomes())).toEqual(phases[type].map((phase) => `${phase} sent`));
    for (const told of orders(life.slice(0, 6))) expect(accountOf(played(told))).toEqual(accountOf(natural));
  });

  it.each(types)('repetitions of a %s change nothing', (type) => {
    const life = heard(lifeOf(type));
    const story = played(life).outcomes();
    expect(played([...life, ...life]).outcomes()).toEqual(story);
    expect(played(life.flatMap((facts) => [facts, facts])).outcomes()).toEqual(story);
  });
});

describe('an activation that PayPal announces before it charges for the trial', () => {
  const paidTrial = (customId?: string): readonly PaypalScenarioEvent[] => {
    const life = paypalEventsOf({
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
    const sales = life.filter(({ event }) => event.event_type === 'PAYMENT.SALE.COMPLETED');
    return [{ phase: 'state', event: declared }, ...sales];
  };

  it('is right where the merchant calls it paid, in any order', () => {
    const life = heard(paidTrial('purchase_type=paid_trial'));
    const natural = played(life);
    expect(natural.outcomes()).toEqual({ '1SALE0': 'trial_start sent', '1SALE1': 'conversion sent', '1SALE2': 'renewal sent' });
    for (const told of orders(life)) expect(accountOf(played(told))).toEqual(accountOf(natural));
  });

  it('else looks like a free one, whose conversion is right all the same', () => {
    expect(played(heard(paidTrial())).outcomes()).toEqual({
      'I-1:trial': 'trial_start sent',
      '1SALE0': 'renewal sent',
      '1SALE1': 'conversion sent',
      '1SALE2': 'renewal sent',
    });
  });
});

describe('a subscription that is older than this service', () => {
  const sales = lifeOf('subscription').filter(({ event }) => event.event_type === 'PAYMENT.SALE.COMPLETED');

  it('has renewals, not a conversion, once nothing else has come', () => {
    const order = new Order('I-1').receives(...heard(sales).flat());
    expect(Object.values(order.outcomes())).toEqual(
      ['renewal waiting', 'renewal waiting'].map((text) => text.replace('waiting', 'pending')),
    );
    order.nowMs += 20_000;
    order.applies([]).finish();
    expect(Object.values(order.outcomes())).toEqual(['renewal sent', 'renewal sent']);
  });
});
