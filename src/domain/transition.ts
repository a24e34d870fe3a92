/**
 * The heart: `transition(state, inputs) → { state, effects }`. Takes in what happened, settles every payment's phase, decides what is to
 * be reported, and says what must be done. It knows no clock, no Temporal and no TikTok.
 */
import { assertNever } from './assert-never';
import type { PaymentFact, Phase, PurchaseType, SubscriptionFact } from './fact';
import type { ClaimMode } from './limit';
import { limit } from './limit';
import type { Acceptance } from './observe';
import { mergedFact, observe } from './observe';
import { isUncertain, assignPhases } from './phase';
import { cellOf } from './policy';
import type { NotAPurchaseReason, PaymentRef, PurchaseRecord, SuppressedReason } from './purchase';
import { derivedEventId } from './purchase';
import { droppedCurrencyNote, recordOf } from './record';
import type { DeliveryRequest, DeliveryResult } from './delivery-request';
import type { DecidingSettings } from './settings';
import type { Payment, FirstPurchaseClaim, Progress, PurchaseEvent, Subscription, CancelReason } from './subscription';
import { isClaimOurs, paymentOf, paymentsInOrder, refundedMinor } from './subscription';
import { eventValue } from './value';

export type Input =
  | { readonly kind: 'fact'; readonly fact: SubscriptionFact; readonly accepted: Acceptance }
  | { readonly kind: 'reported'; readonly moneyId: string; readonly result: DeliveryResult }
  | { readonly kind: 'resend'; readonly moneyId: string; readonly by: string }
  /** All that need attention, or those with one error type. */
  | { readonly kind: 'resend_all'; readonly by: string; readonly error?: string }
  | { readonly kind: 'skip'; readonly moneyId: string; readonly by: string; readonly reason: string | null }
  /** Forget who bought. */
  | { readonly kind: 'erase' };

export type Effect =
  | { readonly kind: 'report'; readonly request: DeliveryRequest }
  /** Stop the report that is under way, if it can still be stopped. */
  | { readonly kind: 'withdraw'; readonly moneyId: string }
  /** Show it in the purchases table. */
  | { readonly kind: 'record'; readonly record: PurchaseRecord }
  /** Free the user's first place, if this payment holds it. */
  | { readonly kind: 'release'; readonly moneyId: string };

export interface Transition {
  readonly state: Subscription;
  readonly effects: readonly Effect[];
}

/** How long a payment waits for the state fact that tells its phase. */
export const stateWaitMs = 20_000;
/** How long a one-off, whose phase is known, waits for the word of the same payment that tells whose it is. */
export const oneOffWaitMs = 5_000;

/** `nowMs` ends the waiting for state facts; nothing else depends on it. */
export function transition(before: Subscription, inputs: readonly Input[], nowMs: number): Transition {
  const work: Work = {
    effects: [],
    shown: new Map(paymentsInOrder(before).map((payment) => [payment.moneyId, recordOf(before, payment)])),
  };
  // Everything is taken in before anything is decided: what arrives together is settled by when it happened (`settle`).
  const taken = inputs.reduce(
    (state, input) => (input.kind === 'fact' ? observe(state, input.fact, input.accepted) : take(state, input, work)),
    before,
  );
  const decided = decideAll(withdrawRefunded(taken, work), nowMs, work);
  return { state: recordAll(decided, work), effects: work.effects };
}

/** What a transition gathers on its way. */
interface Work {
  readonly effects: Effect[];
  /** Money id → the row as the purchases table has it, or will have it by a report that writes its own. */
  readonly shown: Map<string, PurchaseRecord>;
}

/** When something is due although nothing happens: the end of a wait. Null when there is nothing to wait for. */
export function nextDueMs(subscription: Subscription): number | null {
  const waits = Object.values(subscription.payments).flatMap(({ progress }) =>
    progress?.state === 'waiting' ? [progress.untilMs] : [],
  );
  return waits.length === 0 ? null : Math.min(...waits);
}

