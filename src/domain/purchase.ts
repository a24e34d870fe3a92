/** A purchase: a payment, the decision about it, and its delivery. There is exactly one record for each money id. */
import type { OtherChargeReason, Phase, PurchaseType } from './fact';

/**
 * `pending`: waits or is being sent · `sent`: TikTok accepted it · `suppressed`: a rule keeps it back · `not_a_purchase` ·
 * `needs_attention`: TikTok refused it, an operator has to act · `skipped`: an operator gave it up.
 */
export const purchaseStates = ['pending', 'sent', 'suppressed', 'not_a_purchase', 'needs_attention', 'skipped'] as const;
export type PurchaseState = (typeof purchaseStates)[number];

export type SuppressedReason = 'limited' | 'policy' | 'consent' | 'too_old' | 'not_attributed' | 'cancelled_in_hold';
export type NotAPurchaseReason =
  | OtherChargeReason
  | 'zero_amount'
  | 'payment_failed'
  | 'refunded_before_sent'
  | 'ignored_price'
  /** The trial's start was reported before its payment was known. */
  | 'already_reported';

/** Why the last attempt failed. Operators group by `type`; `message` is redacted. */
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

/** The reference alone, of a payment or record that has more fields. */
export function refOf({ psp, subscription, moneyId }: PaymentRef): PaymentRef {
  return { psp, subscription, moneyId };
}

/** The value that TikTok receives, in ISO 4217 minor units. */
export interface EventValue {
  readonly amountMinor: number;
  readonly currency: string;
}

/** The record of a purchase, as the workflow holds it and the purchases table shows it. */
export interface PurchaseRecord extends PaymentRef {
  readonly purchaseType: PurchaseType;
  /** Null for a charge that is neither trial start, conversion nor renewal. */
  readonly phase: Phase | null;
  readonly state: PurchaseState;
  /** A `SuppressedReason`, a `NotAPurchaseReason`, a note on what was sent, or the reason that an operator gave for skipping. */
  readonly reason: string | null;
  /** For `limited`: the user's first purchase. */
  readonly heldBy: PaymentRef | null;
  readonly eventId: string;
  readonly eventName: string;
  readonly value: EventValue | null;
  /** The amount that the provider charged (0 for a failed payment), in `currency`'s minor unit. */
  readonly chargedMinor: number;
  readonly refundedMinor: number;
  readonly currency: string;
  readonly occurredAtMs: number;
  readonly attempts: number;
  readonly lastError: DeliveryError | null;
  readonly requestId: string | null;
  readonly sentAtMs: number | null;
  /** The operator who skipped or resent it; null otherwise. */
  readonly by: string | null;
  readonly settingsVersion: number;
  /** Grows with every change of this record; an older revision never overwrites a newer one. */
  readonly revision: number;
  /** Of a purchase that waits for another event of the provider, or is held: until when, Unix milliseconds. */
  readonly waitsUntilMs?: number;
  /** It waits for the end of its hold instead. */
  readonly isHeld?: true;
}

/** Where a purchase goes: TikTok, TikTok's view of test events, or the built-in sandbox. */
export type Destination = 'tiktok' | 'test' | 'sandbox';

/**
 * What a pending purchase waits for. `decision`: its workflow · `provider`: another event of the provider, which tells its phase or its
 * buyer · `hold`: the end of a trial start's hold · `queue`: its first attempt · `retry`: the next one · `paused`: the setting.
 */
export const waitingFor = ['decision', 'provider', 'hold', 'queue', 'retry', 'paused'] as const;
export type WaitingFor = (typeof waitingFor)[number];

/** What identifies the buyer in an event. */
export const matchedBy = ['ttclid', 'ttp', 'email', 'phone', 'external_id', 'ip', 'user_agent'] as const;
export type MatchedBy = (typeof matchedBy)[number];

/** What the report of a purchase has left in the table: where it went, and what comes next. */
export interface DeliveryTrace {
  /** Of the last attempt; null before the first. */
  readonly destination: Destination | null;
  /** Null unless the purchase is pending. */
  readonly waitingFor: WaitingFor | null;
  /** Unix milliseconds; null when no attempt is planned. */
  readonly nextAttemptAtMs: number | null;
  /** When only an operator may try again, Unix milliseconds; null when nothing is tried. */
  readonly givesUpAtMs: number | null;
  /** Null before the first attempt. */
  readonly matchedBy: readonly MatchedBy[] | null;
  /** True when it is kept back for a refusal of consent that only a page without proof said. */
  readonly refusedByPage: boolean;
}

/** A row of the purchases table. */
export type PurchaseRow = Omit<PurchaseRecord, 'waitsUntilMs' | 'isHeld'> & DeliveryTrace;

/** The trace of a purchase that no report has touched. */
export const untraced: DeliveryTrace = {
  destination: null,
  waitingFor: null,
  nextAttemptAtMs: null,
  givesUpAtMs: null,
  matchedBy: null,
  refusedByPage: false,
};

/** The record of a row, without what the report has left beside it. */
export function recordOfRow(row: PurchaseRow): PurchaseRecord {
  const {
    destination: _destination,
    waitingFor: _waitingFor,
    nextAttemptAtMs: _nextAttemptAtMs,
    givesUpAtMs: _givesUpAtMs,
    matchedBy: _matchedBy,
    refusedByPage: _refusedByPage,
    ...record
  } = row;
  return record;
}

/** The event id of a payment without a checkout id. It is derived, so that a repetition has the same id everywhere. */
export function derivedEventId(psp: string, moneyId: string): string {
  return `${psp}:${moneyId}`;
}

/** True for the record of a charge that failed: nothing was charged, and a later payment under the same id may still come. */
export function isFailedCharge({ state, reason }: Pick<PurchaseRecord, 'state' | 'reason'>): boolean {
  return state === 'not_a_purchase' && reason === 'payment_failed';
}
