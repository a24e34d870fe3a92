/**
 * Restores the state of an order whose workflow is gone (cancelled, terminated, or closed long ago) from what the database keeps of it.
 * The kept facts say what happened, as in the workflow before; the records say what became of each payment.
 */
import { entryOf } from './by-id';
import { deepEqual } from './deep-equal';
import type { LifecycleFact, OtherChargeReason, PaymentFact, SubscriptionFact } from './fact';
import type { UserKey } from './identity';
import type { Acceptance } from './observe';
import { merge, mergedFact, withStatus } from './observe';
import { cellOf } from './policy';
import type { DeliveryError, NotAPurchaseReason, PaymentRef, PurchaseRecord, PurchaseState, SuppressedReason } from './purchase';
import { derivedEventId, isFailedCharge } from './purchase';
import { recordOf } from './record';
import type { DecidingSettings } from './settings';
import { decidingSettings, defaultSettings } from './settings';
import type { DecisionBasis, FirstPurchaseClaim, Payment, Progress, Subscription } from './subscription';
import { drafted, eventAtMs, isOfOrder, newSubscription, paymentOf, paymentsInOrder, withPayment } from './subscription';

/** Everything that the database keeps of one order. */
export interface OrderRecords {
  readonly psp: string;
  readonly subscription: string;
  /** In the order in which they were accepted. */
  readonly facts: readonly KeptFact[];
  readonly records: readonly PurchaseRecord[];
  /** The versions of the settings that the facts and records name. */
  readonly settings: readonly DecidingSettings[];
  /** The buyer's identifiers, the order's own among them. */
  readonly userKeys: readonly UserKey[];
  /** The payment that holds the user's first purchase; null when none does. */
  readonly firstPurchase: PaymentRef | null;
}

/** A fact as it was accepted. */
export interface KeptFact {
  readonly fact: SubscriptionFact;
  readonly settingsVersion: number;
  readonly tooOld: boolean;
  readonly acceptedAtMs: number;
  /** The checkout id that it brought to the order; null without one, and when the order has lost it since. */
  readonly checkoutId: string | null;
}

export interface RestoredOrder {
  readonly state: Subscription;
  /** The records that are not as in the table any more: their rows are to be written. */
  readonly changed: readonly PurchaseRecord[];
}

/**
 * The order as its workflow left it. A purchase that was under way needs attention, since an attempt may have reached TikTok; a payment
 * that no workflow had decided yet is still to be decided.
 */
export function restoreOrder(kept: OrderRecords): RestoredOrder {
  return drafted(newSubscription(kept.psp, kept.subscription), (draft) => restoredFrom(draft, kept));
}

function restoredFrom(empty: Subscription, kept: OrderRecords): RestoredOrder {
  const observed = kept.facts.reduce(
    (state, { fact, settingsVersion, ...accepted }) => merge(state, fact, acceptance(kept, settingsVersion, accepted)),
    empty,
  );
  // Revision 0 is the row of a payment that was accepted and not decided.
  const restored = kept.records.reduce(
    (state, record) => (record.revision > 0 ? withRecord(completed(kept, state, record), record) : withTime(state, record)),
    observed,
  );
  return withNewRevisions(
    {
      ...withStatus(restored),
      purchaseType: kept.records.at(-1)?.purchaseType ?? restored.purchaseType,
      userKeys: kept.userKeys,
      checkoutId: kept.records.find(hasCheckoutId)?.eventId ?? restored.checkoutId,
      firstPurchase: claimOf(restored, kept.firstPurchase),
    },
    kept.records,
  );
}

function acceptance(
  { settings }: OrderRecords,
  version: number,
  accepted: Pick<Acceptance, 'tooOld' | 'acceptedAtMs' | 'checkoutId'>,
): Acceptance {
  const deciding = settings.find((known) => known.version === version) ?? settings.at(-1) ?? decidingSettings(defaultSettings);
  return { ...accepted, settings: { ...deciding, version }, userKeys: [] };
}

function isKnown(state: Subscription, moneyId: string): boolean {
  const payment = paymentOf(state, moneyId);
  return payment !== undefined && (payment.observations.length > 0 || payment.failure !== null);
}

/** Adds what a record says beyond the kept facts: it may be older than the first of them. */
function completed(kept: OrderRecords, state: Subscription, record: PurchaseRecord): Subscription {
  const { moneyId, refundedMinor, settingsVersion } = record;
  const age = {
    tooOld: record.reason === 'too_old',
    acceptedAtMs: Math.max(record.sentAtMs ?? 0, record.occurredAtMs),
    checkoutId: null,
  };
  const accepted = acceptance(kept, settingsVersion, age);
  const paid = isKnown(state, moneyId) ? state : merge(state, factOf(record), accepted);
  const known: Subscription = { ...paid, settings: { ...paid.settings, [String(settingsVersion)]: accepted.settings } };
  if (refundedMinor === 0 || entryOf(known.refunds, moneyId)) return known;
  const { occurredAtMs } = record;
  const refund = {
    kind: 'refund',
    moneyId,
    refundId: 'from-record',
    cause: 'refund',
    amountMinor: refundedMinor,
    occurredAtMs,
  } as const;
  return merge(known, refund, accepted);
}

/** The fact that a record tells of. */
export function factOf(record: PurchaseRecord): PaymentFact | LifecycleFact {
  const { moneyId, occurredAtMs, currency, phase, purchaseType, reason } = record;
  if (reason === 'payment_failed') return { kind: 'payment_failed', moneyId, occurredAtMs, currency };
  const paid = { moneyId, occurredAtMs, currency, amountMinor: record.chargedMinor };
  if (phase === null) return { ...paid, kind: 'other_charge', ...otherCharge(reason) };
  return { ...paid, kind: purchaseType === 'lifetime' && phase === 'conversion' ? 'one_off' : phase, inferredType: purchaseType };
}

