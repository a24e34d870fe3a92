/**
 * A user's first purchase: which payment holds it, what the browser may report, and under which event id (product.md, section 3).
 * The store loads a snapshot while the user is locked, asks here, and writes the decision. Limits per phase are in limit.ts.
 */
import { dayMs, hourMs } from './duration';
import type { LifecycleFact, PaymentFact, PurchaseType } from './fact';
import { isPayment } from './fact';
import type { ClaimMode } from './limit';
import type { PaymentRef, PurchaseRecord } from './purchase';
import { refOf } from './purchase';
import type { DecidingSettings } from './settings';

/** The order that a payment or a checkout belongs to. */
export type Order = Pick<PaymentRef, 'psp' | 'subscription'>;

/** True when both belong to one order of one provider. */
export function isSameOrder(a: Order, b: Order): boolean {
  return a.psp === b.psp && a.subscription === b.subscription;
}

/** True when both are one payment. */
export function isSamePayment(a: PaymentRef, b: PaymentRef): boolean {
  return isSameOrder(a, b) && a.moneyId === b.moneyId;
}

/** A text that is the same for the same order of one integration: no provider's name has a space. */
export function orderKey({ psp, subscription }: Order): string {
  return `${psp} ${subscription}`;
}

/* Claims */

/** A checkout that the browser was authorized to report. */
export interface AuthorizedCheckout {
  readonly hmac: string;
  /** The first payment of the checkout's order; null while no provider has reported one. */
  readonly purchase: PurchaseRecord | null;
}

/** The claims of one user. */
export interface ClaimSnapshot {
  /** The payment with the earliest claim; null when no payment has claimed the first purchase. */
  readonly holder: PaymentRef | null;
  /** The checkout that holds the first purchase while no payment does (`provisionalHolder`). */
  readonly provisional: AuthorizedCheckout | null;
}

export interface ClaimDecision {
  readonly granted: boolean;
  readonly holder: PaymentRef;
  /** True when the claim is to be written: the first purchase was free. */
  readonly isNew: boolean;
}

/** Decides a payment's claim. A payment's claim outranks a browser's report; a report of another order keeps the first purchase. */
export function decideClaim({ holder, provisional }: ClaimSnapshot, payment: PaymentRef, mode: ClaimMode): ClaimDecision {
  const claimant = refOf(payment);
  if (holder) return { granted: isGranted(mode, holder, claimant), holder, isNew: false };
  const reported = provisional?.purchase;
  if (reported && !isSameOrder(reported, claimant)) {
    return { granted: mode === 'take_if_free', holder: refOf(reported), isNew: false };
  }
  return { granted: true, holder: claimant, isNew: true };
}

function isGranted(mode: ClaimMode, holder: PaymentRef, claimant: PaymentRef): boolean {
  switch (mode) {
    case 'take_if_free':
      return true;
    case 'this_order':
      return isSameOrder(holder, claimant);
    case 'this_payment':
      return isSamePayment(holder, claimant);
  }
}

/** The first authorized checkout, in the order of authorization, that is a purchase or may become one. */
export function provisionalHolder(authorized: readonly AuthorizedCheckout[]): AuthorizedCheckout | null {
  return authorized.find(({ purchase }) => purchase === null || holdsProvisionally(purchase)) ?? null;
}

/* Whether a purchase is still to be sent: three questions, three answers */

/** The browser may report it: the server sends it, or lacked a consent that the buyer may have given since. */
export function isReportable({ state, reason }: PurchaseRecord): boolean {
  return isSentOrToBeSent({ state }) || (state === 'suppressed' && reason === 'consent');
}

/**
 * An authorized checkout with this purchase keeps the first purchase. The same rule as `isReportable`: the browser may have reported
 * a purchase that the server suppressed for want of consent.
 */
export function holdsProvisionally(purchase: PurchaseRecord): boolean {
  return isReportable(purchase);
}

/** The server sends it under the event id of its record. A suppressed purchase has no event, so its id is still open. */
export function isSentOrToBeSent({ state }: Pick<PurchaseRecord, 'state'>): boolean {
  return state === 'sent' || state === 'pending' || state === 'needs_attention';
}

/* Checkouts that the browser reports */

/** Hours apart at most, where only the user connects a payment with a browser's report of it. */
export const sameTimeMs = hourMs;

/** The order of a checkout, as far as the provider has reported it. */
export interface CheckoutOrder extends Order {
  readonly firstPayment: PurchaseRecord | null;
  /** True when the checkout is bound to the order already, whose first payment then gets the checkout's id as event id. */
  readonly hasCheckout: boolean;
}

/** Finds the order of a checkout that no order has brought: the one that began at the nearest time, within an hour. */
export function nearestOrder(firstPayments: readonly PurchaseRecord[], atMs: number): CheckoutOrder | null {
  const distance = ({ occurredAtMs }: PurchaseRecord) => Math.abs(occurredAtMs - atMs);
  const [nearest] = firstPayments.filter((payment) => distance(payment) <= sameTimeMs).sort((a, b) => distance(a) - distance(b));
  if (!nearest) return null;
  const { psp, subscription } = nearest;
  return { psp, subscription, firstPayment: nearest, hasCheckout: false };
}

export interface CheckoutSnapshot extends ClaimSnapshot {
  readonly hmac: string;
  readonly order: CheckoutOrder | null;
  /** The first payments of all the user's orders. */
  readonly firstPayments: readonly PurchaseRecord[];
}

