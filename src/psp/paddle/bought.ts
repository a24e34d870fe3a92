/** What was bought: the items of a transaction, or of a subscription whose trial has no transaction. */
import type { BoughtItem } from '../../domain/fact';
import type { ReadingContext } from '../adapter';
import { boughtItem, boughtList } from '../../domain/bought-item';
import { field } from '../fields';
import { minorOf } from './amounts';
import type { PaddlePrice } from './schema';

/** An item as Paddle lists it, with its product where the entity has it. */
export interface ListedItem {
  readonly price?: PaddlePrice | null | undefined;
  readonly priceId: string | undefined;
  readonly quantity?: unknown;
  readonly product?: unknown;
}

/**
 * The name is the product's, else the price's: both are shown to buyers. A price may cost something else in some countries, and is left out
 * where its own is in another currency than `currency`. https://developer.paddle.com/api-reference/transactions/overview
 */
export function boughtItems(
  items: readonly ListedItem[],
  currency: string,
  { roleOf }: Pick<ReadingContext, 'roleOf'>,
): readonly BoughtItem[] | undefined {
  return boughtList(
    items.map(({ price, priceId, quantity, product }) => {
      if (priceId === undefined || roleOf(priceId) === 'ignore') return null;
      const unit = price?.unit_price;
      return boughtItem({
        id: priceId,
        product: price?.product_id ?? field(product, 'id'),
        name: field(product, 'name') ?? price?.name,
        quantity,
        unitMinor: unit?.currency_code === currency ? minorOf(unit.amount, currency) : undefined,
      });
    }),
  );
}
