/** Decides every open payment of an order: deliver it, wait, or keep it back with a reason (product.md, sections 2 and 3). */
import { deepEqual } from '../deep-equal';
import { hourMs } from '../duration';
import type { PaymentFact } from '../fact';
import { limit } from '../limit';
import { mergedFact } from '../observe';
import type { PhaseAssignment, PhaselessReason } from '../phase';
import { assignPhases } from '../phase';
import { cellOf } from '../policy';
import type { NotAPurchaseReason, PaymentRef, SuppressedReason } from '../purchase';
import type { DecisionBasis, Payment, Progress, Subscription } from '../subscription';
import { drafted, eventAtMs, isOfOrder, isOpen, occurredAtMs, paymentOf, paymentsInOrder, withPayment } from '../subscription';
import { cancelDelivery, closeUnsent, startDelivery, withdraw } from './delivery';
import type { Hold } from './hold';
import { holdOf, isRefunded } from './hold';
import { purchaseEventOf, settingsOf } from './purchase-event';
import type { Step } from './step';
import { forEach, onlyState } from './step';
import { OtherPayments, waitsUntilMs } from './waiting';

/** Stops the deliveries of payments that were refunded before they were sent. An operator's resend is not stopped. */
export function cancelRefunded(state: Subscription): Step {
  const isUnsent = ({ progress }: Payment): boolean =>
    progress?.state === 'needs_attention' || (progress?.state === 'delivering' && progress.by === null);
  const refunded = paymentsInOrder(state, (payment) => isUnsent(payment) && isRefunded(state, payment, Infinity));
  return forEach(refunded, state, (current, payment) =>
    payment.progress?.state === 'delivering'
      ? cancelDelivery(current, payment, { kind: 'refunded' })
      : closeUnsent(current, payment.moneyId, { kind: 'refunded' }),
  );
}

/** Assigns phases over all payments, then decides those that are open and new or changed. `nowMs` ends the waits. */
export function decideOpen(before: Subscription, nowMs: number): Step {
  const inOrder = paymentsInOrder(before);
  const assignment = assignPhases(before, inOrder);
  const state = { ...before, purchaseType: assignment.purchaseType };
  const others = new OtherPayments(inOrder);
  const round: Round = { assignment, nowMs, anothers: new Set([...(before.merged ?? []), assignment.yielded]), others };
  return forEach(inOrder, state, (current, payment) => {
    const step = decideIfChanged(current, payment.moneyId, round);
    others.becomes(payment, paymentOf(step.state, payment.moneyId));
    return step;
  });
}

/** What is the same for all payments that are decided together. */
interface Round {
  readonly assignment: PhaseAssignment;
  readonly nowMs: number;
  /** Payments that turned out to be other ones. */
  readonly anothers: ReadonlySet<string | null>;
  readonly others: OtherPayments;
}

function decideIfChanged(before: Subscription, moneyId: string, { assignment, nowMs, anothers, others }: Round): Step {
  const known = paymentOf(before, moneyId);
  if (!known) return onlyState(before);
  if (anothers.has(moneyId) && isOpen(known.progress)) return withdraw(before, moneyId);
  const phase = assignment.phases.get(moneyId) ?? null;
  const isAsBefore = known.phase === phase && known.purchaseType === before.purchaseType;
  const payment: Payment = isAsBefore ? known : { ...known, phase, purchaseType: before.purchaseType };
  const state = isAsBefore ? before : withPayment(before, payment);
  const fact = mergedFact(payment);
  if (!fact) {
    const isKnownFailure = payment.progress?.state === 'not_a_purchase' && payment.progress.reason === 'payment_failed';
    return onlyState(isKnownFailure ? state : withPayment(state, { ...payment, progress: notAPurchase('payment_failed') }));
  }

  const { progress } = payment;
  if (!isOpen(progress)) return onlyState(state);
  const refunded = isRefunded(state, payment, Infinity);
  if (refunded && progress?.state === 'not_a_purchase' && progress.reason === 'refunded_before_sent') return onlyState(state);

  const untilMs = refunded ? null : waitsUntilMs(state, payment, fact, others);
  const hold = holdOf(state, payment, nowMs);
  const basis: DecisionBasis = {
    kind: fact.kind,
    amountMinor: fact.amountMinor,
    role: fact.role ?? null,
    phase: payment.phase,
    purchaseType: payment.purchaseType,
    refunded,
    waits: untilMs !== null && nowMs < untilMs,
    ...(hold ? { hold: hold.stage } : {}),
  };
  if (deepEqual(basis, payment.decidedFrom) && !lostItsHolder(state, progress)) return onlyState(state);
  const isDecidedAnew = progress !== null && progress.state !== 'waiting';
  return decide(
    state,
    { ...payment, decidedFrom: basis },
    {
      ...{ fact, untilMs, hold, nowMs, isDecidedAnew },
      phaseless: assignment.reasons.get(moneyId) ?? null,
    },
  );
}