/** True when nothing of this order is being sent or waits for anybody. */
export function isAtRest(subscription: Subscription): boolean {
  return Object.values(subscription.payments).every(
    ({ progress }) => progress !== null && !['waiting', 'reporting', 'needs_attention'].includes(progress.state),
  );
}

// --- What was done, and what operators say

function take(state: Subscription, input: Exclude<Input, { kind: 'fact' }>, work: Work): Subscription {
  switch (input.kind) {
    case 'reported':
      return takeResult(state, input.moneyId, input.result, work);
    case 'resend':
      return resend(state, input.moneyId, input.by, work);
    case 'resend_all':
      return paymentsInOrder(state)
        .filter(
          ({ progress, lastError }) =>
            progress?.state === 'needs_attention' && (input.error === undefined || lastError?.type === input.error),
        )
        .reduce((s, { moneyId }) => resend(s, moneyId, input.by, work), state);
    case 'skip':
      return skip(state, input, work);
    case 'erase':
      return erase(state);
    default:
      return assertNever(input);
  }
}

function takeResult(state: Subscription, moneyId: string, result: DeliveryResult, work: Work): Subscription {
  const payment = paymentOf(state, moneyId);
  if (payment?.progress?.state !== 'reporting') return state;
  const { by, instead, revision: startedAt, sentBefore } = payment.progress;
  switch (result.kind) {
    case 'sent': {
      const note = result.droppedCurrency === null ? null : droppedCurrencyNote(result.droppedCurrency);
      const event: PurchaseEvent = {
        ...payment.event,
        eventId: result.eventId,
        value: note === null ? payment.event.value : null,
      };
      const progress: Progress = { state: 'sent', requestId: result.requestId, sentAtMs: result.sentAtMs, by, note };
      const sent: Payment = { ...payment, event, progress, attempts: result.attempts, lastError: null };
      return withPlace(withReportedRow(state, sent, startedAt, work), moneyId, result.holder);
    }
    case 'suppressed': {
      const progress: Progress = {
        state: 'suppressed',
        reason: result.reason,
        heldBy: result.reason === 'limited' ? result.holder : null,
      };
      const kept = withPlace(
        withReportedRow(state, { ...payment, progress, attempts: result.attempts }, startedAt, work),
        moneyId,
        result.holder,
      );
      return instead ? withdraw(kept, moneyId, instead, work) : kept;
    }
    case 'failed': {
      const failed = withPlace(
        withPayment(state, {
          ...payment,
          // Its row says needs_attention; `recordAll` shows it anew where that is not so.
          progress: sentBefore ?? { state: 'needs_attention' },
          attempts: result.attempts,
          lastError: result.error,
        }),
        moneyId,
        result.holder,
      );
      return instead && !sentBefore ? withdraw(failed, moneyId, instead, work) : failed;
    }
    case 'withdrawn':
      if (sentBefore) return withPayment(state, { ...payment, progress: sentBefore });
      return withdraw(state, moneyId, instead ?? { kind: 'skipped', by: 'temporal', reason: 'the report was cancelled' }, work);
    default:
      return assertNever(result);
  }
}

/** A report writes its own row (`reportedRecord`), unless the record changed while it was under way: then the workflow writes it. */
function withReportedRow(state: Subscription, payment: Payment, startedAt: number, work: Work): Subscription {
  if (payment.revision !== startedAt) return withPayment(state, payment);
  const reported: Payment = { ...payment, revision: payment.revision + 1 };
  const next = withPayment(state, reported);
  work.shown.set(payment.moneyId, recordOf(next, reported));
  return next;
}

