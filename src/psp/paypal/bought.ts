/** What was bought: the plan of a subscription, or the items of an order. Sales and captures name neither. */
import type { BoughtItem, LifecycleFact } from '../../domain/fact';
import { compact } from '../../domain/compact';
import { boughtItem, boughtList } from '../../domain/bought-item';
import { field } from '../fields';
import { moneyOf } from './amounts';
import { unitPriceOf } from './plan';
import type { PaypalSubscription } from './schema';

/** The plan, as many as were bought. https://developer.paypal.com/docs/api/subscriptions/v1/#definition-subscription */
export function soldBySubscription(subscription: PaypalSubscription): LifecycleFact['bought'] {
  const { plan_id: id, plan, quantity } = subscription;
  const price = unitPriceOf(subscription);
  const items = boughtList([
    boughtItem({ id, product: plan?.product_id, name: plan?.name, quantity, unitMinor: price?.amountMinor }),
  ]);
  return items && compact<NonNullable<LifecycleFact['bought']>>({ items, currency: price?.currency });
}

/** The items of a purchase unit, named by the merchant's SKU. https://developer.paypal.com/docs/api/orders/v2/#definition-item */
export function boughtByUnit(items: unknown): LifecycleFact['bought'] {
  const listed: readonly unknown[] = Array.isArray(items) ? items : [];
  const priced = listed.map((item) => {
    const [value, code] = ['value', 'currency_code'].map((name) => field(field(item, 'unit_amount'), name));
    const money = typeof value === 'string' && typeof code === 'string' ? moneyOf(value, code) : null;
    return { item, money };
  });
  const currency = priced[0]?.money?.currency;
  const bought = boughtList(
    priced.map(({ item, money }): BoughtItem | null =>
      boughtItem({
        id: field(item, 'sku'),
        name: field(item, 'name'),
        quantity: field(item, 'quantity'),
        unitMinor: money?.currency === currency ? money?.amountMinor : undefined,
      }),
    ),
  );
  return bought && compact<NonNullable<LifecycleFact['bought']>>({ items: bought, currency });
}
