/** The loose reading of what was bought: junk in a name or a quantity is left out, and never refuses a payment. */
import { compact } from '../domain/compact';
import type { BoughtItem } from '../domain/fact';
import { plainText } from '../domain/text';
import { metadataText } from './metadata';

/** An item as the provider says it. Null when `id` is no id; other members are left out where they are not what they should be. */
export function boughtItem(said: { readonly [Member in keyof BoughtItem]?: unknown }): BoughtItem | null {
  const id = plainText(said.id, maxIdLength);
  if (id === undefined) return null;
  return compact<BoughtItem>({
    id,
    product: plainText(said.product, maxIdLength),
    name: plainText(said.name, maxNameLength),
    category: plainText(said.category, maxNameLength),
    quantity: quantityOf(said.quantity),
    unitMinor: isAmount(said.unitMinor) ? said.unitMinor : undefined,
  });
}

/** The items that are some; undefined where none is, since a fact has no empty list. */
export function boughtList(items: Iterable<BoughtItem | null>): readonly BoughtItem[] | undefined {
  const known = [...items].filter((item) => item !== null).slice(0, maxItems);
  return known.length === 0 ? undefined : known;
}

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

/** As long as the ids of the settings `prices` and `products` may be. */
const maxIdLength = 255;
const maxNameLength = 200;
const maxQuantity = 1_000_000;
/** Every signal, and every delivery, carries them. */
const maxItems = 50;

function quantityOf(said: unknown): number | undefined {
  const quantity = typeof said === 'string' && /^\d{1,7}$/.test(said) ? Number(said) : said;
  const isQuantity = typeof quantity === 'number' && Number.isInteger(quantity) && quantity >= 1 && quantity <= maxQuantity;
  return isQuantity ? quantity : undefined;
}

function isAmount(said: unknown): said is number {
  return typeof said === 'number' && Number.isSafeInteger(said) && said >= 0;
}
