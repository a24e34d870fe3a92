import type { Phase, PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { paypal } from '../../../src/psp/paypal';
import { paypalLife } from '../../../src/sandbox/paypal-webhooks';
import type { PaypalLifeEvent } from '../../../src/sandbox/paypal-webhooks';
import { Order } from '../../support/order';

const context = { roleOf: () => undefined };
const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const types = Object.keys(phases) as PurchaseType[];

const lifeOf = (type: PurchaseType): readonly PaypalLifeEvent[] =>
  paypalLife({
    type,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'PAYER1',
    subscriptionId: 'I-1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

/** All that the service makes of these webhooks, each reported as soon as it may be. */
function storyOf(events: readonly PaypalLifeEvent[]): Record<string, string> {
  const order = new Order('I-1');
  for (const { event } of events) {
    const reading = paypal.read(JSON.parse(JSON.stringify(event)), context);
    expect(reading.kind).not.toBe('unreadable');
    if (reading.kind === 'facts') order.hears(...reading.facts.map(({ fact }) => fact)).finish();
  }
  return order.story();
}

describe("the sandbox's PayPal", () => {
  it.each(types)('tells every phase of a %s once, in the order of time', (type) => {
    const life = lifeOf(type);
    expect(life.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[type]);
    const times = life.map(({ event }) => event.create_time);
    expect(times).toEqual([...times].sort());
    expect(new Set(life.map(({ event }) => event.id)).size).toBe(life.length);
  });

  it.each(types)('sends what the adapter reads: of a %s one payment per phase', (type) => {
    const payments = lifeOf(type).flatMap(({ event }) => {
      const reading = paypal.read(event, context);
      return reading.kind === 'facts' ? reading.facts.map(({ fact }) => fact).filter(isPayment) : [];
    });
    expect(payments).toHaveLength(phases[type].length);
    expect(new Set(payments.map(({ moneyId }) => moneyId)).size).toBe(payments.length);
  });
});

/** What was sent keeps its phase: of two that came the wrong way round, the later one may be the conversion. */
function sumOf(story: Record<string, string>): { payments: readonly string[]; phases: readonly string[] } {
  return { payments: Object.keys(story).sort(), phases: Object.values(story).sort() };
}

describe('whatever the order of arrival', () => {
  it.each(types)('a %s comes to the same payments, and as many of each phase', (type) => {
    const life = lifeOf(type);
    const natural = storyOf(life);
    expect(Object.values(natural)).toEqual(phases[type].map((phase) => `${phase} sent`));
    for (const order of permutationsOf(life.slice(0, 6))) expect(sumOf(storyOf(order))).toEqual(sumOf(natural));
  });

  it.each(types)('repetitions of a %s change nothing', (type) => {
    const life = lifeOf(type);
    expect(storyOf([...life, ...life])).toEqual(storyOf(life));
    expect(storyOf(life.flatMap((event) => [event, event]))).toEqual(storyOf(life));
  });
});

describe('an activation that PayPal announces before it charges for the trial', () => {
  const paidTrial = (customId?: string): readonly PaypalLifeEvent[] => {
    const life = paypalLife({
      type: 'paid_trial',
      customerId: 'PAYER1',
      subscriptionId: 'I-1',
      startMs: Date.UTC(2026, 10, 1, 12),
    });
    const [premature] = paypalLife({
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
    const told = { '1SALE0': 'trial_start sent', '1SALE1': 'conversion sent', '1SALE2': 'renewal sent' };
    expect(storyOf(paidTrial('purchase_type=paid_trial'))).toEqual(told);
    for (const order of permutationsOf(paidTrial('purchase_type=paid_trial'))) expect(sumOf(storyOf(order))).toEqual(sumOf(told));
  });

  it('else looks like a free one, whose conversion is right all the same', () => {
    expect(storyOf(paidTrial())).toEqual({
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
    const order = new Order('I-1');
    for (const { event } of sales) {
      const reading = paypal.read(event, context);
      if (reading.kind === 'facts') order.hears(...reading.facts.map(({ fact }) => fact));
    }
    expect(Object.values(order.story())).toEqual(
      ['renewal waiting', 'renewal waiting'].map((text) => text.replace('waiting', 'pending')),
    );
    order.nowMs += 20_000;
    order.takes([]).finish();
    expect(Object.values(order.story())).toEqual(['renewal sent', 'renewal sent']);
  });
});

function permutationsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, index) =>
    permutationsOf([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}
