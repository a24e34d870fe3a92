/**
 * Of Lemon Squeezy's events (JSON:API objects) only the fields that we use. Junk where a text, a date or custom data is expected is
 * left out; junk where money or structure is expected makes the event unreadable.
 * https://docs.lemonsqueezy.com/help/webhooks/event-types
 */
import { z } from 'zod';
import type { ReadingContext } from '../adapter';
import { instantSchema as moment } from '../instants';
import { currencySchema as currency } from '../money';

/** Numbers in attributes, texts in `data.id`. */
const id = z.union([z.string().min(1), z.int().transform(String)], 'expected an id');
const optionalId = id.nullish().catch(undefined);
const text = z.string().nullish().catch(undefined);
const flag = z.boolean().nullish().catch(undefined);
/**
 * "Cents", in Lemon Squeezy's words, for every currency: ISO 4217 minor units. For a currency without decimals they can only be its
 * own unit, as with the payment processors behind it. https://docs.lemonsqueezy.com/api/orders/the-order-object
 */
const cents = z.int().nonnegative();

export const eventSchema = z.object({
  meta: z.object({ event_name: z.string().min(1), custom_data: z.unknown().optional() }),
  data: z.object({ id, attributes: z.unknown() }),
});
export type LemonSqueezyEvent = z.infer<typeof eventSchema>;

/** What is sold; read by `boughtItem`, which takes anything. */
const product = {
  product_id: z.unknown().optional(),
  product_name: z.unknown().optional(),
  variant_name: z.unknown().optional(),
};
const quantity = z.unknown().optional();

const buyer = { customer_id: optionalId, user_email: text };
const times = { created_at: moment, updated_at: moment };

/** https://docs.lemonsqueezy.com/api/orders/the-order-object */
export const orderSchema = z.object({
  ...buyer,
  ...times,
  currency,
  total: cents,
  tax: cents.nullish().catch(undefined),
  status: text,
  refunded: flag,
  refunded_at: moment,
  refunded_amount: cents.nullish().catch(undefined),
  first_order_item: z
    .object({ ...product, variant_id: optionalId, price_id: optionalId, price: z.unknown().optional(), quantity })
    .nullish()
    .catch(undefined),
});
export type Order = z.infer<typeof orderSchema>;

/** https://docs.lemonsqueezy.com/api/subscription-invoices/the-subscription-invoice-object */
export const invoiceSchema = z.object({
  ...buyer,
  ...times,
  subscription_id: id,
  billing_reason: text,
  currency,
  total: cents,
  tax: cents.nullish().catch(undefined),
  discount_total: cents.nullish().catch(undefined),
  refunded: flag,
  refunded_at: moment,
  refunded_amount: cents.nullish().catch(undefined),
});
export type Invoice = z.infer<typeof invoiceSchema>;

/** https://docs.lemonsqueezy.com/api/subscriptions/the-subscription-object */
export const subscriptionSchema = z.object({
  ...buyer,
  ...times,
  status: text,
  /** The order of the checkout. */
  order_id: optionalId,
  ...product,
  variant_id: optionalId,
  first_subscription_item: z.object({ price_id: optionalId, quantity }).nullish().catch(undefined),
  trial_ends_at: moment,
  ends_at: moment,
});
export type Subscription = z.infer<typeof subscriptionSchema>;

/** The reader's knowledge beside the object, from the event's envelope. */
export interface EventContext extends ReadingContext {
  readonly id: string;
  /** The merchant passed it to the checkout; Lemon Squeezy repeats it in every event of the order. */
  readonly customData: unknown;
}
