/** Decides every open payment of an order: deliver it, wait, or keep it back with a reason (product.md, sections 2 and 3). */
import { deepEqual } from '../deep-equal';
import type { PaymentFact } from '../fact';
import { limit } from '../limit';
import { mergedFact } from '../observe';
import type { PhaseAssignment } from '../phase';
import { assignPhases, isUncertain } from '../phase';
import { cellOf } from '../policy';
import type { NotAPurchaseReason, PaymentRef, SuppressedReason } from '../purchase';
import type { DecisionBasis, Payment, Progress, Subscription } from '../subscription';
import { isOfOrder, isOpen, paymentOf, paymentsInOrder, refundedMinor, withPayment } from '../subscription';
import { cancelDelivery, closeUnsent, startDelivery } from './delivery';
import { purchaseEventOf, settingsOf } from './purchase-event';
import type { Step } from './step';
import { forEach, onlyState } from './step';

/** How long a payment waits for the state fact that tells its phase. */
export const stateWaitMs = 20_000;
/** How long a one-off, whose phase is known, waits for the event of the same payment that identifies the buyer. */
export const oneOffWaitMs = 5_000;

/** Stops the deliveries of payments that were refunded before they were sent. An operator's resend is not stopped. */
export function cancelRefunded(state: Subscription): Step {
  return forEach(paymentsInOrder(state), state, (current, payment) => {
    const { moneyId, progress } = payment;
    if (!isRefunded(current, payment)) return onlyState(current);
    if (progress?.state === 'delivering' && progress.by === null) return cancelDelivery(current, payment, { kind: 'refunded' });
    return progress?.state === 'needs_attention' ? closeUnsent(current, moneyId, { kind: 'refunded' }) : onlyState(current);
  });
}

/** Assigns phases over all payments, then decides those that are open and new or changed. `nowMs` ends the waits. */
export function decideOpen(before: Subscription, nowMs: number): Step {
  const assignment = assignPhases(before);
  const state = { ...before, purchaseType: assignment.purchaseType };
  return forEach(paymentsInOrder(before), state, (current, { moneyId }) => decideIfChanged(current, moneyId, assignment, nowMs));
}

function decideIfChanged(before: Subscription, moneyId: string, assignment: PhaseAssignment, nowMs: number): Step {
  const known = paymentOf(before, moneyId);
  if (!known) return onlyState(before);
  const payment: Payment = { ...known, phase: assignment.phases.get(moneyId) ?? null, purchaseType: before.purchaseType };
  const state = withPayment(before, payment);
  const fact = mergedFact(payment);
  if (!fact) return onlyState(withPayment(state, { ...payment, progress: notAPurchase('payment_failed') }));

  const { progress } = payment;
  if (!isOpen(progress)) return onlyState(state);
  const refunded = isRefunded(state, payment);
  if (refunded && progress?.state === 'not_a_purchase' && progress.reason === 'refunded_before_sent') return onlyState(state);

  const waits = isUncertain(payment, state.context, assignment.declared) && nowMs < waitsUntilMs(payment, fact) && !refunded;
  const basis: DecisionBasis = {
    kind: fact.kind,
    amountMinor: fact.amountMinor,
    role: fact.role ?? null,
    phase: payment.phase,
    purchaseType: payment.purchaseType,
    refunded,
    waits,
  };
  if (deepEqual(basis, payment.decidedFrom) && !lostItsHolder(state, progress)) return onlyState(state);
  return decide(state, { ...payment, decidedFrom: basis }, fact);
}

/** Delivers a payment, or sets the progress that says why not. The first rule that applies decides. */
function decide(before: Subscription, undecided: Payment, fact: PaymentFact): Step {
  const payment: Payment = { ...undecided, event: purchaseEventOf(before, undecided) };
  const state = withPayment(before, payment);
  const keepBack = (progress: Progress): Step => onlyState(withPayment(state, { ...payment, progress }));
  const { moneyId, purchaseType, phase, decidedFrom } = payment;

  if (decidedFrom?.refunded) return keepBack(notAPurchase('refunded_before_sent'));
  if (fact.role === 'ignore') return keepBack(notAPurchase('ignored_price'));
  if (phase === null) return keepBack(notAPurchase(fact.otherCharge ?? 'other_charge'));
  if (decidedFrom?.waits) return keepBack({ state: 'waiting', untilMs: waitsUntilMs(payment, fact) });

  const settings = settingsOf(state, payment);
  const isZero = fact.amountMinor === 0 && phase !== 'trial_start';
  if (isZero && !settings.sendZeroValue) return keepBack(notAPurchase('zero_amount'));
  if (payment.tooOld) return keepBack(suppressed('too_old'));
  if (cellOf(settings.policy, purchaseType, phase)?.send !== true) return keepBack(suppressed('policy'));

  const candidate = { psp: state.psp, subscription: state.id, moneyId, purchaseType, phase };
  const verdict = limit(candidate, state.firstPurchase, settings);
  if (!verdict.send) return keepBack(suppressed('limited', verdict.heldBy));
  return startDelivery(state, payment, { claim: verdict.claim, by: null });
}

/** True when the payment was given back in full. */
function isRefunded(state: Subscription, payment: Payment): boolean {
  const chargedMinor = mergedFact(payment)?.amountMinor ?? 0;
  return chargedMinor > 0 && refundedMinor(state, payment.moneyId, chargedMinor) >= chargedMinor;
}

function waitsUntilMs({ acceptedAtMs }: Payment, { kind }: PaymentFact): number {
  return acceptedAtMs + (kind === 'one_off' ? oneOffWaitMs : stateWaitMs);
}

/** True for a payment that was limited by another of the same order, which then was not sent: the limited one is decided again. */
function lostItsHolder(state: Subscription, progress: Progress | null): boolean {
  if (progress?.state !== 'suppressed' || progress.reason !== 'limited') return false;
  const { heldBy } = progress;
  if (heldBy === null || !isOfOrder(state, heldBy)) return false;
  return paymentOf(state, heldBy.moneyId)?.progress?.state === 'suppressed';
}

function notAPurchase(reason: NotAPurchaseReason): Progress {
  return { state: 'not_a_purchase', reason };
}

function suppressed(reason: SuppressedReason, heldBy: PaymentRef | null = null): Progress {
  return { state: 'suppressed', reason, heldBy };
}
