import type { PurchaseType } from '../../domain/fact';
import type { IdentityHints } from '../../domain/identity';
import type { Metadata } from '../../domain/routing';
import { readMetadata, withCustomer } from '../metadata';

/** The buyer: the merchant's custom data, with gaps filled from Lemon Squeezy's customer. */
export function buyerOf(
  object: { readonly customer_id?: string | null | undefined; readonly user_email?: string | null | undefined },
  customData: unknown,
): {
  readonly identity: IdentityHints;
  readonly declaredType: PurchaseType | undefined;
  readonly metadata: Metadata | undefined;
} {
  const { hints, purchaseType, metadata } = readMetadata(customData);
  const identity = withCustomer(hints, { customerId: object.customer_id, email: object.user_email });
  return { identity, declaredType: purchaseType, metadata };
}
