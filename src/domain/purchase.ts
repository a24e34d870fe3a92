/** A purchase: a payment with what was decided about it and what became of it. Exactly one record per money fact. */
import type { OtherChargeReason, Phase, PurchaseType } from './fact';

/**
 * `pending`: waiting or being sent · `sent`: TikTok has it · `suppressed`: kept back · `not_a_purchase` ·
 * `needs_attention`: refused for good · `skipped`: by an operator.
 */
export const purchaseStates = ['pending', 'sent', 'suppressed', 'not_a_purchase', 'needs_attention', 'skipped'] as const;
export type PurchaseState = (typeof purchaseStates)[number];

export type SuppressedReason = 'limited' | 'policy' | 'consent' | 'too_old';
export type NotAPurchaseReason = OtherChargeReason | 'zero_amount' | 'payment_failed' | 'refunded_before_sent' | 'ignored_price';

/** Why the last attempt failed. `type` is what operators group by; `message` is redacted. */
export interface DeliveryError {
  readonly type: string;
  readonly code: number | null;
  readonly message: string;
}

/** Names one payment of one order within an integration. */
export interface PaymentRef {
  readonly psp: string;
  /** The subscription's id, or a one-off's money id. */
  readonly subscription: string;
  readonly moneyId: string;
}

/** What TikTok is told the purchase is worth, in ISO 4217 minor units; null when it is sent without a value. */
export interface EventValue {
  readonly amountMinor: number;
  readonly currency: string;
}

/** The record of a purchase, as the workflow holds it and the purchases table shows it. */
export interface PurchaseRecord extends PaymentRef {
  readonly purchaseType: PurchaseType;
  /** Null for what is no purchase and has no place in the subscription's life. */
  readonly phase: Phase | null;
  readonly state: PurchaseState;
  /** A `SuppressedReason`, a `NotAPurchaseReason`, or what an operator wrote when skipping. */
  readonly reason: string | null;
  /** For `limited`: the purchase that came first. */
  readonly heldBy: PaymentRef | null;
  readonly eventId: string;
  readonly eventName: string;
  readonly value: EventValue | null;
  /** What the provider charged (0 for a failed payment), in `currency`'s minor unit. */
  readonly chargedMinor: number;
  readonly refundedMinor: number;
  readonly currency: string;
  readonly occurredAtMs: number;
  readonly attempts: number;
  readonly lastError: DeliveryError | null;
  readonly requestId: string | null;
  readonly sentAtMs: number | null;
  /** Whose word it was, for `skipped` and for what an operator resent. */
  readonly by: string | null;
  readonly settingsVersion: number;
  /** Grows with every change of this record; an older revision never overwrites a newer one. */
  readonly revision: number;
}

/** The event id of a payment without a checkout id: derived, so that a repeat is a repeat everywhere. */
export function derivedEventId(psp: string, moneyId: string): string {
  return `${psp}:${moneyId}`;
}
