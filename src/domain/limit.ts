/** *Limit Purchase Events*: whether a purchase may be sent, given what is known of the user's first purchase (product.md, section 3). */
import type { Phase, PurchaseType } from './fact';
import type { PaymentRef } from './purchase';
import type { DecidingSettings } from './settings';
import type { FirstPurchaseClaim } from './subscription';
import { isClaimOurs } from './subscription';

/** How a delivery claims its user's first purchase. */
export type ClaimMode =
  /** Takes the claim if it is free; always granted. */
  | 'take_if_free'
  /** Granted if the claim is free or held by this very payment. */
  | 'this_payment'
  /** Granted if the claim is free or held by any payment of the same order. */
  | 'this_order';

export type LimitVerdict =
  /** `claim` is null when the delivery need not claim the first purchase. */
  { readonly send: true; readonly claim: ClaimMode | null } | { readonly send: false; readonly heldBy: PaymentRef | null };

export interface Candidate extends PaymentRef {
  readonly purchaseType: PurchaseType;
  readonly phase: Phase;
}

/**
 * Decides whether a purchase is sent, and how its delivery claims the first purchase. While the limit is off every purchase is sent;
 * while it is on, a user's first purchase and, unless the settings say otherwise, every free trial.
 */
export function limit(candidate: Candidate, known: FirstPurchaseClaim, settings: DecidingSettings): LimitVerdict {
  // The first purchase is remembered also while the limit is off, so that switching it on limits the users who already have one.
  if (!settings.limitPurchaseEvents) return { send: true, claim: known.kind === 'unknown' ? 'take_if_free' : null };
  if (candidate.phase === 'renewal') return { send: false, heldBy: holderOf(known, candidate) };
  if (candidate.purchaseType === 'free_trial') {
    // A claim under way may yet be denied, so the order's other purchases claim too.
    if (settings.limitFreeTrials === 'first_order') return { send: true, claim: known.kind === 'mine' ? null : 'this_order' };
    return { send: true, claim: known.kind === 'unknown' ? 'take_if_free' : null };
  }
  if (isClaimOurs(known) && known.moneyId !== candidate.moneyId) return { send: false, heldBy: holderOf(known, candidate) };
  // The claim of another order may be free by now, because an operator skipped its purchase: claim anew.
  return { send: true, claim: 'this_payment' };
}

/** The payment that holds the first purchase of the user of `candidate`'s order, as far as the order knows; null when it does not. */
export function holderOf(
  known: FirstPurchaseClaim,
  { psp, subscription }: Pick<PaymentRef, 'psp' | 'subscription'>,
): PaymentRef | null {
  if (known.kind === 'other') return known.holder;
  return isClaimOurs(known) ? { psp, subscription, moneyId: known.moneyId } : null;
}
