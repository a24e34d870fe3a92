/** The state of one order: merged facts, and the progress of each payment. It is plain JSON with a version, for continue-as-new. */
import type { ById } from './by-id';
import { draftOf, entryOf, finished, withEntry, withoutEntry } from './by-id';
import type {
  Awaited,
  BillingCycles,
  BoughtItem,
  LifecycleKind,
  PaymentFact,
  PaymentKind,
  PriceRole,
  PurchaseType,
  RegularPrice,
  TrialWindow,
} from './fact';
import type { UserKey } from './identity';
import type { DeliveryError, EventValue, NotAPurchaseReason, PaymentRef, SuppressedReason } from './purchase';
import type { Phase } from './fact';
import type { DecidingSettings } from './settings';

export type SubscriptionStatus = 'unknown' | 'trialing' | 'active' | 'paused' | 'past_due' | 'cancelling' | 'ended';

export interface Subscription {
  /** The version of this shape; `migrate` reads older ones. */
  readonly v: 2;
  readonly psp: string;
  /** The subscription's id, or a one-off's money id. */
  readonly id: string;
  readonly payments: ById<Payment>;
  /** Refunds by money id and refund id. A refund may arrive before its payment. */
  readonly refunds: ById<ById<Refund>>;
  readonly context: Context;
  readonly status: SubscriptionStatus;
  readonly purchaseType: PurchaseType;
  /** All identifiers of the buyer that facts carried. */
  readonly userKeys: readonly UserKey[];
  readonly checkoutId: string | null;
  readonly firstPurchase: FirstPurchaseClaim;
  /** The settings that payments came with, by version. */
  readonly settings: Readonly<Record<string, DecidingSettings>>;
  /** When a fact was last accepted, Unix milliseconds. */
  readonly lastAcceptedAtMs: number;
  /** Payments that turned out to be another order's. */
  readonly merged?: readonly string[];
  /** What is known of payments that only the purchases table has (`fold`). */
  readonly folded?: FoldedPayments;
}

/** Payments that were settled and left the state. */
export interface FoldedPayments {
  readonly count: number;
  readonly sent: number;
  /** Of an order that had grown too large: they wait for an operator. */
  readonly needAttention: number;
  /** Each kind of fact that was among them. */
  readonly kinds: readonly PaymentKind[];
}

/** State facts, merged so that neither order nor repetition matters. */
export interface Context {
  /** When the subscription began, by the earliest fact; null when no fact says so. */
  readonly beganAtMs: number | null;
  /** A state fact said that there is no trial. */
  readonly noTrial: boolean;
  /** Each trial as it was last described, by their starts. */
  readonly trials: readonly DescribedTrial[];
  /** Each distinct count of cycles, in the order in which they were first said. */
  readonly cycles: readonly BillingCycles[];
  /** The roles of the plans that the subscription had, in the order of time; null for a plan without one. */
  readonly planRoles: readonly { readonly role: PriceRole | null; readonly saidAtMs: number }[];
  /** What state facts told of what payments wait for. */
  readonly told: readonly Awaited[];
  /** With which the subscription began; absent when no fact says it. */
  readonly regularPrice?: RegularPrice;
  /** What the subscription sells by the latest state fact that says it. */
  readonly bought?: DescribedItems;
  readonly declaredType: PurchaseType | null;
  /** When each kind of state fact last happened, by the provider's clock, Unix milliseconds. */
  readonly latest: Readonly<Record<string, number>>;
  /** The first turns, in the order of time, for what is asked of the subscription's beginning. Absent while none is known. */
  readonly turns?: readonly Turn[];
}

/** The kinds of state facts by which a subscription stops to go on as it began, or goes on again. */
export const turnKinds = [
  ...(['cancellation_scheduled', 'cancellation_undone', 'ended'] as const),
  ...(['paused', 'resumed', 'payment_failed'] as const),
] as const satisfies readonly LifecycleKind[];

/** A subscription stops to go on as it began, or goes on again. */
export interface Turn {
  readonly kind: (typeof turnKinds)[number];
  readonly atMs: number;
}

export interface DescribedTrial extends TrialWindow {
  readonly saidAtMs: number;
}

export interface DescribedItems {
  readonly items: readonly BoughtItem[];
  readonly currency?: string;
  readonly saidAtMs: number;
}

export interface Refund {
  /** Null: all of it. */
  readonly amountMinor: number | null;
  readonly cause: 'refund' | 'dispute' | 'dispute_won';
  readonly occurredAtMs: number;
}

