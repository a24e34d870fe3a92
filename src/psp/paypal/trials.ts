/** The trial of a subscription: what PayPal counts, and what the plan or the merchant says of its price. */
import { dayMs } from '../../domain/duration';
import type { BillingCycles } from '../../domain/fact';
import { compact } from '../../domain/compact';
import { readCustomId } from './custom-id';
import { firstInstant, instantOf } from '../instants';
import { beginsFree, isFreeTenure, plannedTrialKind } from './plan';
import type { CycleExecution, PaypalSubscription } from './schema';

/** PayPal's count of the subscription's cycles; undefined where an event has none. */
export function cyclesOf(subscription: PaypalSubscription): BillingCycles | undefined {
  const { billing_info: billing } = subscription;
  const startsAtMs = startOf(subscription);
  const executions = billing?.cycle_executions ?? [];
  const { create_time: created, status_update_time: changed, update_time: updated } = subscription;
  // What it knows of happened before it was said.
  const times = [created, changed, updated, billing?.last_payment?.time, billing?.last_failed_payment?.time];
  if (startsAtMs === undefined || executions.length === 0) return undefined;
  const trials = executions.filter(({ tenure_type: tenure }) => tenure === 'TRIAL');
  const paidTrials = trials.filter((execution) => !isFreeTenure(subscription, execution));
  const trialsBilled = trials.reduce((sum, { cycles_completed: billed }) => sum + (billed ?? 0), 0);
  const regular = executions.filter(({ tenure_type: tenure }) => tenure === 'REGULAR');
  return compact<BillingCycles>({
    saidAtMs: Math.max(...times.flatMap((time) => instantOf(time) ?? [])),
    startsAtMs,
    // Of two tenures the first may be free: no payment comes of it, and it is under way from the start.
    trialsLeft: (paidTrials.length > 0 ? paidTrials : trials).map(cyclesLeftOf).filter((left) => left > 0),
    trialsBilled: paidTrials.length > 0 && beginsFree(subscription) ? Math.max(trialsBilled, 1) : trialsBilled,
    regularBilled: regular.reduce((sum, { cycles_completed: billed }) => sum + (billed ?? 0), 0),
    trialKind: trialKindOf(subscription),
    lastPaidAtMs: instantOf(billing?.last_payment?.time),
    nextBilledAtMs: instantOf(billing?.next_billing_time),
  });
}

/** `cycles_remaining` is optional. https://developer.paypal.com/docs/api/subscriptions/v1/#definition-cycle_execution */
function cyclesLeftOf({ cycles_remaining: left, cycles_completed: billed, total_cycles: total }: CycleExecution): number {
  return left ?? (total ?? 0) - (billed ?? 0);
}

/** True for a trial for which nothing was paid, as far as this event says. */
export function isTrialFree(subscription: PaypalSubscription): boolean {
  const cycles = cyclesOf(subscription);
  if (!cycles || cycles.trialsBilled + cycles.trialsLeft.length === 0) return false;
  if (readCustomId(subscription.custom_id).purchaseType === 'paid_trial') return false;
  if (beginsFree(subscription)) return true;
  return cycles.trialKind === undefined ? cycles.lastPaidAtMs === undefined : cycles.trialKind === 'free';
}

/** True when the trial's first cycle is due this very moment, and nothing says that it is free: its charge may follow. */
export function mayBeCharged(subscription: PaypalSubscription): boolean {
  const cycles = cyclesOf(subscription);
  if (!cycles || cycles.trialKind !== undefined || cycles.trialsBilled > 0) return false;
  return cycles.nextBilledAtMs !== undefined && cycles.nextBilledAtMs < cycles.startsAtMs + dayMs;
}

/** When the first payment is due; undefined while the trial's own first cycle is due. */
export function freeTrialUntil(subscription: PaypalSubscription): number | undefined {
  return mayBeCharged(subscription) ? undefined : instantOf(subscription.billing_info?.next_billing_time);
}

/**
 * Whether the trial's own cycles cost something, by the plan's price where it is shown. A trial that is declared as paid may be paid by
 * a set-up fee alone.
 */
function trialKindOf(subscription: PaypalSubscription): 'free' | 'paid' | undefined {
  if (readCustomId(subscription.custom_id).purchaseType === 'free_trial') return 'free';
  return plannedTrialKind(subscription);
}

/** A start that is set for later counts; PayPal may also put it at the beginning of the day on which the checkout was. */
function startOf({ start_time: starts, create_time: created }: PaypalSubscription): number | undefined {
  const startMs = firstInstant(starts, created);
  return startMs === undefined ? undefined : Math.max(startMs, instantOf(created) ?? startMs);
}
