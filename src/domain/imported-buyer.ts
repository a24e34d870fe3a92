/** First purchases of before this service, which a merchant's list brought, among those that payments have claimed. */
import { dayMs } from './duration';
import type { PaymentRef } from './purchase';

/**
 * Stands where a payment's provider does; no provider may be called so. The subscription is a random id then, and the money id the time of the
 * first purchase (ISO 8601), so that whoever has the reference can say when.
 */
export const importedPsp = 'import';

/** True for a first purchase from before this service. */
export function isImported({ psp }: Pick<PaymentRef, 'psp'>): boolean {
  return psp === importedPsp;
}

/** A claim of a first purchase, Unix milliseconds. */
export interface KnownClaim extends PaymentRef {
  readonly claimedAtMs: number;
}

export type ImportDecision =
  | { readonly kind: 'add' }
  /** The imported first purchase was earlier than was known. */
  | { readonly kind: 'move'; readonly claim: KnownClaim }
  | { readonly kind: 'keep' };

/**
 * What a listed first purchase does to the claims of its buyer. One that came from a payment stays. So does the right to it of a payment that
 * happened by that day and waits to be sent: it is the one that the list names.
 */
export function decideImport(
  claims: readonly KnownClaim[],
  firstPurchaseAtMs: number,
  earliestWaitingAtMs: number | null,
): ImportDecision {
  if (claims.some((claim) => !isImported(claim))) return { kind: 'keep' };
  const earliest = claims.reduce<KnownClaim | null>(
    (best, one) => (best && best.claimedAtMs <= one.claimedAtMs ? best : one),
    null,
  );
  if (earliest) return firstPurchaseAtMs < earliest.claimedAtMs ? { kind: 'move', claim: earliest } : { kind: 'keep' };
  const isThatPayment = earliestWaitingAtMs !== null && earliestWaitingAtMs < firstPurchaseAtMs + dayMs;
  return isThatPayment ? { kind: 'keep' } : { kind: 'add' };
}
