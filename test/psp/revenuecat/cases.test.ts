/** Orders that RevenueCat tells in unusual ways. */
import type { ToldEvent } from '../../support/order-cases';
import { itComesTo } from '../../support/order-cases';

const day = 86_400_000;
const week = 7 * day;
const month = 30 * day;
const start = Date.UTC(2026, 8, 21, 9);

interface Told {
  readonly type: string;
  readonly id: string;
  readonly period: string;
  readonly at: number;
  /** Null where the store tells none. */
  readonly price: number | null;
  readonly more?: Readonly<Record<string, unknown>>;
}

function told({ type, id, period, at, price, more = {} }: Told): ToldEvent {
  const times = { event_timestamp_ms: at, purchased_at_ms: at, expiration_at_ms: at + month };
  const money = { currency: price === null ? null : 'USD', price, price_in_purchased_currency: price };
  const ids = { transaction_id: id, original_transaction_id: 'o1', app_user_id: 'u1', original_app_user_id: 'u1' };
  const event = { type, product_id: 'com.example.monthly', period_type: period, environment: 'PRODUCTION' };
  return { atMs: at, body: { event: { ...event, ...times, ...money, ...ids, ...more } } };
}

const first = (period: string, price: number | null, more: Told['more'] = {}): ToldEvent =>
  told({ type: 'INITIAL_PURCHASE', id: 't1', period, at: start, price, more });
const renewal = (id: string, period: string, at: number, price: number | null, more: Told['more'] = {}): ToldEvent =>
  told({ type: 'RENEWAL', id, period, at, price, more });

describe('a RevenueCat product whose price is mapped as the regular one', () => {
  const prices = { 'com.example.monthly': 'regular' } as const;

  itComesTo('revenuecat', 'has an introductory price under the same id', {
    events: [
      first('INTRO', 0.99),
      renewal('t2', 'NORMAL', start + week, 9.99),
      renewal('t3', 'NORMAL', start + week + month, 9.99),
    ],
    right: { t1: 'trial_start 99', t2: 'conversion 999', t3: 'renewal 999' },
    prices,
  });

  itComesTo('revenuecat', 'has a free trial under the same id', {
    events: [first('TRIAL', 0), renewal('t2', 'NORMAL', start + week, 9.99)],
    right: { t1: 'trial_start 0', t2: 'conversion 999' },
    prices,
  });
});

describe('an introductory price of RevenueCat', () => {
  itComesTo('revenuecat', 'that nobody knows is reported without value', {
    events: [first('INTRO', null), renewal('t2', 'NORMAL', start + week, 9.99)],
    right: { t1: 'trial_start without value', t2: 'conversion 999' },
  });

  itComesTo('revenuecat', 'after a free trial is no conversion', {
    events: [
      first('TRIAL', 0),
      renewal('t2', 'INTRO', start + week, 0.99, { is_trial_conversion: true }),
      renewal('t3', 'NORMAL', start + week + month, 9.99),
    ],
    right: { t1: 'trial_start 0', t2: 'renewal 99', t3: 'conversion 999' },
  });

  itComesTo('revenuecat', 'whose first period was not told still leads to the conversion', {
    events: [
      renewal('t2', 'INTRO', start + week, 0.99),
      renewal('t3', 'NORMAL', start + 2 * week, 9.99),
      renewal('t4', 'NORMAL', start + 2 * week + month, 9.99),
    ],
    right: { t2: 'renewal 99', t3: 'conversion 999', t4: 'renewal 999' },
  });
});

describe('a price of RevenueCat', () => {
  itComesTo('revenuecat', 'in a blank currency is that in dollars', {
    events: [first('NORMAL', 9.99, { currency: '' })],
    right: { t1: 'conversion 999' },
  });

  itComesTo('revenuecat', 'of a one-off may be unknown', {
    events: [told({ type: 'NON_RENEWING_PURCHASE', id: 't1', period: 'NORMAL', at: start, price: null })],
    right: { t1: 'conversion without value' },
  });
});

describe('a refund by RevenueCat that is told before its purchase', () => {
  const refund = told({
    type: 'CANCELLATION',
    id: 't1',
    period: 'NORMAL',
    at: start + 1000,
    price: -9.99,
    more: { cancel_reason: 'CUSTOMER_SUPPORT' },
  });

  itComesTo('revenuecat', 'keeps a subscription back', {
    events: [refund, first('NORMAL', 9.99)],
    right: { t1: 'refunded_before_sent' },
    isInTime: true,
  });

  itComesTo('revenuecat', 'keeps a one-off back, whatever its original transaction is', {
    events: [refund, told({ type: 'NON_RENEWING_PURCHASE', id: 't1', period: 'NORMAL', at: start, price: 9.99 })],
    right: { t1: 'refunded_before_sent' },
    isInTime: true,
  });
});

itComesTo('revenuecat', 'a negative price is a refund, whatever the reason of the cancellation', {
  events: [
    told({
      type: 'CANCELLATION',
      id: 't1',
      period: 'NORMAL',
      at: start,
      price: -9.99,
      more: { cancel_reason: 'DEVELOPER_INITIATED' },
    }),
    first('NORMAL', 9.99),
  ],
  right: { t1: 'refunded_before_sent' },
  isInTime: true,
});

itComesTo('revenuecat', 'a trial that costs something is a paid one: the limit keeps its conversion back', {
  events: [first('TRIAL', 0.99), renewal('t2', 'NORMAL', start + week, 9.99, { is_trial_conversion: true })],
  right: { t1: 'trial_start 99', t2: 'limited' },
  settings: { limitPurchaseEvents: true },
  isInTime: true,
});
