/** A purchase record as `/api` shows it. */
import { decimalFromMinor, decimalNumber } from '../domain/money';
import type { PurchaseRecord } from '../domain/purchase';

export type PurchaseView = ReturnType<typeof recordView>;

/**
 * `value` and `currency` are those that TikTok receives, both null for an event without value. What the provider charged and gave back are
 * `amount` and `refunded`: decimal strings in `chargedCurrency`.
 */
export function recordView(record: PurchaseRecord) {
  const { psp, subscription, moneyId, purchaseType, phase, state, reason, eventId, eventName, value, heldBy } = record;
  const { chargedMinor, refundedMinor, attempts, lastError, requestId, by, settingsVersion } = record;
  return {
    psp,
    subscription,
    moneyId,
    purchaseType,
    phase,
    state,
    reason,
    heldBy,
    eventId,
    eventName,
    value: value === null ? null : decimalNumber(value.amountMinor, value.currency),
    currency: value?.currency ?? null,
    amount: decimalFromMinor(chargedMinor, record.currency),
    refunded: decimalFromMinor(refundedMinor, record.currency),
    chargedCurrency: record.currency,
    occurredAt: isoTime(record.occurredAtMs),
    attempts,
    lastError,
    requestId,
    sentAt: record.sentAtMs === null ? null : isoTime(record.sentAtMs),
    by,
    settingsVersion,
  };
}

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
