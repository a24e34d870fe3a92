/** The result of a delivery becomes the payment's progress, and what the order knows of its user's first purchase. */
import type { DeliveryResult } from '../delivery-request';
import type { PaymentRef } from '../purchase';
import { droppedCurrencyNote, noteOn, recordOf, reportedRecord } from '../record';
import type { Payment, Progress, Subscription } from '../subscription';
import { isOfOrder, paymentOf, withPayment } from '../subscription';
import { closeUnsent, parkStopped, withdraw } from './delivery';
import type { Step } from './step';
import { andThen, onlyState } from './step';

/** A delivery ended. */
export interface DeliveryResultInput {
  readonly kind: 'delivery_result';
  readonly moneyId: string;
  readonly result: DeliveryResult;
}

/** A payment whose delivery is under way. */
type PaymentInDelivery = Payment & { readonly progress: Extract<Progress, { state: 'delivering' }> };

/**
 * Applies the result of a delivery; a result for a payment that is not being delivered changes nothing. `rows` is the order before anything
 * that came with the result: what the delivery's row was made from. Null where that is not asked (`TransitionOptions`).
 */
export function applyDeliveryResult(
  state: Subscription,
  { moneyId, result }: DeliveryResultInput,
  rows: Subscription | null,
): Step {
  const payment = paymentOf(state, moneyId);
  if (payment?.progress?.state !== 'delivering') return onlyState(state);
  const { progress } = payment;
  if (result.kind === 'repeated') return withdraw({ ...state, merged: [...(state.merged ?? []), moneyId] }, moneyId);
  const ended = withOwnRow(end(state, { ...payment, progress }, result), { moneyId, result, rows });
  // TikTok has the event, by this delivery or by an earlier one: there is nothing to close.
  if (result.kind === 'sent' || progress.sentBefore) return ended;
  const reason = progress.cancelReason ?? (result.kind === 'cancelled' ? cancelledInTemporal : null);
  if (reason === null) return ended;
  if (reason.kind !== 'stopped') return andThen(ended, (next) => closeUnsent(next, moneyId, reason));
  return result.kind === 'cancelled' ? andThen(ended, (next) => parkStopped(next, moneyId)) : ended;
}

/** A delivery that was cancelled although this order asked for no cancellation, for example in the Temporal UI. */
const cancelledInTemporal = { kind: 'skipped', by: 'temporal', reason: 'the report was cancelled' } as const;

/** What came together with the result is not in the row that the delivery wrote. */
function withOwnRow(
  ended: Step,
  { moneyId, result, rows }: Omit<DeliveryResultInput, 'kind'> & { readonly rows: Subscription | null },
): Step {
  const before = rows && paymentOf(rows, moneyId);
  if (!rows || !before || ended.published.length === 0) return ended;
  if (result.kind !== 'sent' && result.kind !== 'suppressed') return ended;
  return { ...ended, published: [reportedRecord(recordOf(rows, before), result)] };
}

/** The payment as the result leaves it. */
function end(state: Subscription, payment: PaymentInDelivery, result: Exclude<DeliveryResult, { kind: 'repeated' }>): Step {
  const { sentBefore } = payment.progress;
  switch (result.kind) {
    case 'sent':
      return publish(withHolder(state, payment, result.holder), payment, sent(payment, result));
    case 'suppressed': {
      const { reason, holder, attempts } = result;
      const heldBy = reason === 'limited' ? holder : null;
      const progress = sentBefore ?? ({ state: 'suppressed', reason, heldBy } as const);
      return publish(withHolder(state, payment, holder), payment, { ...payment, progress, attempts });
    }
    case 'failed': {
      const { attempts, error, holder } = result;
      const progress = sentBefore ?? ({ state: 'needs_attention' } as const);
      // Not published: a delivery that timed out has written no row.
      return onlyState(withPayment(withHolder(state, payment, holder), { ...payment, progress, attempts, lastError: error }));
    }
    case 'cancelled':
      return onlyState(sentBefore ? withPayment(state, { ...payment, progress: sentBefore }) : state);
  }
}

function sent(payment: PaymentInDelivery, result: Extract<DeliveryResult, { kind: 'sent' }>): Payment {
  const { eventId, requestId, sentAtMs, attempts, droppedCurrency } = result;
  const { by } = payment.progress;
  const note = droppedCurrency === null ? noteOn(payment) : droppedCurrencyNote(droppedCurrency);
  return {
    ...payment,
    event: { ...payment.event, eventId, value: droppedCurrency === null ? payment.event.value : null },
    progress: { state: 'sent', requestId, sentAtMs, by, note },
    attempts,
    lastError: null,
  };
}

/**
 * A delivery writes its own row (`reportedRecord`), with the revision after the one that it started from. If the payment's record
 * changed meanwhile, or the payment stays sent, that row is not the payment's: the transition records the payment again.
 */
function publish(state: Subscription, before: PaymentInDelivery, after: Payment): Step {
  const { startedAtRevision, sentBefore } = before.progress;
  if (before.revision !== startedAtRevision || after.progress === sentBefore) return onlyState(withPayment(state, after));
  const revised: Payment = { ...after, revision: after.revision + 1 };
  const next = withPayment(state, revised);
  return { ...onlyState(next), published: [recordOf(next, revised)] };
}

/** Keeps what the delivery learned of the user's first purchase. A claim that was not granted to anybody leaves it open. */
function withHolder(state: Subscription, { moneyId }: Payment, holder: PaymentRef | null): Subscription {
  if (holder === null) {
    const isClaiming = state.firstPurchase.kind === 'claiming' && state.firstPurchase.moneyId === moneyId;
    return isClaiming ? { ...state, firstPurchase: { kind: 'unknown' } } : state;
  }
  return {
    ...state,
    firstPurchase: isOfOrder(state, holder) ? { kind: 'mine', moneyId: holder.moneyId } : { kind: 'other', holder },
  };
}
