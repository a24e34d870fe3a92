/** What was bought: a price point. Most orders do not name theirs; the subscription's events do. */
import type { BoughtItem } from '../../domain/fact';
import { minorFromDecimal } from '../../domain/money';
import { boughtItem, boughtList } from '../../domain/bought-item';
import { boughtInMetadata } from '../bought';
import type { Order, PricePoint } from './schema';

/** Its price where that is in `currency`. https://funnelfox.com/docs/billing/subscription-engine-webhook-events */
export function boughtAtPrice(price: PricePoint, currency: string | undefined): readonly BoughtItem[] | undefined {
  const said = price?.next_price ?? price?.lifetime_price;
  const code = price?.currency?.code ?? currency;
  const unitMinor = said && currency && code === currency ? minorFromDecimal(said, currency) : null;
  return boughtList([boughtItem({ id: price?.ident, unitMinor })]);
}

/** The order's price point; of a one-off, which no other event describes, else what the merchant's metadata says. */
export function boughtByOrder(order: Order, currency: string): readonly BoughtItem[] | undefined {
  const { order_metadata: own, metadata, client_metadata: client, initial_order_metadata: initial } = order;
  const atPrice = boughtAtPrice(order.price_point, currency);
  return atPrice ?? (order.subs_id ? undefined : boughtInMetadata(own, metadata, client, initial));
}
