/**
 * Held trial starts: one is sent only if its subscription is still alive, and not set to end, some hours later (product.md, section 2).
 * What counts is what had happened when the hold ended, by the provider's clock: neither a late webhook nor a service that was away
 * makes another purchase of it.
 */
import { hourMs } from '../duration';
import { mergedFact, statusBefore } from '../observe';
import type { Hold as HoldRule } from '../policy';
import { cellOf } from '../policy';
import type { HoldStage, Payment, Subscription, SubscriptionStatus } from '../subscription';
import { eventAtMs, isRefundedWhole, refundedMinor } from '../subscription';
import { settingsOf } from './purchase-event';

/** How far the hold of a trial start is, and when it ends, Unix milliseconds. */
export interface Hold {
  readonly stage: HoldStage;
  readonly untilMs: number;
}

/** Null for a payment that the settings it came with do not hold. */
export function holdOf(state: Subscription, payment: Payment, nowMs: number): Hold | null {
  const { phase, purchaseType } = payment;
  if (phase !== 'trial_start') return null;
  const cell = cellOf(settingsOf(state, payment).policy, purchaseType, phase);
  return cell?.send && cell.hold ? heldFor(cell.hold, { state, payment, nowMs }) : null;
}

/** The hold of a trial start. Its hours count from when the trial started, however late that was accepted. */
export function heldFor(
  { hours }: HoldRule,
  { state, payment, nowMs }: { readonly state: Subscription; readonly payment: Payment; readonly nowMs: number },
): Hold {
  const untilMs = eventAtMs(payment) + hours * hourMs;
  const isBroken = brokenBy(state, payment, untilMs) !== null;
  return { stage: isBroken ? 'broken' : nowMs < untilMs ? 'lasts' : 'passed', untilMs };
}

export const holdBreaks = ['refunded', 'ended', 'cancelling', 'paused', 'past_due'] as const satisfies readonly (
  SubscriptionStatus | 'refunded'
)[];
/** Why a trial did not last: its payment was given back, or the status that its subscription had when the hold ended. */
export type HoldBreak = (typeof holdBreaks)[number];

/** What of all that happened before `untilMs`, Unix milliseconds, breaks the hold; null when the trial lasted until then. */
export function brokenBy(state: Subscription, payment: Payment, untilMs: number): HoldBreak | null {
  if (isRefunded(state, payment, untilMs)) return 'refunded';
  const status = statusBefore(state, untilMs);
  return holdBreaks.find((each) => each === status) ?? null;
}

/** True when the payment was given back in full. `beforeMs`: by what happened before then, Unix milliseconds. */
export function isRefunded(state: Subscription, payment: Payment, beforeMs: number): boolean {
  const { amountMinor: chargedMinor = 0, unpriced } = mergedFact(payment) ?? {};
  if (unpriced) return isRefundedWhole(state, payment.moneyId, beforeMs);
  return chargedMinor > 0 && refundedMinor(state, payment.moneyId, chargedMinor, beforeMs) >= chargedMinor;
}