function otherCharge(reason: string | null): Pick<PaymentFact, 'role' | 'otherCharge'> {
  if (reason === 'ignored_price') return { role: 'ignore' };
  return { otherCharge: otherChargeReasons.find((known) => known === reason) ?? 'other_charge' };
}

const otherChargeReasons: readonly OtherChargeReason[] = ['proration', 'plan_change', 'overage', 'payment_method_change'];

/** The payment as its record says. */
function withRecord(state: Subscription, record: PurchaseRecord): Subscription {
  const payment = paymentOf(state, record.moneyId);
  if (!payment) return state;
  const { phase, purchaseType, eventId, eventName, value, attempts, settingsVersion, revision } = record;
  return withPayment(state, {
    ...payment,
    ...paidAt(payment, record),
    ...(phase !== null && wasReported.has(record.state) ? { reportedPhase: phase } : {}),
    ...{ phase, purchaseType, attempts, settingsVersion, revision },
    event: { eventId, eventName, value },
    progress: progressOf(record),
    lastError: record.state === 'pending' && !wasSent(record) ? workflowGone(record.lastError) : record.lastError,
    decidedFrom: decidedFrom(payment, record, state.settings[String(settingsVersion)]),
  });
}

/** The payment with the time of its record: facts do not say when it settled. */
function withTime(state: Subscription, record: PurchaseRecord): Subscription {
  const payment = paymentOf(state, record.moneyId);
  return payment ? withPayment(state, { ...payment, ...paidAt(payment, record) }) : state;
}

function paidAt(payment: Payment, record: PurchaseRecord): Pick<Payment, 'paidAtMs'> {
  // The record of a failed charge says when it failed, although it may have been paid since.
  const isPaidSince = isFailedCharge(record) && payment.observations.length > 0;
  return isPaidSince || eventAtMs(payment) === record.occurredAtMs ? {} : { paidAtMs: record.occurredAtMs };
}

const wasReported: ReadonlySet<PurchaseState> = new Set(['sent', 'pending', 'needs_attention']);

function progressOf(record: PurchaseRecord): Progress {
  const { reason, by } = record;
  if (wasSent(record)) {
    const { requestId, sentAtMs, occurredAtMs } = record;
    return { state: 'sent', requestId, sentAtMs: sentAtMs ?? occurredAtMs, by, note: reason };
  }
  switch (record.state) {
    // The table has the reasons that `recordOf` put there.
    case 'suppressed':
      return { state: 'suppressed', reason: reason as SuppressedReason, heldBy: record.heldBy };
    case 'not_a_purchase':
      return { state: 'not_a_purchase', reason: reason as NotAPurchaseReason };
    case 'skipped':
      return { state: 'skipped', by: by ?? 'unknown', reason };
    case 'sent':
    case 'pending':
    case 'needs_attention':
      return { state: 'needs_attention' };
  }
}

/** True also of a purchase that was being sent once more: TikTok has it, whatever became of the repetition. */
function wasSent({ state, sentAtMs }: PurchaseRecord): boolean {
  return state === 'sent' || (state === 'pending' && sentAtMs !== null);
}

function workflowGone(last: DeliveryError | null): DeliveryError {
  const cause = last ? `; the last error was: ${last.message}` : '';
  const message = `the order's workflow ended before TikTok had accepted this purchase: resend it, or skip it${cause}`;
  return { type: 'WorkflowGone', code: null, message };
}

/**
 * What the decision was taken from, so that a repetition of what is known does not decide again. Null for a payment that was refunded
 * before it was sent: it is decided again if the refund is undone.
 */
function decidedFrom(payment: Payment, record: PurchaseRecord, settings: DecidingSettings | undefined): DecisionBasis | null {
  const fact = mergedFact(payment);
  if (!fact || record.reason === 'refunded_before_sent') return null;
  const { phase, purchaseType, chargedMinor, refundedMinor } = record;
  const cell = settings && phase === 'trial_start' ? cellOf(settings.policy, purchaseType, phase) : undefined;
  const refunded = chargedMinor > 0 && refundedMinor >= chargedMinor;
  const { kind, role = null } = fact;
  const basis: DecisionBasis = { kind, amountMinor: chargedMinor, role, phase, purchaseType, refunded, waits: false };
  return cell?.send && cell.hold ? { ...basis, hold: record.reason === 'cancelled_in_hold' ? 'broken' : 'passed' } : basis;
}

/** The checkout id is the event id of an order's first phase, and of nothing else. */
function hasCheckoutId({ psp, moneyId, eventId }: PurchaseRecord): boolean {
  return eventId !== derivedEventId(psp, moneyId);
}

function claimOf(state: Subscription, holder: PaymentRef | null): FirstPurchaseClaim {
  if (holder === null) return { kind: 'unknown' };
  return isOfOrder(state, holder) ? { kind: 'mine', moneyId: holder.moneyId } : { kind: 'other', holder };
}

/** Gives a decided payment whose record is not that of the table a new revision. */
function withNewRevisions(restored: Subscription, records: readonly PurchaseRecord[]): RestoredOrder {
  const rows = new Map(records.map((row) => [row.moneyId, row]));
  const changed = paymentsInOrder(restored).flatMap((payment): readonly Payment[] => {
    const row = rows.get(payment.moneyId);
    const isAsRow = payment.progress === null || !row || deepEqual(recordOf(restored, payment), row);
    return isAsRow ? [] : [{ ...payment, revision: payment.revision + 1 }];
  });
  const state = changed.reduce(withPayment, restored);
  return { state, changed: changed.map((payment) => recordOf(state, payment)) };
}
