/** What the funnel sells: a plan of each purchase type. */
import type { PurchaseType } from '../../src/domain/fact';

export interface Plan {
  readonly type: PurchaseType;
  readonly title: string;
  /** What is paid today, in cents. */
  readonly todayMinor: number;
  /** What a full period, or the one-off, costs. */
  readonly fullMinor: number;
}

export const plans: readonly Plan[] = [
  { type: 'subscription', title: 'Monthly', todayMinor: 999, fullMinor: 999 },
  { type: 'free_trial', title: '7 days free', todayMinor: 0, fullMinor: 1999 },
  { type: 'paid_trial', title: '7 days for $1', todayMinor: 100, fullMinor: 2999 },
  { type: 'lifetime', title: 'Lifetime', todayMinor: 8900, fullMinor: 8900 },
];

export const currency = 'USD';

export function planOf(type: unknown): Plan | undefined {
  return plans.find((plan) => plan.type === type);
}

export function amountOf(minor: number): string {
  return (minor / 100).toFixed(2);
}
