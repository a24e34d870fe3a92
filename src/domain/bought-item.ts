/** The loose reading of what was bought: junk in a name or a quantity is left out, and never refuses a payment. */
import { compact } from './compact';
import type { BoughtItem } from './fact';
import { minorFromDecimal } from './money';
import { plainText } from './text';

/** An item as a provider or a page says it. Null when `id` is no id; other members are left out where they are not what they should be. */
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

/** The listed price of one, as a provider or a page says it: a decimal in `currency`, as text or number. Null where it is none, or the currency is not known. */
export function listedPriceMinor(price: unknown, currency: string | null | undefined): number | null {
  const decimal = typeof price === 'number' ? String(price) : price;
  return typeof decimal === 'string' && currency ? minorFromDecimal(decimal.trim(), currency) : null;
}

/** The items that are some; undefined where none is, since a fact has no empty list. */
export function boughtList(items: Iterable<BoughtItem | null>): readonly BoughtItem[] | undefined {
  const known = [...items].filter((item) => item !== null).slice(0, maxItems);
  return known.length === 0 ? undefined : known;
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
