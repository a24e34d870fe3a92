/**
 * The fields of Solidgate's webhooks and reports that we use; all else passes unseen. Maps come as arrays, too (always for alternative
 * payments and in reports). Junk where only a text or a time is expected is left out; junk where money or structure is expected makes
 * the event unreadable. Amounts are in ISO 4217 minor units (https://docs.solidgate.com/payments/payments-insights/supported-currencies).
 * https://api-docs.solidgate.com/api/get-started
 */
import { z } from 'zod';
import { mapOf } from '../list';
import { currencySchema as currency } from '../money';
import { timeOf } from './dates';

const id = z.union([z.string().trim().min(1), z.int().transform(String)], 'expected a text');
const text = z.string().nullish().catch(undefined);
const flag = z
  .union([z.boolean(), z.literal(['true', 'false']).transform((word) => word === 'true')])
  .nullish()
  .catch(undefined);
const count = z
  .union([z.int(), z.string().regex(/^\d+$/).transform(Number)])
  .nullish()
  .catch(undefined);
/** Of a subscription that an order names. An empty text names none. */
const namedId = z.preprocess((value) => (value === '' ? null : value), id.nullish());
const time = z.unknown().optional().transform(timeOf);
const amount = z.int().nonnegative();
/** Read by `readMetadata`, which takes anything. */
const metadata = z.unknown().optional();

/** A map by id, or a list. */
const listIn = <T extends z.ZodType>(item: T) =>
  z
    .preprocess((value) => (Array.isArray(value) ? { ...(value as unknown[]) } : value), mapOf(item).nullish())
    .transform((map) => Object.values(map ?? {}));

const invoiceOrderSchema = z.object({
  id,
  status: text,
  created_at: time,
  processed_at: time,
  amount: amount.nullish(),
});
export type InvoiceOrder = z.infer<typeof invoiceOrderSchema>;

const invoiceSchema = z.object({
  id: id.nullish().catch(undefined),
  status: text,
  created_at: time,
  updated_at: time,
  amount: amount.nullish(),
  product_price_id: text,
  billing_period_started_at: time,
  billing_period_ended_at: time,
  /** Periods begun, without the trial: 0 in the trial, 1 in the first full period. */
  subscription_term_number: count,
  orders: listIn(invoiceOrderSchema),
  order_metadata: metadata,
});
export type Invoice = z.infer<typeof invoiceSchema>;

const stateSchema = z.object({
  id,
  status: text,
  trial: flag,
  started_at: time,
  updated_at: time,
  expired_at: time,
  next_charge_at: time,
  cancelled_at: time,
  cancellation_requested_at: time,
});

const productSchema = z.object({
  product_id: text,
  /** As reports call it. */
  id: text,
  name: z.unknown().optional(),
  payment_action: text,
  amount: amount.nullish().catch(undefined),
  currency: currency.nullish(),
  trial: flag,
  trial_currency: currency.nullish(),
});

const customerSchema = z.object({ customer_account_id: text, customer_email: text }).nullish().catch(undefined);

/** `subscription.updated.v2`, the legacy `subscription.updated`, and the answer of `/subscription/status` (without `callback_type`). */
export const subscriptionSchema = z.object({
  callback_type: text,
  subscription: stateSchema,
  product: productSchema,
  customer: customerSchema,
  invoices: listIn(invoiceSchema),
});
export type SubscriptionEvent = z.infer<typeof subscriptionSchema>;

const transactionSchema = z.object({
  id,
  created_at: time,
  updated_at: time,
  amount: amount.nullish(),
  /** Of cards. */
  operation: text,
  /** Of alternative payments. */
  type: text,
  status: text,
});
export type Transaction = z.infer<typeof transactionSchema>;

/** `card_gate.order.updated` and `alt_gate.order.updated`. */
export const orderSchema = z.object({
  order: z.object({
    order_id: id,
    subscription_id: namedId,
    product_id: text,
    product_name: z.unknown().optional(),
    amount: amount.nullish(),
    currency: currency.nullish(),
    refunded_amount: amount.nullish().catch(undefined),
    status: text,
    customer_account_id: text,
    customer_email: text,
    ip_address: text,
    created_at: time,
  }),
  transaction: transactionSchema.nullish(),
  transactions: listIn(transactionSchema),
  device_info: z.object({ user_agent: text }).nullish().catch(undefined),
  order_metadata: metadata,
});
export type OrderEvent = z.infer<typeof orderSchema>;

export const chargebackSchema = z.object({
  order: z.object({ order_id: id, created_at: time }),
  chargeback: z.object({
    id,
    dispute_date: time,
    settlement_date: time,
    amount: amount.nullish(),
    currency: currency.nullish(),
    type: text,
    status: text,
  }),
  chargeback_flow: listIn(z.object({ date: time, updated_date: time })),
});
export type ChargebackEvent = z.infer<typeof chargebackSchema>;

/** https://api-docs.solidgate.com/api/alternative-payment-methods/webhook-paypal-dispute */
export const disputeSchema = z.object({
  dispute_id: id,
  order_id: id,
  /** The subscription, where it is one's. */
  subscription_service_id: namedId,
  created_at: time,
  dispute_create_time: time,
  dispute_update_time: time,
  updated_at: time,
  dispute_amount: amount.nullish(),
  dispute_currency: currency.nullish(),
  dispute_life_cycle_stage: text,
  dispute_outcome: text,
  status: text,
});
export type DisputeEvent = z.infer<typeof disputeSchema>;
