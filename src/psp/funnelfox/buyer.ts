import type { PurchaseType } from '../../domain/fact';
import { usableHint } from '../../domain/hints';
import type { IdentityHints } from '../../domain/identity';
import type { Metadata } from '../../domain/routing';
import { readMetadata, withCustomer } from '../metadata';

interface Named {
  readonly external_id?: string | null | undefined;
  readonly user?:
    { readonly external_id?: string | null | undefined; readonly email?: string | null | undefined } | null | undefined;
}

/** `external_id` is what the merchant called the user when the checkout was made. https://funnelfox.com/docs/billing/subscription-engine-integration */
export function buyerOf(
  event: Named,
  ...places: readonly unknown[]
): {
  readonly identity: IdentityHints;
  readonly declaredType: PurchaseType | undefined;
  readonly metadata: Metadata | undefined;
} {
  const { hints, purchaseType, metadata } = readMetadata(...places);
  // A placeholder in the one place leaves the other.
  const externalId = usableHint('userId', event.external_id) ?? event.user?.external_id;
  const identity = withCustomer(hints, { userId: externalId, customerId: externalId, email: event.user?.email });
  return { identity, declaredType: purchaseType, metadata };
}
