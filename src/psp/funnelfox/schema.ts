/**
 * The fields of FunnelFox Billing's events that we use; all else passes unseen. Junk where only a text or a time is expected is left
 * out; junk where money or structure is expected makes the event unreadable.
 * https://funnelfox.com/docs/billing/subscription-engine-webhook-events
 */
import { z } from 'zod';
import { currencySchema as currencyCode } from '../money';
import { timeOf } from './dates';

const id = z.union([z.string().trim().min(1), z.int().transform(String)], 'expected a text');
/** Of a subscription that an order may name. An empty text names none. */
const namedId = z.preprocess((value) => (value === '' ? null : value), id.nullish());
const text = z.string().nullish().catch(undefined);
const time = z.unknown().optional().transform(timeOf);
/** A decimal as text; a JSON number is taken as the decimal that it shows. */
const decimal = z.union([z.string().trim(), z.number().transform(String)], 'expected a decimal');
/** Read by `readMetadata`, which takes anything. */
const metadata = z.unknown().optional();

const pricePointSchema = z
  .object({
    ident: text,
    /** Read in any case, as subtypes are. */
    intro_type: text.transform((name) => name?.trim().toLowerCase().replaceAll('-', '_')),
    next_price: decimal.nullish().catch(undefined),
    lifetime_price: decimal.nullish().catch(undefined),
    currency: z.object({ code: currencyCode.nullish() }).nullish().catch(undefined),
  })
  .nullish()
  .catch(undefined);
export type PricePoint = z.infer<typeof pricePointSchema>;

const userSchema = z.object({ external_id: text, email: text }).nullish().catch(undefined);

const envelope = {
  event_id: text,
  event_timestamp: time,
  external_id: text,
  user: userSchema,
};

const orderSchema = z.object({
  order_id: id,
  amount: decimal,
  /** Both spellings are seen. */
  currency_code: currencyCode.nullish(),
  currency: z.union([currencyCode, z.object({ code: currencyCode.nullish() })]).nullish(),
  subs_id: namedId,
  oneoff_id: text,
  created_at: time,
  external_id: text,
  user_uuid: text,
  price_point: pricePointSchema,
  metadata,
  order_metadata: metadata,
  client_metadata: metadata,
  initial_order_metadata: metadata,
});
export type Order = z.infer<typeof orderSchema>;

export const orderEventSchema = z.object({ ...envelope, order: orderSchema });
export type OrderEvent = z.infer<typeof orderEventSchema>;

const subscriptionSchema = z.object({
  subs_id: id,
  started_at: time,
  current_period_starts_at: time,
  current_period_ends_at: time,
  /** When it is charged next: some time before the period ends. */
  next_check_at: time,
  iteration: z
    .union([z.int(), z.string().regex(/^\d+$/).transform(Number)])
    .nullish()
    .catch(undefined),
  price_point: pricePointSchema,
  initial_order_metadata: metadata,
});
export type Subscription = z.infer<typeof subscriptionSchema>;

export const subscriptionEventSchema = z.object({ ...envelope, subscription: subscriptionSchema });
export type SubscriptionEvent = z.infer<typeof subscriptionEventSchema>;

/** Of an order that only names its subscription, or shows it as another event does. */
const context = z.object({ subs_id: namedId, currency_code: currencyCode.nullish() }).nullish().catch(undefined);

/** https://funnelfox.com/docs/api-reference/webhook-reference/refund */
export const refundEventSchema = z.object({
  ...envelope,
  order_id: id,
  amount_refunded: decimal.nullish(),
  currency_code: currencyCode.nullish(),
  trx_id: text,
  created_at: time,
  order: context,
});
export type RefundEvent = z.infer<typeof refundEventSchema>;

/** https://funnelfox.com/docs/api-reference/webhook-reference/dispute */
export const disputeEventSchema = z.object({ ...envelope, dispute_id: id, order_id: id, order: context });
export type DisputeEvent = z.infer<typeof disputeEventSchema>;

export const oneoffEventSchema = z.object({
  ...envelope,
  oneoff: z.object({ oneoff_id: text, order_id: text }).nullish().catch(undefined),
});
export type OneoffEvent = z.infer<typeof oneoffEventSchema>;