/** What the report learned of the first place. A claim that came to nothing leaves it open. */
function withPlace(state: Subscription, moneyId: string, holder: PaymentRef | null): Subscription {
  if (holder === null) {
    const claimed = state.firstPurchase.kind === 'claiming' && state.firstPurchase.moneyId === moneyId;
    return claimed ? { ...state, firstPurchase: { kind: 'unknown' } } : state;
  }
  const isOurs = holder.psp === state.psp && holder.subscription === state.id;
  return { ...state, firstPurchase: isOurs ? { kind: 'mine', moneyId: holder.moneyId } : { kind: 'other', holder } };
}

function resend(state: Subscription, moneyId: string, by: string, work: Work): Subscription {
  const payment = paymentOf(state, moneyId);
  // What is being sent needs no second sender.
  if (!payment || payment.observations.length === 0 || payment.progress?.state === 'reporting') return state;
  // What was on its way once is told in the same words again.
  const decided = withPayment(state, { ...payment, event: isOpen(payment.progress) ? eventOf(state, payment) : payment.event });
  return report(decided, moneyId, isClaimOurs(state.firstPurchase) ? null : 'take_if_free', by, work);
}

function skip(state: Subscription, input: Extract<Input, { kind: 'skip' }>, work: Work): Subscription {
  const payment = paymentOf(state, input.moneyId);
  const withdrawal: CancelReason = { kind: 'skipped', by: input.by, reason: input.reason };
  switch (payment?.progress?.state) {
    case 'reporting':
      return stopReport(state, payment, payment.progress, withdrawal, work);
    case 'waiting':
    case 'needs_attention':
      return withdraw(state, input.moneyId, withdrawal, work);
    default:
      // What was sent can't be called back, and what is not to be sent needs no skipping.
      return state;
  }
}

/** Payments and what became of them stay; of the buyer nothing does but the order itself. */
function erase(state: Subscription): Subscription {
  return { ...state, userKeys: state.userKeys.filter(({ kind }) => kind === 'order') };
}

function stopReport(
  state: Subscription,
  payment: Payment,
  progress: Extract<Progress, { state: 'reporting' }>,
  instead: CancelReason,
  work: Work,
): Subscription {
  if (progress.instead === null) work.effects.push({ kind: 'withdraw', moneyId: payment.moneyId });
  return withPayment(state, { ...payment, progress: { ...progress, instead: progress.instead ?? instead } });
}

function withdraw(state: Subscription, moneyId: string, withdrawal: CancelReason, work: Work): Subscription {
  const payment = paymentOf(state, moneyId);
  if (!payment) return state;
  const progress: Progress =
    withdrawal.kind === 'refunded'
      ? { state: 'not_a_purchase', reason: 'refunded_before_sent' }
      : { state: 'skipped', by: withdrawal.by, reason: withdrawal.reason };
  // Without a decisionKey: should the refund turn out to be none, it is decided again.
  const next = withPayment(state, { ...payment, progress, decisionKey: null });
  work.effects.push({ kind: 'release', moneyId });
  const held = isClaimOurs(state.firstPurchase) && state.firstPurchase.moneyId === moneyId;
  return held ? { ...next, firstPurchase: { kind: 'unknown' } } : next;
}

// --- Deciding

/** Stops whatever was refunded before it was sent. Comes before the phases are settled: what is withdrawn keeps its phase from no other. */
function withdrawRefunded(before: Subscription, work: Work): Subscription {
  return paymentsInOrder(before).reduce((state, payment) => {
    const { moneyId, progress } = payment;
    if (!isRefunded(state, payment)) return state;
    if (progress?.state === 'reporting' && progress.by === null)
      return stopReport(state, payment, progress, { kind: 'refunded' }, work);
    return progress?.state === 'needs_attention' ? withdraw(state, moneyId, { kind: 'refunded' }, work) : state;
  }, before);
}

/** Whether all of it was given back. */
function isRefunded(state: Subscription, payment: Payment): boolean {
  const charged = mergedFact(payment)?.amountMinor ?? 0;
  return charged > 0 && refundedMinor(state, payment.moneyId, charged) >= charged;
}

