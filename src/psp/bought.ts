import type { BoughtItem } from '../domain/fact';
import { boughtItem, boughtList } from '../domain/bought-item';
import { metadataText } from './metadata';

/**
 * What the merchant's metadata says was bought, for providers that know no products: `price_id` or `plan_id`, else `product_id`; and
 * `product_name`, `product_category`, `quantity`. In every place `tt_<key>` comes before `<key>`, as with our other keys.
 */
export function boughtInMetadata(...places: readonly unknown[]): readonly BoughtItem[] | undefined {
  const said = (key: string): string | undefined => metadataText(places, key);
  const product = said('product_id');
  return boughtList([
    boughtItem({
      ...{ id: said('price_id') ?? said('plan_id') ?? product, product },
      ...{ name: said('product_name'), category: said('product_category'), quantity: said('quantity') },
    }),
  ]);
}
