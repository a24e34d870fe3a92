/** Held trial starts: one is sent only if its subscription is still alive, and not set to end, some hours later (product.md, section 2). */
import { hourMs } from '../duration';
import { cellOf } from '../policy';
import type { HoldStage, Payment, Subscription, SubscriptionStatus } from '../subscription';
import { eventAtMs } from '../subscription';
import { settingsOf } from './purchase-event';

/** How far the hold of a trial start is, and when it ends, Unix milliseconds. */
export interface Hold {
  readonly stage: HoldStage;
  readonly untilMs: number;
}

/** Null for a payment that its settings do not hold. The hours count from the trial's start, however late it was accepted. */
export function holdOf(
  state: Subscription,
  payment: Payment,
  { refunded, nowMs }: { readonly refunded: boolean; readonly nowMs: number },
): Hold | null {
  const { phase, purchaseType, progress } = payment;
  if (phase !== 'trial_start') return null;
  const cell = cellOf(settingsOf(state, payment).policy, purchaseType, phase);
  if (!cell?.send || !cell.hold) return null;
  const untilMs = eventAtMs(payment) + cell.hold.hours * hourMs;
  const isOver = nowMs >= untilMs;
  // What comes back after the hold does not make up for it.
  const wasBroken = progress?.state === 'suppressed' && progress.reason === 'cancelled_in_hold';
  if ((isOver && wasBroken) || refunded || isGoing(state.status)) return { stage: 'broken', untilMs };
  return { stage: isOver ? 'passed' : 'lasts', untilMs };
}

/** True for a subscription that does not go on as it began. */
function isGoing(status: SubscriptionStatus): boolean {
  return status === 'ended' || status === 'cancelling' || status === 'paused' || status === 'past_due';
}