function decideAll(before: Subscription, nowMs: number, work: Work): Subscription {
  const { purchaseType, phases, declared } = assignPhases(before);
  return paymentsInOrder(before).reduce(
    (state, { moneyId }) => decideOne(state, moneyId, phases[moneyId] ?? null, declared, nowMs, work),
    { ...before, purchaseType },
  );
}

function decideOne(
  before: Subscription,
  moneyId: string,
  phase: Phase | null,
  declared: PurchaseType | null,
  nowMs: number,
  work: Work,
): Subscription {
  const known = paymentOf(before, moneyId);
  if (!known) return before;
  const payment: Payment = { ...known, phase, purchaseType: before.purchaseType };
  const state = withPayment(before, payment);
  const fact = mergedFact(payment);
  if (!fact) return withPayment(state, { ...payment, progress: notAPurchase('payment_failed') });

  const { progress } = payment;
  if (!isOpen(progress)) return state;
  const refunded = isRefunded(state, payment);
  if (refunded && progress?.state === 'not_a_purchase' && progress.reason === 'refunded_before_sent') return state;

  const waits = isUncertain(payment, state.context, declared) && nowMs < waitsUntilMs(payment, fact) && !refunded;
  // A claim of this order that came to nothing leaves those open that it had kept back.
  const heldByNobody = progress?.state === 'suppressed' && progress.reason === 'limited' && isClaimGone(state, progress.heldBy);
  const decisionKey = JSON.stringify([
    fact.kind,
    fact.amountMinor,
    fact.role ?? null,
    phase,
    state.purchaseType,
    refunded,
    waits,
  ]);
  if (decisionKey === payment.decisionKey && !heldByNobody) return state;
  return decide(withPayment(state, { ...payment, decisionKey }), moneyId, fact, { refunded, waits }, work);
}

function waitsUntilMs({ acceptedAtMs }: Payment, { kind }: PaymentFact): number {
  return acceptedAtMs + (kind === 'one_off' ? oneOffWaitMs : stateWaitMs);
}

/** Whether a payment may still be decided, or decided again. */
function isOpen(progress: Progress | null): boolean {
  return (
    progress === null || progress.state === 'waiting' || progress.state === 'suppressed' || progress.state === 'not_a_purchase'
  );
}

function isClaimGone(state: Subscription, heldBy: PaymentRef | null): boolean {
  if (heldBy === null || heldBy.psp !== state.psp || heldBy.subscription !== state.id) return false;
  return paymentOf(state, heldBy.moneyId)?.progress?.state === 'suppressed';
}

function decide(
  before: Subscription,
  moneyId: string,
  fact: PaymentFact,
  { refunded, waits }: { readonly refunded: boolean; readonly waits: boolean },
  work: Work,
): Subscription {
  const undecided = paymentOf(before, moneyId);
  if (!undecided) return before;
  const payment: Payment = { ...undecided, event: eventOf(before, undecided) };
  const state = withPayment(before, payment);
  const as = (progress: Progress): Subscription => withPayment(state, { ...payment, progress });

  if (refunded) return as(notAPurchase('refunded_before_sent'));
  if (fact.role === 'ignore') return as(notAPurchase('ignored_price'));
  if (payment.phase === null) return as(notAPurchase(fact.otherCharge ?? 'other_charge'));
  if (waits) return as({ state: 'waiting', untilMs: waitsUntilMs(payment, fact) });

  const settings = settingsOf(state, payment);
  if (fact.amountMinor === 0 && payment.phase !== 'trial_start' && !settings.sendZeroValue)
    return as(notAPurchase('zero_amount'));
  if (payment.tooOld) return as(suppressed('too_old'));
  if (cellOf(settings.policy, payment.purchaseType, payment.phase)?.send !== true) return as(suppressed('policy'));

  const { purchaseType, phase } = payment;
  const verdict = limit({ psp: state.psp, subscription: state.id, moneyId, purchaseType, phase }, state.firstPurchase, settings);
  return verdict.send ? report(state, moneyId, verdict.claim, null, work) : as(suppressed('limited', verdict.heldBy));
}

