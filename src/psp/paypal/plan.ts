/** What the plan says of its prices, where an event or the API shows it. */
import type { RegularPrice } from '../../domain/fact';
import type { Money } from './amounts';
import { moneyOf } from './amounts';
import type { BillingCycle, CycleExecution, PaypalSubscription } from './schema';

/** Of the regular cycles, where the plan is shown and has a plain price: that of one, as many as were bought. */
export function regularPriceOf(subscription: PaypalSubscription): RegularPrice | undefined {
  const price = unitPriceOf(subscription);
  return price && { ...price, amountMinor: price.amountMinor * (subscription.quantity ?? 1) };
}

/** The regular price of one, where the plan is shown and has a plain price. */
export function unitPriceOf(subscription: PaypalSubscription): Money | undefined {
  const [regular] = plannedCycles(subscription, 'REGULAR');
  return regular ? priceOf(regular) : undefined;
}

/** Whether any cycle of the trial costs something; undefined where the plan has no trial, or is not shown. */
export function plannedTrialKind(subscription: PaypalSubscription): 'free' | 'paid' | undefined {
  const planned = plannedCycles(subscription, 'TRIAL');
  if (planned.length === 0) return undefined;
  return planned.some(costsSomething) ? 'paid' : 'free';
}

/** True for a trial whose first tenure is free. */
export function beginsFree(subscription: PaypalSubscription): boolean {
  const [first] = [...plannedCycles(subscription, 'TRIAL')].sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  return first !== undefined && !costsSomething(first);
}

/** True for a tenure of the trial that is free. */
export function isFreeTenure(subscription: PaypalSubscription, { sequence }: CycleExecution): boolean {
  const planned = plannedCycles(subscription, 'TRIAL').find((cycle) => cycle.sequence === sequence);
  return planned !== undefined && !costsSomething(planned);
}

function plannedCycles({ plan }: PaypalSubscription, tenure: string): readonly BillingCycle[] {
  return (plan?.billing_cycles ?? []).filter(({ tenure_type: type }) => type === tenure);
}

/** By a plain price, or by that of a tier. */
function costsSomething(cycle: BillingCycle): boolean {
  const tiers = cycle.pricing_scheme?.tiers ?? [];
  return (priceOf(cycle)?.amountMinor ?? 0) > 0 || tiers.some(({ amount }) => Number(amount?.value ?? 0) > 0);
}

/** A cycle that costs nothing needs no price. https://developer.paypal.com/docs/api/subscriptions/v1/#definition-billing_cycle */
function priceOf({ pricing_scheme: scheme }: BillingCycle): Money | undefined {
  const price = scheme?.fixed_price;
  return price ? (moneyOf(price.value, price.currency_code) ?? undefined) : undefined;
}
