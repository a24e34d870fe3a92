/** What was bought, by the lines of an invoice or of a Checkout Session. */
import type { BoughtItem } from '../../domain/fact';
import { field } from '../fields';
import type { ReadingContext } from '../adapter';
import { boughtItem, boughtList } from '../../domain/bought-item';
import { minorOf, unitAmountOf } from './amounts';
import type { CheckoutSession, Invoice, InvoiceLine } from './schema';

/**
 * The lines that bill a price: no prorations, no credits, and nothing that the merchant's roles ignore. A line's description is prose
 * ("Trial period for Premium"), so an invoice names its products only where they are expanded or their prices have nicknames.
 * https://docs.stripe.com/api/invoice-line-item/object
 */
export function boughtByInvoice(
  { lines, currency }: Invoice,
  { roleOf }: Pick<ReadingContext, 'roleOf'>,
): readonly BoughtItem[] | undefined {
  const billed = (lines?.data ?? []).filter((line) => line.amount >= 0 && line.quantity !== 0 && !isProration(line));
  return boughtList(
    billed.map((line) => {
      const id = priceIdOf(line);
      if (id === undefined || roleOf(id) === 'ignore') return null;
      const unit = unitOf(line);
      return boughtItem({
        id,
        ...nicknameOf(line.price?.nickname ?? line.plan?.nickname),
        ...productOf(line.price?.product ?? line.plan?.product ?? line.pricing?.price_details?.product),
        quantity: line.quantity,
        unitMinor: unit === undefined ? undefined : minorOf(unit, currency),
      });
    }),
  );
}

/** https://docs.stripe.com/api/checkout/sessions/line_items */
export function boughtBySession(
  { line_items: lines, currency }: CheckoutSession,
  { roleOf }: Pick<ReadingContext, 'roleOf'>,
): readonly BoughtItem[] | undefined {
  return boughtList(
    (lines?.data ?? []).map(({ price, description, quantity }) => {
      if (!price || roleOf(price.id) === 'ignore') return null;
      const unit = price.currency === currency ? unitAmountOf({ price }) : undefined;
      return boughtItem({
        id: price.id,
        // Of a session it is the product's name.
        name: description,
        ...productOf(price.product),
        quantity,
        unitMinor: unit === undefined || !currency ? undefined : minorOf(unit, currency),
      });
    }),
  );
}

/** The price that a line bills; undefined for what has none. */
export function priceIdOf({ pricing, price, plan }: InvoiceLine): string | undefined {
  return pricing?.price_details?.price ?? price?.id ?? plan?.id;
}

/** True for a part of a period, after a change within it. */
export function isProration({ parent, proration }: InvoiceLine): boolean {
  return parent?.subscription_item_details?.proration ?? parent?.invoice_item_details?.proration ?? proration ?? false;
}

/** In Stripe's unit. Since basil the line says it as a decimal, and 0 for a trial's period, which is not what is listed. */
function unitOf(line: InvoiceLine): number | undefined {
  const decimal = line.pricing?.unit_amount_decimal;
  const plain = typeof decimal === 'string' && /^\d{1,15}(\.0+)?$/.test(decimal) ? Number(decimal) : undefined;
  return unitAmountOf(line) ?? (plain === 0 && line.amount === 0 ? undefined : plain);
}

function productOf(product: unknown): { readonly product?: unknown; readonly name?: unknown } {
  if (typeof product === 'string') return { product };
  const [id, name] = [field(product, 'id'), field(product, 'name')];
  return { ...(id === undefined ? {} : { product: id }), ...(name === undefined ? {} : { name }) };
}

/** A nickname is the merchant's own, hidden from customers: where the product has a name, that counts. */
function nicknameOf(nickname: unknown): { readonly name?: unknown } {
  return typeof nickname === 'string' ? { name: nickname } : {};
}
