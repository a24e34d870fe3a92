/** *Limit Purchase Events*: after the first purchase of a user, what may still be sent (product.md, section 3). */
import type { Phase, PurchaseType } from './fact';
import type { PaymentRef } from './purchase';
import type { DecidingSettings } from './settings';
import type { FirstPurchaseClaim } from './subscription';
import { isClaimOurs } from './subscription';

/** How a report asks for its user's first place. */
export type ClaimMode =
  /** Takes the place if it is free; never denied. */
  | 'take_if_free'
  /** Granted if the place is free or held by this very payment. */
  | 'this_payment'
  /** Granted if the place is free or held by any payment of the same order. */
  | 'this_order';

export type LimitVerdict =
  /** `claim` is null when the place needs no asking. */
  { readonly send: true; readonly claim: ClaimMode | null } | { readonly send: false; readonly heldBy: PaymentRef | null };

export interface Candidate extends PaymentRef {
  readonly purchaseType: PurchaseType;
  readonly phase: Phase;
}

export function limit(candidate: Candidate, place: FirstPurchaseClaim, settings: DecidingSettings): LimitVerdict {
  // The first purchase is remembered also while the limit is off: switching it on later limits those who had one.
  if (!settings.limitPurchaseEvents) return { send: true, claim: place.kind === 'unknown' ? 'take_if_free' : null };
  if (candidate.phase === 'renewal') return { send: false, heldBy: holderOf(place, candidate) };
  if (candidate.purchaseType === 'free_trial') {
    // A claim that is under way may yet be denied, so its order's other purchases ask too.
    if (settings.limitFreeTrials === 'first_order') return { send: true, claim: place.kind === 'mine' ? null : 'this_order' };
    return { send: true, claim: place.kind === 'unknown' ? 'take_if_free' : null };
  }
  if (isClaimOurs(place) && place.moneyId !== candidate.moneyId) return { send: false, heldBy: holderOf(place, candidate) };
  // A place that another order held may be free by now (an operator skips): ask, since this is rare.
  return { send: true, claim: 'this_payment' };
}

function holderOf(place: FirstPurchaseClaim, { psp, subscription }: PaymentRef): PaymentRef | null {
  if (place.kind === 'other') return place.holder;
  return isClaimOurs(place) ? { psp, subscription, moneyId: place.moneyId } : null;
}
