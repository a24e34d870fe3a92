/** The trial of a subscription. Its prices are in the plan, which events name but do not contain. */
import { dayMs } from '../../domain/duration';
import type { TrialKnowledge } from '../../domain/fact';
import type { ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { moneyOf } from './amounts';
import { readCustomId } from './custom-id';
import { firstInstant, instantOf } from '../instants';
import type { BillingCycle, PaypalSubscription } from './schema';

/** Undefined without a trial, as far as this event says. */
export function trialOf(subscription: PaypalSubscription, context: ReadingContext): TrialKnowledge | undefined {
  if (trialCycles(subscription).length === 0) return undefined;
  return compact<Exclude<TrialKnowledge, 'none'>>({
    kind: isTrialPaid(subscription, context) ? 'paid' : undefined,
    startsAtMs: startOf(subscription),
    endsAtMs: noTrialPaymentAfter(subscription),
  });
}

/** A trial for which nothing was paid when it began. A paid one that PayPal announces before it charges has to be declared. */
export function isTrialFree(subscription: PaypalSubscription, context: ReadingContext): boolean {
  if (trialCycles(subscription).length === 0 || isTrialPaid(subscription, context)) return false;
  const { purchaseType } = readCustomId(subscription.custom_id);
  if (purchaseType !== undefined) return purchaseType === 'free_trial';
  // Once a regular cycle is paid, the last payment says nothing of the trial; then only the plan does.
  return plannedCycles(subscription, 'TRIAL').length > 0 || !subscription.billing_info?.last_payment;
}

/**
 * Does the trial cost something? Said by the merchant (`purchase_type`, or the role `trial` of the plan), by the plan's own price
 * where it is shown, or by a payment before any regular cycle.
 */
function isTrialPaid(subscription: PaypalSubscription, { roleOf }: ReadingContext): boolean {
  const { purchaseType } = readCustomId(subscription.custom_id);
  if (purchaseType === 'paid_trial') return true;
  if (purchaseType === 'free_trial') return false;
  if (subscription.plan_id && roleOf(subscription.plan_id) === 'trial') return true;
  const planned = plannedCycles(subscription, 'TRIAL');
  if (planned.length > 0) return planned.some((cycle) => (priceOf(cycle) ?? 0) > 0);
  const regular = executionsOf(subscription, 'REGULAR').some(({ cycles_completed: completed }) => (completed ?? 0) > 0);
  return Boolean(subscription.billing_info?.last_payment) && !regular;
}

/** Of the regular cycles, where the plan is shown. */
export function regularMinorOf(subscription: PaypalSubscription): number | undefined {
  const [regular] = plannedCycles(subscription, 'REGULAR');
  return regular ? priceOf(regular) : undefined;
}

/** When the first payment is due. At the activation PayPal often has not executed the trial's cycle yet, and names that very moment. */
export function freeTrialUntil(subscription: PaypalSubscription): number | undefined {
  const dueMs = instantOf(subscription.billing_info?.next_billing_time);
  const startMs = startOf(subscription);
  return dueMs !== undefined && startMs !== undefined && dueMs >= startMs + dayMs / 2 ? dueMs : undefined;
}

/**
 * A moment between the trial's last payment and the first regular one: half a cycle before the latter. PayPal says neither when a
 * trial ends nor what a payment is for, so payments before this are the trial's. As long as nothing is known, a trial is a day.
 */
function noTrialPaymentAfter(subscription: PaypalSubscription): number | undefined {
  const startMs = startOf(subscription);
  if (startMs === undefined) return undefined;
  const planned = plannedCycles(subscription, 'TRIAL');
  if (planned.length > 0) {
    const lengths = planned.map((cycle) => (cycle.total_cycles ?? 1) * cycleMs(cycle));
    const last = planned.at(-1);
    return startMs + lengths.reduce((sum, length) => sum + length, 0) - (last ? cycleMs(last) : dayMs) / 2;
  }
  const executions = trialCycles(subscription);
  const completed = sumOf(executions.map(({ cycles_completed: cycles }) => cycles));
  const remaining = sumOf(executions.map(({ cycles_remaining: cycles }) => cycles));
  const isInTrial = executionsOf(subscription, 'REGULAR').every(({ cycles_completed: cycles }) => (cycles ?? 0) === 0);
  const nextMs = instantOf(subscription.billing_info?.next_billing_time);
  if (completed === 0 || !isInTrial || nextMs === undefined || nextMs <= startMs) return startMs + dayMs / 2;
  const cycle = (nextMs - startMs) / completed;
  return Math.round(nextMs + (remaining - 0.5) * cycle);
}

/** A start that is set for later counts; PayPal may also put it at the beginning of the day on which the checkout was. */
function startOf({ start_time: starts, create_time: created }: PaypalSubscription): number | undefined {
  const startMs = firstInstant(starts, created);
  return startMs === undefined ? undefined : Math.max(startMs, instantOf(created) ?? startMs);
}

type Execution = NonNullable<NonNullable<NonNullable<PaypalSubscription['billing_info']>['cycle_executions']>[number]>;

function trialCycles(subscription: PaypalSubscription): readonly Execution[] {
  return executionsOf(subscription, 'TRIAL');
}

function executionsOf({ billing_info: billing }: PaypalSubscription, tenure: string): readonly Execution[] {
  return (billing?.cycle_executions ?? []).filter(({ tenure_type: type }) => type === tenure);
}

function plannedCycles({ plan }: PaypalSubscription, tenure: string): readonly BillingCycle[] {
  return (plan?.billing_cycles ?? []).filter(({ tenure_type: type }) => type === tenure);
}

/** A cycle that costs nothing needs no price. https://developer.paypal.com/docs/api/subscriptions/v1/#definition-billing_cycle */
function priceOf({ pricing_scheme: scheme }: BillingCycle): number | undefined {
  const price = scheme?.fixed_price;
  return price ? (moneyOf(price.value, price.currency_code)?.amountMinor ?? undefined) : undefined;
}

const unitMs: Readonly<Record<string, number>> = { DAY: dayMs, WEEK: 7 * dayMs, MONTH: 30 * dayMs, YEAR: 365 * dayMs };

function cycleMs({ frequency }: BillingCycle): number {
  return (unitMs[frequency?.interval_unit ?? ''] ?? dayMs) * (frequency?.interval_count ?? 1);
}

function sumOf(counts: readonly (number | null | undefined)[]): number {
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