/**
 * Decides each payment without a decision in the phase that it has, and each that was limited by a payment which then was not sent: for a
 * simulation, whose phases are those of the records. It waits for nothing but the end of `holds`, by money id, and asks neither for
 * refunds nor for operators' commands. What was held is decided when its hold ended.
 */
export function decideInPhase(before: Subscription, nowMs: number, holds: ReadonlyMap<string, Hold>): Step {
  const decidedAtMs = (payment: Payment): number => holds.get(payment.moneyId)?.untilMs ?? occurredAtMs(payment);
  const inOrder = paymentsInOrder(before);
  const inTime = holds.size === 0 ? inOrder : [...inOrder].sort((a, b) => decidedAtMs(a) - decidedAtMs(b));
  return drafted(before, (draft) =>
    forEach(inTime, draft, (current, { moneyId }) => {
      const payment = paymentOf(current, moneyId);
      const fact = payment && mergedFact(payment);
      if (!payment || !fact) return onlyState(current);
      if (payment.progress !== null && !lostItsHolder(current, payment.progress)) return onlyState(current);
      const hold = holds.get(moneyId) ?? null;
      const deciding = { fact, untilMs: null, hold, nowMs, isDecidedAnew: false, phaseless: null };
      return decide(current, { ...payment, decidedFrom: null }, deciding);
    }),
  );
}

interface Deciding {
  readonly fact: PaymentFact;
  /** When it stops waiting; null when it need not wait. */
  readonly untilMs: number | null;
  /** Null where the settings hold nothing. */
  readonly hold: Hold | null;
  readonly nowMs: number;
  /** It was decided before, perhaps long ago. */
  readonly isDecidedAnew: boolean;
  /** Why it has no phase, where its own event does not say it. */
  readonly phaseless: PhaselessReason | null;
}

/** Delivers a payment, or sets the progress that says why not. The first rule that applies decides. */
function decide(state: Subscription, undecided: Payment, deciding: Deciding): Step {
  const { fact, untilMs, hold, nowMs, isDecidedAnew, phaseless } = deciding;
  const payment: Payment = { ...undecided, event: purchaseEventOf(state, undecided) };
  const keepBack = (progress: Progress): Step => onlyState(withPayment(state, { ...payment, progress }));
  const { moneyId, purchaseType, phase, decidedFrom } = payment;

  if (decidedFrom?.refunded && hold?.stage !== 'broken') return keepBack(notAPurchase('refunded_before_sent'));
  if (decidedFrom?.waits && untilMs !== null) return keepBack({ state: 'waiting', untilMs });
  if (fact.role === 'ignore') return keepBack(notAPurchase('ignored_price'));
  if (phase === null) return keepBack(notAPurchase(fact.otherCharge ?? phaseless ?? 'other_charge'));

  const settings = settingsOf(state, payment);
  const isZero = fact.amountMinor === 0 && !fact.unpriced && phase !== 'trial_start';
  if (isZero && !settings.sendZeroValue) return keepBack(notAPurchase('zero_amount'));
  // What is held is not late before its hold is over; what that kept back stays so.
  const ageMs = hold?.stage === 'broken' ? 0 : nowMs - (hold?.untilMs ?? eventAtMs(payment));
  const isTooOldNow = isDecidedAnew && ageMs > settings.maxEventAgeHours * hourMs;
  if (payment.tooOld || isTooOldNow) return keepBack(suppressed('too_old'));
  if (cellOf(settings.policy, purchaseType, phase)?.send !== true) return keepBack(suppressed('policy'));
  if (hold?.stage === 'broken') return keepBack(suppressed('cancelled_in_hold'));
  if (hold?.stage === 'lasts') return keepBack({ state: 'waiting', untilMs: hold.untilMs, held: true });

  const candidate = { psp: state.psp, subscription: state.id, moneyId, purchaseType, phase };
  const verdict = limit(candidate, state.firstPurchase, settings);
  if (!verdict.send) return keepBack(suppressed('limited', verdict.heldBy));
  return startDelivery(state, payment, { claim: verdict.claim, by: null });
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