function report(state: Subscription, moneyId: string, claim: ClaimMode | null, by: string | null, work: Work): Subscription {
  const payment = paymentOf(state, moneyId);
  if (!payment) return state;
  const revision = payment.revision + 1;
  const sentBefore = payment.progress?.state === 'sent' ? payment.progress : null;
  const reporting: Payment = { ...payment, progress: { state: 'reporting', by, instead: null, revision, sentBefore }, revision };
  const started = withPayment(state, reporting);
  const record = recordOf(started, reporting);
  work.shown.set(moneyId, record);
  work.effects.push({ kind: 'report', request: { record, userKeys: state.userKeys, claim, byOperator: by !== null } });
  const firstPurchase: FirstPurchaseClaim =
    claim === null || isClaimOurs(state.firstPurchase) ? state.firstPurchase : { kind: 'claiming', moneyId };
  return { ...started, firstPurchase };
}

/** What TikTok would be told of a payment as it stands now. */
function eventOf(state: Subscription, payment: Payment): PurchaseEvent {
  const fact = mergedFact(payment);
  const settings = settingsOf(state, payment);
  const cell = payment.phase === null ? undefined : cellOf(settings.policy, payment.purchaseType, payment.phase);
  return {
    eventId:
      mayUseCheckoutId(state, payment) && state.checkoutId !== null
        ? state.checkoutId
        : derivedEventId(state.psp, payment.moneyId),
    eventName: cell?.eventName ?? settings.eventName,
    value: fact ? eventValue(cell?.value, fact) : null,
  };
}

/** The checkout id is the event id of the order's first phase, and of no second payment. */
function mayUseCheckoutId(state: Subscription, payment: Payment): boolean {
  const hasTrial = payment.purchaseType === 'free_trial' || payment.purchaseType === 'paid_trial';
  const isFirstPhase = payment.phase === 'trial_start' || (payment.phase === 'conversion' && !hasTrial);
  const isTaken = Object.values(state.payments).some(
    (other) => other.moneyId !== payment.moneyId && other.event.eventId === state.checkoutId && !isOpen(other.progress),
  );
  return isFirstPhase && !isTaken;
}

function settingsOf(state: Subscription, payment: Payment): DecidingSettings {
  const settings = state.settings[String(payment.settingsVersion)];
  if (!settings) throw new Error(`settings version ${payment.settingsVersion} of ${payment.moneyId} is not kept`);
  return settings;
}

// --- Records

/** Whatever is shown differently than before gets a new revision and a row. */
function recordAll(state: Subscription, { shown, effects }: Work): Subscription {
  return paymentsInOrder(state).reduce((s, payment) => {
    const { moneyId } = payment;
    const before = shown.get(moneyId);
    if (before && isSameRecord(before, recordOf(s, payment))) return s;
    const changed: Payment = { ...payment, revision: payment.revision + 1 };
    effects.push({ kind: 'record', record: recordOf(s, changed) });
    return withPayment(s, changed);
  }, state);
}

function isSameRecord(a: PurchaseRecord, b: PurchaseRecord): boolean {
  return JSON.stringify({ ...a, revision: 0 }) === JSON.stringify({ ...b, revision: 0 });
}

function notAPurchase(reason: NotAPurchaseReason): Progress {
  return { state: 'not_a_purchase', reason };
}

function suppressed(reason: SuppressedReason, heldBy: PaymentRef | null = null): Progress {
  return { state: 'suppressed', reason, heldBy };
}

function withPayment(state: Subscription, payment: Payment): Subscription {
  return { ...state, payments: { ...state.payments, [payment.moneyId]: payment } };
}
