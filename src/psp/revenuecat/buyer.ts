/** The buyer, from RevenueCat's customer attributes. https://www.revenuecat.com/docs/customers/customer-attributes */
import type { PurchaseType } from '../../domain/fact';
import { usableHint } from '../../domain/hints';
import type { IdentityHints } from '../../domain/identity';
import type { Metadata } from '../../domain/routing';
import { readMetadata, withCustomer } from '../metadata';
import type { RevenuecatEvent } from './schema';

export interface Buyer {
  readonly identity: IdentityHints;
  readonly declaredType: PurchaseType | undefined;
  readonly metadata: Metadata | undefined;
}

/** The merchant's keys come as attributes of the customer, beside those that RevenueCat reserves (`$email`). */
export function buyerOf(event: RevenuecatEvent): Buyer {
  const attributes = Object.fromEntries(
    Object.entries(event.subscriber_attributes ?? {}).map(([name, attribute]) => [name, valueOf(attribute)]),
  );
  const { hints, purchaseType, metadata } = readMetadata(attributes);
  const ids = [event.app_user_id, event.original_app_user_id, ...(event.aliases ?? [])];
  const identity = withCustomer(hints, {
    // A placeholder in the one place leaves the others.
    userId: ids.find((id) => typeof id === 'string' && usableHint('userId', id) !== undefined && !isAnonymous(id)),
    // The same for all of a customer's ids, anonymous or not.
    customerId: usableHint('customerId', event.original_app_user_id) ?? event.app_user_id,
    email: attributes.$email,
    phone: attributes.$phoneNumber,
    ip: attributes.$ip,
  });
  return { identity, declaredType: purchaseType, metadata };
}

/** An id that RevenueCat's SDK makes for a buyer who is not signed in; no other system knows it. */
function isAnonymous(id: string): boolean {
  return id.startsWith('$RCAnonymousID:');
}

function valueOf(attribute: unknown): unknown {
  return typeof attribute === 'object' && attribute !== null && 'value' in attribute ? attribute.value : undefined;
}
