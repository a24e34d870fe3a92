/** Orders that Lemon Squeezy tells in unusual ways. */
import type { ToldEvent } from '../../support/order-cases';
import { itComesTo } from '../../support/order-cases';

const day = 86_400_000;
const week = 7 * day;
const month = 30 * day;
const start = Date.UTC(2026, 8, 21, 9);
const iso = (ms: number): string => new Date(ms).toISOString();

type Fields = Readonly<Record<string, unknown>>;

function told(event_name: string, id: string, at: number, attributes: Fields): ToldEvent {
  const buyer = { customer_id: 7, user_email: 'a@example.com' };
  const times = { created_at: iso(at), updated_at: iso(at) };
  return { atMs: at, body: { meta: { event_name }, data: { id, attributes: { ...buyer, ...times, ...attributes } } } };
}

const subscription = (event: string, at: number, more: Fields = {}): ToldEvent =>
  told(`subscription_${event}`, '5', at, { order_id: 2, variant_id: 9, status: 'active', created_at: iso(start), ...more });
const onTrial = { status: 'on_trial', trial_ends_at: iso(start + week) };
const paid = (id: string, at: number, billing_reason: string, total: number, more: Fields = {}): ToldEvent =>
  told('subscription_payment_success', id, at, { subscription_id: 5, billing_reason, currency: 'USD', total, tax: 0, ...more });
const order = (at: number, total: number): ToldEvent =>
  told('order_created', '2', at, { currency: 'USD', total, tax: 0, status: 'paid' });

describe('a Lemon Squeezy subscription whose creation was not told', () => {
  itComesTo('lemonsqueezy', 'starts its trial by what is told while it lasts', {
    events: [subscription('updated', start, onTrial), paid('22', start + week, 'renewal', 999)],
    right: { '5:trial': 'trial_start without value', invoice_22: 'conversion 999' },
  });

  itComesTo('lemonsqueezy', 'has a paid trial where a fee was paid', {
    events: [
      subscription('updated', start, onTrial),
      paid('21', start, 'initial', 100),
      paid('22', start + week, 'renewal', 999),
    ],
    right: { invoice_21: 'trial_start 100', invoice_22: 'conversion 999' },
  });

  itComesTo('lemonsqueezy', 'names the order of its checkout all the same', {
    events: [order(start, 999), paid('21', start, 'initial', 999), subscription('updated', start + 1000)],
    right: { invoice_21: 'conversion 999' },
  });

  itComesTo('lemonsqueezy', 'is known to be old when its trial is over', {
    events: [subscription('updated', start + month), paid('22', start + month, 'renewal', 999)],
    right: { invoice_22: 'renewal 999' },
  });
});