/** A payment: the distinct facts about it, the settings that decide it, and its progress. */
export interface Payment {
  readonly moneyId: string;
  /** Distinct, in a canonical order; empty while only a failed attempt to charge is known. */
  readonly observations: readonly PaymentFact[];
  readonly failure: FailedCharge | null;
  /** Of the fact that arrived first, so that a repetition never changes the settings that decide. */
  readonly settingsVersion: number;
  readonly tooOld: boolean;
  readonly acceptedAtMs: number;
  /** When it was paid, if the provider does not say so: when it was first seen as paid. */
  readonly paidAtMs?: number;
  /** An unsent payment is decided again when this changes. Null before the first decision. */
  readonly decidedFrom: DecisionBasis | null;
  readonly phase: Phase | null;
  /** The phase as which a delivery was started: TikTok may know it. */
  readonly reportedPhase?: Phase;
  readonly purchaseType: PurchaseType;
  readonly progress: Progress | null;
  /** The event that TikTok receives, or would receive; fixed once a delivery has started. */
  readonly event: PurchaseEvent;
  readonly attempts: number;
  readonly lastError: DeliveryError | null;
  readonly revision: number;
}

/** The part of what is known that a payment's progress is decided from. */
export interface DecisionBasis {
  readonly kind: PaymentFact['kind'];
  readonly amountMinor: number;
  readonly role: PaymentFact['role'] | null;
  readonly phase: Phase | null;
  readonly purchaseType: PurchaseType;
  /** It was given back in full. */
  readonly refunded: boolean;
  /** It waits for a fact that tells its phase, its buyer or its order. */
  readonly waits: boolean;
  /** Of a trial start that its settings hold: how far the hold is. */
  readonly hold?: HoldStage;
}

/** `lasts`: it is not over · `passed`: the subscription is still alive · `broken`: it was cancelled, paused, refunded or not paid meanwhile. */
export type HoldStage = 'lasts' | 'passed' | 'broken';

export interface FailedCharge {
  readonly occurredAtMs: number;
  readonly currency: string;
}

export interface PurchaseEvent {
  readonly eventId: string;
  readonly eventName: string;
  readonly value: EventValue | null;
}

export type Progress =
  /** Waits for a state fact that says which phase it is, or, held, for the end of its hold. */
  | { readonly state: 'waiting'; readonly untilMs: number; readonly held?: true }
  /** A delivery is under way. */
  | {
      readonly state: 'delivering';
      /** The operator who asked for it; null when the settings decided. */
      readonly by: string | null;
      /** Why the delivery was asked to stop; null while it was not. */
      readonly cancelReason: CancelReason | null;
      /** The revision of the record that the delivery started from. */
      readonly startedAtRevision: number;
      /** Set when an operator resends a sent payment: it stays sent, whatever the result. */
      readonly sentBefore: Sent | null;
    }
  | Sent
  | { readonly state: 'suppressed'; readonly reason: SuppressedReason; readonly heldBy: PaymentRef | null }
  | { readonly state: 'not_a_purchase'; readonly reason: NotAPurchaseReason }
  | { readonly state: 'needs_attention' }
  | { readonly state: 'skipped'; readonly by: string; readonly reason: string | null };

export interface Sent {
  readonly state: 'sent';
  readonly requestId: string | null;
  readonly sentAtMs: number;
  readonly by: string | null;
  /** A note for operators, for example on a currency that TikTok does not list. */
  readonly note: string | null;
}

export type CancelReason =
  | { readonly kind: 'refunded' }
  | { readonly kind: 'skipped'; readonly by: string; readonly reason: string | null }
  /** The order's workflow is being cancelled. */
  | { readonly kind: 'stopped' };

/** This order's knowledge of its user's first purchase. `mine` stays true; `other` may change, so a delivery claims again. */
export type FirstPurchaseClaim =
  | { readonly kind: 'unknown' }
  /** A delivery that claims it is under way. It counts as ours until the delivery's result says otherwise. */
  | { readonly kind: 'claiming'; readonly moneyId: string }
  | { readonly kind: 'mine'; readonly moneyId: string }
  | { readonly kind: 'other'; readonly holder: PaymentRef };

/** True when a payment of this order holds the user's first purchase, as far as is known. */
export function isClaimOurs(claim: FirstPurchaseClaim): claim is Extract<FirstPurchaseClaim, { moneyId: string }> {
  return claim.kind === 'mine' || claim.kind === 'claiming';
}

