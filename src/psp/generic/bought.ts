/** `items` of the generic webhook: `[{"id", "product"?, "name"?, "category"?, "quantity"?, "price"?}]`. */
import type { BoughtItem } from '../../domain/fact';
import { boughtItem, boughtList, listedPriceMinor } from '../../domain/bought-item';
import { field } from '../fields';
import type { GenericEvent } from './schema';

/** The items that are some: a payment is not refused for what it bought. `price` is that of one, a decimal in the event's currency. */
export function boughtBy({ items, currency }: Pick<GenericEvent, 'items' | 'currency'>): readonly BoughtItem[] | undefined {
  const listed: readonly unknown[] = Array.isArray(items) ? items : [];
  return boughtList(
    listed.map((item) =>
      boughtItem({
        ...{ id: field(item, 'id'), product: field(item, 'product') },
        ...{ name: field(item, 'name'), category: field(item, 'category') },
        quantity: field(item, 'quantity'),
        unitMinor: listedPriceMinor(field(item, 'price'), currency),
      }),
    ),
  );
}

/** What all of it is listed at, in the event's currency; undefined where an item has no price. */
export function listedMinor(items: readonly BoughtItem[] = []): number | undefined {
  const prices = items.map(({ unitMinor, quantity }) => (unitMinor === undefined ? NaN : unitMinor * (quantity ?? 1)));
  const total = prices.reduce((sum, price) => sum + price, 0);
  return prices.length > 0 && Number.isSafeInteger(total) ? total : undefined;
}
