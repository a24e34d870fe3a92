/** What the funnel sells: a plan of each purchase type. */
import type { PurchaseType } from '../../src/domain/fact';

export interface Plan {
  readonly type: PurchaseType;
  readonly title: string;
  /** What is paid today, in cents. */
  readonly todayMinor: number;
  /** What a full period, or the one-off, costs. */
  readonly fullMinor: number;
  /** What the page says is bought: the provider's prices, as its events say them. */
  readonly contents: readonly { readonly content_id: string; readonly quantity: number; readonly price?: number }[];
}

/** Of a trial's period Stripe's invoice says no listed price. */
const premium = { content_id: 'price_premium', quantity: 1 };

/** Stripe's events of a one-off name no product: the metadata does. */
export const lifetimeProduct = 'premium_lifetime';

export const plans: readonly Plan[] = [
  { type: 'subscription', title: 'Monthly', todayMinor: 999, fullMinor: 999, contents: [{ ...premium, price: 9.99 }] },
  { type: 'free_trial', title: '7 days free', todayMinor: 0, fullMinor: 1999, contents: [premium] },
  {
    type: 'paid_trial',
    title: '7 days for $1',
    todayMinor: 100,
    fullMinor: 2999,
    contents: [premium, { content_id: 'price_premium_fee', quantity: 1, price: 1 }],
  },
  {
    type: 'lifetime',
    title: 'Lifetime',
    todayMinor: 8900,
    fullMinor: 8900,
    contents: [{ content_id: lifetimeProduct, quantity: 1 }],
  },
];

export const currency = 'USD';

export function planOf(type: unknown): Plan | undefined {
  return plans.find((plan) => plan.type === type);
}

export function amountOf(minor: number): string {
  return (minor / 100).toFixed(2);
}
