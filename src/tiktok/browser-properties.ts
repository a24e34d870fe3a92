/** What the pixel's purchase says beside its value: as the server's event says it, so that TikTok merges two of one content. */
import { contentsOf, type Products } from '../domain/contents';
import type { CustomerType } from '../domain/customer-type';
import type { BoughtItem } from '../domain/fact';
import { contentsIn } from './content-properties';
import { isTikTokCurrency } from './currencies';

export interface PageContents {
  /** As the page states them; undefined where it does not. */
  readonly bought: readonly BoughtItem[] | undefined;
  /** The currency of their prices, upper case; undefined where the page states none: then no price is said. */
  readonly currency: string | undefined;
}

export type BrowserProperties = Partial<ReturnType<typeof contentsIn>> & {
  readonly content_type: 'product';
  readonly customer_type?: CustomerType;
};

/** The properties of a purchase that a page reports; without `customer_type` the server's event fills it in. https://business-api.tiktok.com/portal/docs?id=1771101303285761 */
export function browserProperties(
  { bought, currency }: PageContents,
  { products, customerType }: { readonly products: Products; readonly customerType: CustomerType | null },
): BrowserProperties {
  const contents = contentsOf(bought, products);
  const listed = currency !== undefined && isTikTokCurrency(currency) ? currency : null;
  const said = contents ? contentsIn(contents, listed) : {};
  return { content_type: 'product', ...said, ...(customerType === null ? {} : { customer_type: customerType }) };
}
