/** TikTok's `customer_type`: whether the buyer became a customer by this order (product.md, section 2). */
import type { Phase } from './fact';
import type { PaymentRef } from './purchase';

export type CustomerType = 'new' | 'returning';

/**
 * `new` for the purchases of the order that made the user a customer, up to its conversion; `returning` for renewals and for later orders.
 * `holder` is the payment that holds the user's first purchase; null while nobody does.
 */
export function customerType(
  { psp, subscription, phase }: Pick<PaymentRef, 'psp' | 'subscription'> & { readonly phase: Phase | null },
  holder: PaymentRef | null,
): CustomerType {
  const isOtherOrder = holder !== null && (holder.psp !== psp || holder.subscription !== subscription);
  return phase === 'renewal' || isOtherOrder ? 'returning' : 'new';
}
