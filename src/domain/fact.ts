/**
 * Facts: a payment provider's events in the terms of this service. Adapters (`src/psp/<provider>`) make facts, the workflow keeps them.
 * Facts are plain JSON, since they travel in signals and through continue-as-new.
 */

export const purchaseTypes = ['subscription', 'free_trial', 'paid_trial', 'lifetime'] as const;
/** How a product was sold: without a trial, with a free or a paid trial, or for a lifetime by one payment. */
export type PurchaseType = (typeof purchaseTypes)[number];

export const phases = ['trial_start', 'conversion', 'renewal'] as const;
/** The part that a payment plays in its subscription. The only payment of a one-off is its `conversion`. */
export type Phase = (typeof phases)[number];

export const priceRoles = ['trial', 'regular', 'lifetime', 'ignore'] as const;
/** The role that a merchant gives to a price (setting `prices`); it overrides what an adapter infers. */
export type PriceRole = (typeof priceRoles)[number];

/** Why a charge is not a purchase, as far as the provider's event says. */
export type OtherChargeReason = 'proration' | 'plan_change' | 'overage' | 'payment_method_change' | 'other_charge';

/** The adapter's best reading of a payment. Only the workflow knows the history, so the workflow assigns the phase. */
export type PaymentKind = 'trial_start' | 'conversion' | 'renewal' | 'one_off' | 'other_charge';

/**
 * A money fact: a payment was made, or a free trial started (the one purchase without money).
 * Several events may report the same payment: facts with one `moneyId` are merged.
 */
export interface PaymentFact {
  readonly kind: PaymentKind;
  /** The provider's id of the payment itself; a free-trial start without a payment uses `freeTrialMoneyId`. */
  readonly moneyId: string;
  /** When the payment happened by the provider's clock, Unix milliseconds. */
  readonly occurredAtMs: number;
  /** The amount charged: gross, after discounts; an integer in the currency's ISO 4217 minor unit, whatever unit the provider uses. */
  readonly amountMinor: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** The amount without tax, where the provider says it; same unit as `amountMinor`. */
  readonly netMinor?: number;
  /** The regular price of the subscription, where the provider says it; same unit as `amountMinor`. */
  readonly regularMinor?: number;
  /** The adapter's guess at how the product was sold. A declared type or a price role overrides it. */
  readonly inferredType?: PurchaseType;
  /** `purchase_type` in the provider's metadata or the generic webhook. It overrides everything else. */
  readonly declaredType?: PurchaseType;
  /** The role of the price that was paid, from the merchant's map. */
  readonly role?: PriceRole;
  /** The reason of an `other_charge`. */
  readonly otherCharge?: OtherChargeReason;
  /** True for the payment made at the checkout that created the subscription, where the provider says so. */
  readonly initial?: boolean;
  /** Start of the period this payment is for, Unix milliseconds. */
  readonly periodStartMs?: number;
  /** When the next payment is due, Unix milliseconds: the end of the period (or trial) this payment is for. */
  readonly periodEndMs?: number;
  /** Another fact will say which phase this payment has (a Stripe Trial Offer) or who bought (a Checkout session): wait a little for it. */
  readonly awaitsState?: boolean;
}

/** The changes of a subscription beside payments. */
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

/** A state fact about the subscription's trial. `none`: the provider says that there is no trial. */
export type TrialKnowledge =
  'none' | { readonly kind?: 'free' | 'paid'; readonly startsAtMs?: number; readonly endsAtMs?: number };

/** A state fact: it gives context and never makes a purchase. */
export interface LifecycleFact {
  readonly kind: LifecycleKind;
  readonly occurredAtMs: number;
  readonly trial?: TrialKnowledge;
  readonly declaredType?: PurchaseType;
  /** `payment_failed`: the payment that failed, where it has an id, and the amount due. */
  readonly moneyId?: string;
  readonly amountMinor?: number;
  readonly currency?: string;
  /** `cancellation_scheduled`: when the subscription will end. */
  readonly endsAtMs?: number;
}

/** A refund, or a dispute about a payment. */
export interface RefundFact {
  readonly kind: 'refund';
  /** The refunded payment. */
  readonly moneyId: string;
  readonly occurredAtMs: number;
  /** The provider's id of this refund; the same refund reported twice counts once. */
  readonly refundId: string;
  /** The refunded amount in the minor unit of the payment's currency; absent means all of it. */
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

/** True for a money fact; false for a state fact and for a refund. */
export function isPayment(fact: SubscriptionFact): fact is PaymentFact {
  return paymentKinds.has(fact.kind);
}

/** The money id of a free-trial start that has no payment of its own. */
export function freeTrialMoneyId(subscriptionId: string): string {
  return `${subscriptionId}:trial`;
}