/** The holder of the first purchase of a checkout's user: `free` without one, `ours` for the checkout or its order, else `other`. */
export function holderOfCheckout({
  holder,
  provisional,
  hmac,
  order,
  firstPayments,
}: CheckoutSnapshot): 'free' | 'ours' | 'other' {
  if (holder) return order && isSameOrder(holder, order) ? 'ours' : 'other';
  if (provisional) return provisional.hmac === hmac ? 'ours' : 'other';
  // A pending payment may claim at any moment. If it does not, the server reports this checkout all the same.
  const isExpected = firstPayments.some((payment) => payment.state === 'pending' && !(order && isSameOrder(payment, order)));
  return isExpected ? 'other' : 'free';
}

/** The event id that the server uses, or will use. A record of revision 0 does not know the checkout of its order yet. */
export function browserEventId(order: CheckoutOrder | null, checkoutId: string): string {
  const purchase = order?.firstPayment ?? null;
  if (!order || !purchase) return checkoutId;
  const isSettled = !order.hasCheckout || (purchase.revision > 0 && isSentOrToBeSent(purchase));
  return isSettled ? purchase.eventId : checkoutId;
}

/* The checkout of an order */

/** An order that comes this long after the browser's report still adopts its checkout. */
export const longestDelayMs = 30 * dayMs;

/**
 * How long before its payment a page may have named a checkout that only the user id or e-mail connects with the order. After 48 hours
 * TikTok counts a repeated event id anew, so that a shared one is of no use.
 */
export const longestStatedMs = 2 * dayMs;

/** A checkout of an order. `eventId` and `checkoutId` are null where the browser was not authorized to report it. */
export interface OrderCheckout {
  readonly hmac: string;
  readonly checkoutId: string | null;
  readonly eventId: string | null;
}

/** Where the event id of an order's first phase comes from, by the checkouts that the order has. */
export interface OrderCheckoutDecision {
  readonly ownsCheckout: boolean;
  readonly adoptedCheckoutId: string | null;
  /** True when the order may adopt another checkout (`mayAdoptCheckout`). */
  readonly isOpen: boolean;
}

/** Decides by the order's checkouts, reported ones first. An event id that the browser was given stays. */
export function decideOrderCheckout(own: OrderCheckout | null, all: readonly OrderCheckout[]): OrderCheckoutDecision {
  const reported = all.filter(({ eventId }) => eventId !== null);
  const ownsCheckout = own !== null && reported.every((one) => one.hmac === own.hmac && isEventId(one));
  const [first] = reported;
  if (!first) return { ownsCheckout, adoptedCheckoutId: null, isOpen: true };
  return { ownsCheckout, adoptedCheckoutId: !ownsCheckout && isEventId(first) ? first.checkoutId : null, isOpen: false };
}

function isEventId({ eventId, checkoutId }: OrderCheckout): boolean {
  return eventId === checkoutId;
}

/** The facts about an order that decide whether it may adopt a checkout. */
export interface AdoptionSnapshot {
  /** The limit lets the payment be sent only as its user's first purchase. */
  readonly isLimited: boolean;
  /** A provider has brought a checkout of the order. */
  readonly hasCheckout: boolean;
  /** The order has another payment, failed charges excepted. */
  readonly hasOtherPayments: boolean;
  /** A workflow has decided a payment of the order, so that it may have been sent under its event id. */
  readonly isDecided: boolean;
  /** The payment that holds the user's first purchase. */
  readonly holder: PaymentRef | null;
}

/**
 * True when an order may adopt a checkout that the browser has reported: an order that begins and has no checkout. While the limit is
 * on, an order with a checkout may too, since only the purchase that the browser reported is to count; but not an order that the limit
 * suppresses anyway.
 */
export function mayAdoptCheckout(snapshot: AdoptionSnapshot, order: Order): boolean {
  const { isLimited, hasCheckout, hasOtherPayments, isDecided, holder } = snapshot;
  if (hasOtherPayments || (hasCheckout && isDecided)) return false;
  if (!isLimited) return !hasCheckout;
  return holder === null || isSameOrder(holder, order);
}

/**
 * True when an order may take the id of a checkout that a page only named together with the user id or e-mail: an order that begins, has
 * no checkout of its own, and has not been decided. Nothing else that the page said counts.
 */
export function mayTakeStatedCheckout({ hasCheckout, hasOtherPayments, isDecided }: AdoptionSnapshot): boolean {
  return !hasCheckout && !hasOtherPayments && !isDecided;
}

/* Facts, before their workflow has decided */

/** True when a payment of the past counts as a purchase of its user. */
export function wasPurchase({ kind, role, amountMinor }: PaymentFact): boolean {
  return kind !== 'other_charge' && role !== 'ignore' && (amountMinor > 0 || kind === 'trial_start');
}

/** True when a completed checkout may have brought the payment, so that the checkout's id may become its event id. */
export function mayBeFirstPhase(fact: PaymentFact | LifecycleFact): boolean {
  if (!isPayment(fact) || !wasPurchase(fact) || fact.kind === 'renewal') return false;
  // The checkout of a trial brought the trial's start, not its conversion.
  return fact.kind !== 'conversion' || !['free_trial', 'paid_trial'].includes(statedType(fact) ?? '');
}

/** True when the limit lets the payment be sent only as its user's first purchase. */
export function isLimited(
  fact: PaymentFact | LifecycleFact,
  { limitPurchaseEvents, limitFreeTrials }: Pick<DecidingSettings, 'limitPurchaseEvents' | 'limitFreeTrials'>,
): boolean {
  if (!isPayment(fact) || !limitPurchaseEvents) return false;
  const isFreeTrial = statedType(fact) === 'free_trial' || (fact.kind === 'trial_start' && fact.amountMinor === 0);
  return !isFreeTrial || limitFreeTrials === 'first_order';
}

function statedType({ declaredType, inferredType }: PaymentFact): PurchaseType | undefined {
  return declaredType ?? inferredType;
}
