/** Makes the record that operators see from the state that the workflow holds. */
import type { DeliveryResult } from './delivery-request';
import { minuteMs } from './duration';
import type { PaymentFact } from './fact';
import type { PurchaseRecord } from './purchase';
import { derivedEventId } from './purchase';
import type { DecidingSettings } from './settings';
import { mergedFact } from './observe';
import type { Payment, Progress, Sent, Subscription } from './subscription';
import { eventAtMs, occurredAtMs, paymentsInOrder, refundedMinor } from './subscription';

/** All records of an order, in the order in which the payments happened. */
export function recordsOf(subscription: Subscription): readonly PurchaseRecord[] {
  return paymentsInOrder(subscription).map((payment) => recordOf(subscription, payment));
}

/** The record of one payment of an order. */
export function recordOf(subscription: Subscription, payment: Payment): PurchaseRecord {
  const fact = mergedFact(payment);
  const chargedMinor = fact?.amountMinor ?? 0;
  const { progress } = payment;
  const sent = answerTo(progress);
  return {
    psp: subscription.psp,
    subscription: subscription.id,
    moneyId: payment.moneyId,
    purchaseType: payment.purchaseType,
    phase: payment.phase,
    ...shownProgress(payment),
    heldBy: progress?.state === 'suppressed' ? progress.heldBy : null,
    ...payment.event,
    chargedMinor,
    refundedMinor: refundedMinor(subscription, payment.moneyId, chargedMinor),
    currency: fact?.currency ?? payment.failure?.currency ?? 'USD',
    occurredAtMs: eventAtMs(payment),
    attempts: payment.attempts,
    lastError: payment.lastError,
    requestId: sent?.requestId ?? null,
    sentAtMs: sent?.sentAtMs ?? null,
    settingsVersion: payment.settingsVersion,
    revision: payment.revision,
    ...(progress?.state === 'waiting' ? { waitsUntilMs: progress.untilMs } : {}),
    ...(progress?.state === 'waiting' && progress.held ? { isHeld: true } : {}),
  };
}

/** What TikTok answered last. While an operator sends it again, the former answer still stands. */
function answerTo(progress: Progress | null): Sent | null {
  if (progress?.state === 'sent') return progress;
  return progress?.state === 'delivering' ? progress.sentBefore : null;
}

function shownProgress(payment: Payment): Pick<PurchaseRecord, 'state' | 'reason' | 'by'> {
  const { progress } = payment;
  switch (progress?.state) {
    case undefined:
    case 'waiting':
      return { state: 'pending', reason: null, by: null };
    case 'delivering':
      return { state: 'pending', reason: noteOn(payment), by: progress.by };
    case 'sent':
      return { state: 'sent', reason: progress.note, by: progress.by };
    case 'suppressed':
    case 'not_a_purchase':
      return { state: progress.state, reason: progress.reason, by: null };
    case 'needs_attention':
      return { state: 'needs_attention', reason: null, by: null };
    case 'skipped':
      return { state: 'skipped', reason: progress.reason, by: progress.by };
  }
}

/** The row of a payment from its acceptance until its workflow has decided: revision 0, phase and type as the adapter reads them. */
export function acceptedRecord(
  { psp, subscription }: Pick<PurchaseRecord, 'psp' | 'subscription'>,
  fact: PaymentFact,
  { settings, occurredAtMs }: { readonly settings: DecidingSettings; readonly occurredAtMs: number },
): PurchaseRecord {
  return {
    psp,
    subscription,
    moneyId: fact.moneyId,
    purchaseType: fact.declaredType ?? fact.inferredType ?? (fact.kind === 'one_off' ? 'lifetime' : 'subscription'),
    phase: fact.kind === 'other_charge' ? null : fact.kind === 'one_off' ? 'conversion' : fact.kind,
    state: 'pending',
    reason: null,
    heldBy: null,
    eventId: derivedEventId(psp, fact.moneyId),
    eventName: settings.eventName,
    value: null,
    chargedMinor: fact.amountMinor,
    refundedMinor: 0,
    currency: fact.currency,
    occurredAtMs,
    attempts: 0,
    lastError: null,
    requestId: null,
    sentAtMs: null,
    by: null,
    settingsVersion: settings.version,
    revision: 0,
  };
}

/** What an operator should know about the event of a payment; null when it says what the provider said. Clocks may differ by a minute. */
export function noteOn(payment: Payment): string | null {
  if (mergedFact(payment)?.unpriced) return 'the provider does not say the amount: sent without value';
  return occurredAtMs(payment) > payment.acceptedAtMs + minuteMs && payment.paidAtMs === undefined
    ? 'the provider’s time lies in the future: sent with the time of acceptance'
    : null;
}

/** The note on a sent event whose currency TikTok does not list. */
export function droppedCurrencyNote(currency: string): string {
  return `TikTok does not list ${currency}: sent without value and currency`;
}

/** The row after a delivery, as the activity writes it. It equals the record that the workflow then has, so that it is written once. */
export function reportedRecord(
  record: PurchaseRecord,
  result: Extract<DeliveryResult, { kind: 'sent' | 'suppressed' | 'failed' }>,
): PurchaseRecord {
  const next = { ...record, attempts: result.attempts, revision: record.revision + 1 };
  switch (result.kind) {
    case 'sent': {
      const dropped = result.droppedCurrency;
      const note = dropped === null ? {} : { value: null, reason: droppedCurrencyNote(dropped) };
      const { eventId, requestId, sentAtMs } = result;
      return { ...next, ...note, state: 'sent', eventId, requestId, sentAtMs, lastError: null };
    }
    case 'suppressed':
      return {
        ...next,
        state: 'suppressed',
        reason: result.reason,
        heldBy: result.reason === 'limited' ? result.holder : null,
        by: null,
      };
    case 'failed':
      return { ...next, state: 'needs_attention', lastError: result.error, by: null };
  }
}
