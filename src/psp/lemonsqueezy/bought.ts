/** What was bought: a variant of a product. Invoices name none, so the subscription's is theirs. */
import type { BoughtItem } from '../../domain/fact';
import { plainText } from '../../domain/text';
import { boughtItem, boughtList } from '../../domain/bought-item';
import type { Order, Subscription } from './schema';

/** An order has one item: carts are not sold. https://docs.lemonsqueezy.com/api/order-items/the-order-item-object */
export function boughtByOrder({ first_order_item: item }: Order): readonly BoughtItem[] | undefined {
  if (!item) return undefined;
  return boughtList([
    boughtItem({
      id: item.variant_id,
      product: item.product_id,
      name: nameOf(item),
      quantity: item.quantity,
      // In the order's currency, before discounts.
      unitMinor: item.price,
    }),
  ]);
}

/** Without a price: a subscription says none. https://docs.lemonsqueezy.com/api/subscriptions/the-subscription-object */
export function soldBySubscription(subscription: Subscription): readonly BoughtItem[] | undefined {
  return boughtList([
    boughtItem({
      id: subscription.variant_id,
      product: subscription.product_id,
      name: nameOf(subscription),
      quantity: subscription.first_subscription_item?.quantity,
    }),
  ]);
}

/** A product without variants has one that is called Default, in a store's own words. */
function nameOf({
  product_name: product,
  variant_name: variant,
}: {
  readonly product_name?: unknown;
  readonly variant_name?: unknown;
}): unknown {
  const [of, which] = [plainText(product, 200), plainText(variant, 200)];
  return of === undefined || which === undefined || which === 'Default' ? (of ?? which) : `${of}, ${which}`;
}
