/** What a payment bought, as TikTok is told: the provider's items, renamed by the setting `products`. https://ads.tiktok.com/help/article/about-parameters */
import { compact } from './compact';
import type { BoughtItem } from './fact';

/** What an operator calls a price, plan or product (setting `products`). */
export interface ProductName {
  /** As the catalogue calls it. */
  readonly id?: string;
  readonly name?: string;
  readonly category?: string;
  /** What its buyer is expected to pay in all: a decimal string, in the currency of the payment. */
  readonly predictedLtv?: string;
}

/** By the provider's id of a price or plan, or of a product. */
export type Products = Readonly<Record<string, ProductName>>;

/** An entry of TikTok's `contents`. */
export interface Content {
  readonly id: string;
  readonly name?: string;
  readonly category?: string;
  readonly quantity: number;
  /** The listed price of one, in the payment's minor unit. */
  readonly unitMinor?: number;
}

export interface Contents {
  /** Never empty. What has the same id, names and price is one entry. */
  readonly items: readonly Content[];
  /** The sum of all products' `predictedLtv`, as a decimal number; absent when none says one. */
  readonly predictedLtv?: number;
}

/** Null when nothing is known of what was bought. */
export function contentsOf(bought: readonly BoughtItem[] | undefined, products: Products): Contents | null {
  if (!bought || bought.length === 0) return null;
  const items = bought.map((item) => contentOf(item, nameOf(item, products))).reduce(withContent, []);
  const named = new Set(bought.map((item) => nameOf(item, products)));
  return compact<Contents>({ items, predictedLtv: sumOf([...named].flatMap((name) => name?.predictedLtv ?? [])) });
}

/** The name of the price counts more than the product's. */
function nameOf({ id, product }: BoughtItem, products: Products): ProductName | undefined {
  if (Object.hasOwn(products, id)) return products[id];
  return product !== undefined && Object.hasOwn(products, product) ? products[product] : undefined;
}

function contentOf({ id, name, category, quantity = 1, unitMinor }: BoughtItem, named: ProductName = {}): Content {
  return compact<Content>({
    id: named.id ?? id,
    name: named.name ?? name,
    category: named.category ?? category,
    quantity,
    unitMinor,
  });
}

function withContent(contents: readonly Content[], next: Content): readonly Content[] {
  const isSame = (one: Content): boolean =>
    one.id === next.id && one.name === next.name && one.category === next.category && one.unitMinor === next.unitMinor;
  if (!contents.some(isSame)) return [...contents, next];
  return contents.map((one) => (isSame(one) ? { ...one, quantity: one.quantity + next.quantity } : one));
}

/** Decimals are added as ten-thousandths, since no currency has more than four. */
function sumOf(decimals: readonly string[]): number | undefined {
  if (decimals.length === 0) return undefined;
  return decimals.reduce((sum, decimal) => sum + Math.round(Number(decimal) * 10_000), 0) / 10_000;
}
