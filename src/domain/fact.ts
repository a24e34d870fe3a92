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

/** What another event of the provider is known to tell about a payment, so that the payment waits a little for it. */
export type Awaited =
  /** A state fact: whether there is a trial, and until when. */
  | 'trial'
  /** The merchant's identifiers, for example the Checkout Session of an invoice. */
  | 'buyer'
  /** That the payment is another one's, for example the PaymentIntent of an invoice. */
  | 'order'
  /** The charge of a trial that may not be free: the start without a payment yields to it. */
  | 'charge';

/** A line of a charge, as the provider lists it. */
export interface PaymentLine {
  /** Before discounts, in the payment's minor unit; negative for a credit. */
  readonly amountMinor: number;
  /** A period of the subscription, or what is sold once beside it: a fee, an add-on. */
  readonly of: 'period' | 'once';
  /** A part of a period, after a change within it. */
  readonly proration?: true;
  /** The provider's own word whether the line is a trial's; absent when it does not say. */
  readonly trial?: boolean;
  /** The item of the subscription and the price that it bills: a `TrialWindow` may be one item's alone. */
  readonly items?: readonly string[];
  readonly role?: PriceRole;
}

/** What a payment bought, as the provider names it. It becomes an entry of TikTok's `contents`; the setting `products` may rename it. */
export interface BoughtItem {
  /** The provider's id of the price, plan or variant; of the product where the provider has no prices. */
  readonly id: string;
  /** The provider's id of the product, where `id` is another's: `products` may name it, too. */
  readonly product?: string;
  /** As the provider calls it to a buyer. */
  readonly name?: string;
  readonly category?: string;
  /** A whole number above 0; absent: 1. */
  readonly quantity?: number;
  /** The price of one, as it is listed: before discounts, also while a trial costs less. In the payment's minor unit, never negative. */
  readonly unitMinor?: number;
}

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
  /** `occurredAtMs` is when the payment was made. One that was seen open was paid when it settled, which the provider does not date. */
  readonly settledLater?: true;
  /** The amount charged: gross, after discounts; an integer in the currency's ISO 4217 minor unit, whatever unit the provider uses. */
  readonly amountMinor: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** The amount without tax, where the provider says it; same unit as `amountMinor`. */
  readonly netMinor?: number;
  /** The regular price of the subscription, where the provider says it; same unit as `amountMinor`. */
  readonly regularMinor?: number;
  /** The provider does not say the amount, or not in which currency: the event is sent without value. `amountMinor` is 0 then. */
  readonly unpriced?: true;
  /** The adapter's guess at how the product was sold. A declared type or a price role overrides it. */
  readonly inferredType?: PurchaseType;
  /** `purchase_type` in the provider's metadata or the generic webhook. It overrides everything else. */
  readonly declaredType?: PurchaseType;
  /** The role of the price that was paid, from the merchant's map. */
  readonly role?: PriceRole;
  /** The reason of an `other_charge`. */
  readonly otherCharge?: OtherChargeReason;
  /** Why it was charged: at the checkout that created the subscription, since a period began, or since the subscription was changed. */
  readonly occasion?: 'start' | 'cycle' | 'change';
  /** The provider's count leaves open whether this is the start: it is where no payment of the order came before it. */
  readonly mayBeStart?: true;
  /** The lines of the charge, where the provider lists them. */
  readonly lines?: readonly PaymentLine[];
  /** What was bought, where the payment's own event says it; never an empty list. Else what the order's state facts say counts. */
  readonly bought?: readonly BoughtItem[];
  /** The provider's own word whether the payment is a trial's; absent when it does not say. */
  readonly trial?: boolean;
  /** The provider's own count of the periods at the regular price; absent when it does not say. */
  readonly paidPeriod?: 'first' | 'later';
  /** Start of the period this payment is for, Unix milliseconds. */
  readonly periodStartMs?: number;
  /** The end of the period (or trial) this payment is for, Unix milliseconds. The next payment is due then, unless `nextDueAtMs` says otherwise. */
  readonly periodEndMs?: number;
  /** When the next payment is due by the provider's own word, Unix milliseconds. */
  readonly nextDueAtMs?: number;
  /** What other events of the provider are known to tell about this payment. */
  readonly awaits?: readonly Awaited[];
  /** How long the payment waits for them, where the provider takes longer than usual (`stateWaitMs`). */
  readonly patienceMs?: number;
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
  | 'payment_failed'
  /** The payment `moneyId` turned out to be another order's: it is counted there. */
  | 'merged';

/** A trial, as a state fact describes it. Trials get extended and ended early: of one trial the latest statement counts. */
export interface TrialWindow {
  /** The item or price that is on trial; absent for the whole subscription. */
  readonly item?: string;
  /** Whether the trial's own periods cost something. A fee beside a free trial is not the trial's. */
  readonly kind?: 'free' | 'paid';
  readonly startsAtMs?: number;
  readonly endsAtMs?: number;
}

/** How many cycles the provider says were billed, and are still to be billed, when it said so. */
export interface BillingCycles {
  readonly saidAtMs: number;
  readonly startsAtMs: number;
  /** Cycles left of each trial tenure, in the order in which they are billed. */
  readonly trialsLeft: readonly number[];
  readonly trialsBilled: number;
  readonly regularBilled: number;
  /** Whether the trial's cycles cost something; absent when the provider does not say. */
  readonly trialKind?: 'free' | 'paid';
  readonly lastPaidAtMs?: number;
  readonly nextBilledAtMs?: number;
}

export interface RegularPrice {
  /** In the currency's minor unit. */
  readonly amountMinor: number;
  readonly currency: string;
}

/** A state fact: it gives context and never makes a purchase. */
export interface LifecycleFact {
  readonly kind: LifecycleKind;
  readonly occurredAtMs: number;
  /** The subscription's trials: none of them says that there is no trial; absent, the event does not say. */
  readonly trials?: readonly TrialWindow[];
  readonly cycles?: BillingCycles;
  /** The role of the plan that the subscription has now, null without one; payments that name no price have it. */
  readonly planRole?: PriceRole | null;
  /** What the subscription sells from now on, in the currency that is meant there: for payments that do not say it. Never an empty list. */
  readonly bought?: { readonly currency?: string; readonly items: readonly BoughtItem[] };
  /** What this event tells, for payments that wait for it. */
  readonly tells?: readonly Awaited[];
  /** `began`: the regular price of a period, for the start of a trial that does not say it. */
  readonly regularPrice?: RegularPrice;
  readonly declaredType?: PurchaseType;
  /** `payment_failed`: the payment that failed, where it has an id, and the amount due. `merged`: the payment that is another one's. */
  readonly moneyId?: string;
  readonly amountMinor?: number;
  readonly currency?: string;
  /** `cancellation_scheduled`: when the subscription will end. */
  readonly endsAtMs?: number;
  /** When the next payment is due by the provider's own word, Unix milliseconds. The end of a trial, which may differ, is in `trial`. */
  readonly nextDueAtMs?: number;
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