describe('a change of a Lemon Squeezy subscription', () => {
  itComesTo('lemonsqueezy', 'from a plan of nothing is the conversion', {
    events: [
      subscription('created', start),
      paid('21', start, 'initial', 0),
      paid('22', start + week, 'updated', 700),
      paid('23', start + month, 'renewal', 999),
    ],
    right: { '5:trial': 'zero_amount', invoice_22: 'conversion 700', invoice_23: 'renewal 999' },
  });

  itComesTo('lemonsqueezy', 'that ends a free trial early is the conversion', {
    events: [
      subscription('created', start, onTrial),
      paid('22', start + 3 * day, 'updated', 999),
      paid('23', start + 3 * day + month, 'renewal', 999),
    ],
    right: { '5:trial': 'trial_start without value', invoice_22: 'conversion 999', invoice_23: 'renewal 999' },
  });

  itComesTo('lemonsqueezy', 'that ends a trial with a fee early is the conversion', {
    events: [
      subscription('created', start, onTrial),
      paid('21', start, 'initial', 100),
      paid('22', start + 3 * day, 'updated', 300),
      paid('23', start + 3 * day + month, 'renewal', 999),
    ],
    right: { invoice_21: 'trial_start 100', invoice_22: 'conversion 300', invoice_23: 'renewal 999' },
  });

  itComesTo('lemonsqueezy', 'of which nothing else is known is none', {
    events: [paid('22', start, 'updated', 700), paid('23', start + month, 'renewal', 999)],
    right: { invoice_22: 'plan_change', invoice_23: 'renewal 999' },
  });

  itComesTo('lemonsqueezy', 'of a plan that was paid is none', {
    events: [
      subscription('created', start),
      paid('21', start, 'initial', 999),
      paid('22', start + week, 'updated', 700),
      paid('23', start + month, 'renewal', 1999),
    ],
    right: { invoice_21: 'conversion 999', invoice_22: 'plan_change', invoice_23: 'renewal 1999' },
  });

  itComesTo('lemonsqueezy', 'of what was paid after a trial is none', {
    events: [
      subscription('created', start, onTrial),
      paid('21', start + week, 'renewal', 999),
      paid('22', start + 2 * week, 'updated', 700),
      paid('23', start + week + month, 'renewal', 1999),
    ],
    right: {
      '5:trial': 'trial_start without value',
      invoice_21: 'conversion 999',
      invoice_22: 'plan_change',
      invoice_23: 'renewal 1999',
    },
  });
});

describe('a discount of 100 % in Lemon Squeezy', () => {
  itComesTo('lemonsqueezy', 'on the fee of a trial leaves one start', {
    events: [
      subscription('created', start, onTrial),
      paid('21', start, 'initial', 0, { discount_total: 100 }),
      paid('22', start + week, 'renewal', 999),
    ],
    right: { '5:trial': 'trial_start without value', invoice_21: 'zero_amount', invoice_22: 'conversion 999' },
  });

  itComesTo('lemonsqueezy', 'on the first period is no purchase, but a period', {
    events: [
      subscription('created', start),
      paid('21', start, 'initial', 0, { discount_total: 999 }),
      paid('22', start + month, 'renewal', 999),
    ],
    right: { invoice_21: 'zero_amount', invoice_22: 'renewal 999' },
  });
});

describe('a Lemon Squeezy trial', () => {
  itComesTo('lemonsqueezy', 'that is extended converts when it ends', {
    events: [
      subscription('created', start, onTrial),
      subscription('updated', start + 6 * day, { ...onTrial, trial_ends_at: iso(start + 2 * week) }),
      paid('22', start + 2 * week, 'renewal', 999),
    ],
    right: { '5:trial': 'trial_start without value', invoice_22: 'conversion 999' },
  });

  itComesTo('lemonsqueezy', 'that was paused converts when it goes on', {
    events: [
      subscription('created', start, onTrial),
      subscription('paused', start + 5 * day, { status: 'paused' }),
      subscription('unpaused', start + 20 * day),
      paid('22', start + 20 * day, 'renewal', 999),
    ],
    right: { '5:trial': 'trial_start without value', invoice_22: 'conversion 999' },
  });

  itComesTo('lemonsqueezy', 'with a fee, in yen, on which the limit lets one purchase go', {
    events: [
      subscription('created', start, onTrial),
      paid('21', start, 'initial', 100, { currency: 'JPY' }),
      paid('22', start + week, 'renewal', 999, { currency: 'JPY' }),
    ],
    right: { invoice_21: 'trial_start 100', invoice_22: 'limited' },
    settings: { limitPurchaseEvents: true },
    isInTime: true,
  });
});

itComesTo('lemonsqueezy', 'a period in which nothing was used is no first payment', {
  events: [
    subscription('created', start),
    paid('21', start, 'initial', 0),
    paid('22', start + month, 'renewal', 0),
    paid('23', start + 2 * month, 'renewal', 500),
  ],
  right: { '5:trial': 'zero_amount', invoice_22: 'zero_amount', invoice_23: 'conversion 500' },
});