/** The state of an order before its first fact. */
export function newSubscription(psp: string, id: string): Subscription {
  return {
    v: 2,
    psp,
    id,
    payments: {},
    refunds: {},
    context: {
      beganAtMs: null,
      noTrial: false,
      trials: [],
      cycles: [],
      planRoles: [],
      told: [],
      declaredType: null,
      latest: {},
    },
    status: 'unknown',
    purchaseType: 'subscription',
    userKeys: [],
    checkoutId: null,
    firstPurchase: { kind: 'unknown' },
    settings: {},
    lastAcceptedAtMs: 0,
  };
}

/** The payment with this money id; undefined when the order has none. */
export function paymentOf({ payments }: Subscription, moneyId: string): Payment | undefined {
  return entryOf(payments, moneyId);
}

/** True for a payment of this order. */
export function isOfOrder({ psp, id }: Subscription, payment: PaymentRef): boolean {
  return payment.psp === psp && payment.subscription === id;
}

/** The state with this payment in place of the one with its money id. */
export function withPayment(state: Subscription, payment: Payment): Subscription {
  return { ...state, payments: withEntry(state.payments, payment.moneyId, payment) };
}

/** Runs a change of many payments on a draft of them, so that it costs what it changes. The state before stays as it is. */
export function drafted<T extends { readonly state: Subscription }>(before: Subscription, change: (draft: Subscription) => T): T {
  const payments = draftOf(before.payments);
  const refunds = draftOf(before.refunds);
  try {
    return change({ ...before, payments, refunds });
  } finally {
    finished(payments);
    finished(refunds);
  }
}

/** True while a payment may still be decided, or decided again. */
export function isOpen(progress: Progress | null): boolean {
  return (
    progress === null || progress.state === 'waiting' || progress.state === 'suppressed' || progress.state === 'not_a_purchase'
  );
}

/** An order's payments in the order in which they happened; only those for which `isWanted` holds, if it is given. */
export function paymentsInOrder({ payments }: Subscription, isWanted?: (payment: Payment) => boolean): readonly Payment[] {
  const all = Object.values(payments);
  return (isWanted ? all.filter(isWanted) : all).sort(
    (a, b) => occurredAtMs(a) - occurredAtMs(b) || (a.moneyId < b.moneyId ? -1 : 1),
  );
}

/**
 * The time of a payment's event, Unix milliseconds: when it was paid. A time that lies ahead of the clock that accepted it is none: then
 * the time of acceptance counts.
 */
export function eventAtMs(payment: Payment): number {
  return payment.paidAtMs ?? Math.min(occurredAtMs(payment), payment.acceptedAtMs);
}

/** The state without a payment, which turned out to be another one's. */
export function withoutPayment(state: Subscription, moneyId: string): Subscription {
  return { ...state, payments: withoutEntry(state.payments, moneyId) };
}

/** When the payment happened by the provider's clock, Unix milliseconds; of a failed one, when it failed. */
export function occurredAtMs(payment: Payment): number {
  return payment.observations[0]?.occurredAtMs ?? payment.failure?.occurredAtMs ?? 0;
}

/**
 * The refunded part of a payment, in its minor unit, at most `chargedMinor`. A refund without an amount is a full refund; a dispute that
 * the merchant won refunds nothing. `beforeMs`: only what happened before then, Unix milliseconds.
 */
export function refundedMinor(subscription: Subscription, moneyId: string, chargedMinor: number, beforeMs = Infinity): number {
  const refunds = refundsOf(subscription, moneyId, beforeMs);
  const sum = refunds.reduce(
    (total, { cause, amountMinor }) => total + (cause === 'dispute_won' ? 0 : (amountMinor ?? chargedMinor)),
    0,
  );
  return Math.min(sum, chargedMinor);
}

/** True when a refund names no amount: all was given back, also of a charge whose amount is unknown. `beforeMs` as above. */
export function isRefundedWhole(subscription: Subscription, moneyId: string, beforeMs = Infinity): boolean {
  const refunds = refundsOf(subscription, moneyId, beforeMs);
  return refunds.some(({ cause, amountMinor }) => cause !== 'dispute_won' && (amountMinor ?? null) === null);
}

function refundsOf({ refunds }: Subscription, moneyId: string, beforeMs: number): readonly Refund[] {
  return Object.values(entryOf(refunds, moneyId) ?? {}).flatMap((refund): readonly Refund[] => {
    if (refund.occurredAtMs < beforeMs) return [refund];
    // Of a dispute that was won later only that is known: until then it was open.
    return refund.cause === 'dispute_won' ? [{ ...refund, cause: 'dispute' }] : [];
  });
}
