/** What a payment of an order bought: by its own event, else by what the subscription sells. */
import type { BoughtItem } from './fact';
import { mergedFact } from './observe';
import type { Payment, Subscription } from './subscription';

/** Undefined when no event says it. Prices in another currency than the payment's are left out. */
export function boughtBy({ context }: Subscription, payment: Payment): readonly BoughtItem[] | undefined {
  const fact = mergedFact(payment);
  if (!fact || fact.bought) return fact?.bought;
  const sold = context.bought;
  return sold?.currency === fact.currency ? sold.items : sold?.items.map(withoutPrice);
}

function withoutPrice({ unitMinor: _otherCurrency, ...item }: BoughtItem): BoughtItem {
  return item;
}
