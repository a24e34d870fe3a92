/**
 * What a payment provider told us, in our words. Adapters (`src/psp/<provider>`) make facts, the workflow keeps them.
 * Everything here is plain JSON: it travels in signals and through continue-as-new.
 */

export const purchaseTypes = ['subscription', 'free_trial', 'paid_trial', 'lifetime'] as const;
/** How something was sold: without a trial, with one that is free or paid, or once and for all. */
export type PurchaseType = (typeof purchaseTypes)[number];

export const phases = ['trial_start', 'conversion', 'renewal'] as const;
/** Where in its life a payment stands. A one-off's only payment is its `conversion`. */
export type Phase = (typeof phases)[number];

export const priceRoles = ['trial', 'regular', 'lifetime', 'ignore'] as const;
/** What a merchant says a price is for (setting `prices`); overrides what an adapter infers. */
export type PriceRole = (typeof priceRoles)[number];

/** Why a charge is no purchase, as far as the adapter can tell from the provider's words. */
export type OtherChargeReason = 'proration' | 'plan_change' | 'overage' | 'payment_method_change' | 'other_charge';

/** The adapter's best reading of a payment. Only the workflow, which knows the history, settles the phase. */
export type PaymentKind = 'trial_start' | 'conversion' | 'renewal' | 'one_off' | 'other_charge';

/**
 * A money fact: something was paid (or a free trial was started, the one purchase without money).
 * The same payment may be told several times, by several events: facts with one `moneyId` are merged.
 */
export interface PaymentFact {
  readonly kind: PaymentKind;
  /** The provider's id of the payment itself; a free-trial start without a payment uses `freeTrialMoneyId`. */
  readonly moneyId: string;
  /** When the provider says it happened, Unix milliseconds. */
  readonly occurredAtMs: number;
  /** What was charged: gross, after discounts; integer in the currency's ISO 4217 minor unit, whatever unit the provider uses. */
  readonly amountMinor: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** Without tax, where the provider says it; same unit as `amountMinor`. */
  readonly netMinor?: number;
  /** The regular price of the subscription, where the provider says it; same unit as `amountMinor`. */
  readonly regularMinor?: number;
  /** What the adapter takes the sale for. A guess: a declared type or a price role overrides it. */
  readonly inferredType?: PurchaseType;
  /** `purchase_type` of the provider's metadata (or the generic webhook): overrides everything else. */
  readonly declaredType?: PurchaseType;
  /** The role of the price that was paid, from the merchant's map. */
  readonly role?: PriceRole;
  /** For `other_charge`: what it was for. */
  readonly otherCharge?: OtherChargeReason;
  /** True for the payment made at the checkout that created the subscription, where the provider says so. */
  readonly initial?: boolean;
  /** Start of the period this payment is for, Unix milliseconds. */
  readonly periodStartMs?: number;
  /** When the next payment is due, Unix milliseconds: the end of the period (or trial) this payment is for. */
  readonly periodEndMs?: number;
  /** Another fact tells what this payment is (a Stripe Trial Offer), or whose (a Checkout session): wait a little for it. */
  readonly awaitsState?: boolean;
}

/** The plain-language kinds of what happens to a subscription beside payments. */
export type LifecycleKind =
  | 'began'
  | 'updated'
  | 'cancellation_scheduled'
  | 'cancellation_undone'
  | 'ended'
  | 'paused'
  | 'resumed'
  | 'price_changed'
  | 'payment_failed';

/** What a state fact says of the subscription's trial. `none` means: the provider says that there is none. */
export type TrialKnowledge =
  'none' | { readonly kind?: 'free' | 'paid'; readonly startsAtMs?: number; readonly endsAtMs?: number };

/** A state fact: gives context, never makes a purchase. */
export interface LifecycleFact {
  readonly kind: LifecycleKind;
  readonly occurredAtMs: number;
  readonly trial?: TrialKnowledge;
  readonly declaredType?: PurchaseType;
  /** `payment_failed`: the payment that failed, where it has an id, and what should have been paid. */
  readonly moneyId?: string;
  readonly amountMinor?: number;
  readonly currency?: string;
  /** `cancellation_scheduled`: when it will end. */
  readonly endsAtMs?: number;
}

/** Money that went back, or was taken back. */
export interface RefundFact {
  readonly kind: 'refund';
  /** The refunded payment. */
  readonly moneyId: string;
  readonly occurredAtMs: number;
  /** The provider's id of this refund; the same refund told twice counts once. */
  readonly refundId: string;
  /** What was given back, in the minor unit of the payment's currency; absent means all of it. */
  readonly amountMinor?: number;
  readonly cause: 'refund' | 'dispute' | 'dispute_won';
}

export type SubscriptionFact = PaymentFact | LifecycleFact | RefundFact;

const paymentKinds: ReadonlySet<string> = new Set<PaymentKind>([
  'trial_start',
  'conversion',
  'renewal',
  'one_off',
  'other_charge',
]);

export function isPayment(fact: SubscriptionFact): fact is PaymentFact {
  return paymentKinds.has(fact.kind);
}

/** The money id of a free-trial start that has no payment of its own. */
export function freeTrialMoneyId(subscriptionId: string): string {
  return `${subscriptionId}:trial`;
}
