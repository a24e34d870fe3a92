/**
 * Of Stripe's objects only the fields that we use, as any API version since 2014 sends them: the merchant's endpoint decides
 * the version, not us. Everything may be null or absent unless nothing can be said without it. Junk where a text or metadata
 * is expected is left out; junk where money or structure is expected makes the event unreadable.
 * https://docs.stripe.com/changelog/basil · https://docs.stripe.com/changelog/endive
 */
import { z } from 'zod';
import { listOf } from '../list';
import { currencySchema as currency } from '../money';

const id = z.string().min(1);
/** A reference: an id, or the object itself where the merchant expands it. */
const reference = z
  .union([id, z.object({ id })])
  .transform((value) => (typeof value === 'string' ? value : value.id))
  .nullish();
const text = z.string().nullish().catch(undefined);
/** Read by `readMetadata`, which takes anything. */
const metadata = z.unknown().optional();
/** Unix seconds, up to the last moment that JavaScript can name. */
const seconds = z.int().min(0).max(8_640_000_000_000);
const amount = z.int();
/** Before 2014-06-17 some lists were plain arrays. */
const list = <T extends z.ZodType>(item: T) =>
  z
    .preprocess((value) => (Array.isArray(value) ? { data: value } : value), z.object({ data: listOf(item).nullish() }).nullish())
    .optional();

export const namedSchema = z.object({ type: z.string().min(1) });

export const eventSchema = namedSchema.extend({
  /** Null for events of very old endpoints. */
  api_version: text,
  created: seconds,
  data: z.object({ object: z.unknown(), previous_attributes: z.unknown().optional() }),
});
export type StripeEvent = z.infer<typeof eventSchema>;

const price = z
  .object({
    id,
    /** The product's id, or the product itself where the merchant expands it. */
    product: z.unknown().optional(),
    nickname: z.unknown().optional(),
    currency: currency.nullish().catch(undefined),
    unit_amount: amount.nullish().catch(undefined),
    billing_scheme: text,
    transform_quantity: z.unknown().optional(),
  })
  .nullish();
/** What a price was before 2020; objects go on having it beside the price. */
const plan = z
  .object({
    id,
    product: z.unknown().optional(),
    nickname: z.unknown().optional(),
    amount: amount.nullish().catch(undefined),
    billing_scheme: text,
    transform_usage: z.unknown().optional(),
  })
  .nullish();
const details = z.object({ subscription: reference, subscription_item: text, proration: z.boolean().nullish() }).nullish();

const lineSchema = z.object({
  amount,
  description: text,
  quantity: z.number().nullish().catch(undefined),
  metadata,
  period: z.object({ start: seconds.nullish(), end: seconds.nullish() }).nullish(),
  /** Before basil. */
  type: text,
  subscription_item: text,
  proration: z.boolean().nullish(),
  price,
  plan,
  /** Since basil. */
  parent: z.object({ subscription_item_details: details, invoice_item_details: details }).nullish(),
  pricing: z
    .object({
      price_details: z.object({ price: reference, product: z.unknown().optional() }).nullish(),
      unit_amount_decimal: z.unknown().optional(),
    })
    .nullish(),
});
export type InvoiceLine = z.infer<typeof lineSchema>;

export const invoiceSchema = z.object({
  id,
  /** Absent before 2018: then `paid` says that what was due is paid. */
  amount_paid: amount.nullish(),
  amount_due: amount.nullish(),
  paid: z.boolean().nullish().catch(undefined),
  total: amount.nullish(),
  total_excluding_tax: amount.nullish(),
  /** Before basil: in the total, or added to it. */
  tax: amount.nullish(),
  currency,
  billing_reason: text,
  status_transitions: z.object({ paid_at: seconds.nullish() }).nullish(),
  lines: list(lineSchema),
  metadata,
  customer: reference,
  /** The buyer as an account, instead of a customer. https://docs.stripe.com/connect/use-accounts-as-customers */
  customer_account: reference.catch(undefined),
  customer_email: text,
  customer_phone: text,
  /** Before basil. */
  paid_out_of_band: z.boolean().nullish(),
  subscription: reference,
  subscription_details: z.object({ metadata }).nullish(),
  charge: reference,
  payment_intent: reference,
  /** Since basil. */
  parent: z.object({ subscription_details: z.object({ subscription: reference, metadata }).nullish() }).nullish(),
  payments: list(z.object({ payment: z.object({ payment_intent: reference, charge: reference }).nullish() })),
});
export type Invoice = z.infer<typeof invoiceSchema>;

export const invoicePaymentSchema = z.object({
  invoice: reference,
  payment: z.object({ payment_intent: reference, charge: reference }).nullish(),
});

export const sessionSchema = z.object({
  id,
  mode: text,
  payment_status: text,
  amount_total: amount.nullish(),
  total_details: z.object({ amount_tax: amount.nullish() }).nullish(),
  currency: currency.nullish(),
  payment_intent: reference,
  invoice: reference,
  /** https://docs.stripe.com/payments/checkout/receipts */
  invoice_creation: z.object({ enabled: z.boolean().nullish() }).nullish().catch(undefined),
  subscription: reference,
  customer: reference,
  customer_account: reference.catch(undefined),
  client_reference_id: text,
  customer_email: text,
  customer_details: z.object({ email: text, phone: text }).nullish(),
  /** Only where the merchant expands them. */
  line_items: list(
    z.object({ description: z.unknown().optional(), quantity: z.unknown().optional(), price: price.catch(undefined) }),
  ).catch(undefined),
  metadata,
});
export type CheckoutSession = z.infer<typeof sessionSchema>;

const chargeOfIntent = z.object({ id, billing_details: z.object({ email: text, phone: text }).nullish() });

export const paymentIntentSchema = z.object({
  id,
  amount_received: amount,
  currency,
  customer: reference,
  customer_account: reference.catch(undefined),
  description: text,
  receipt_email: text,
  metadata,
  latest_charge: reference,
  /** Before 2022-11-15. */
  charges: list(chargeOfIntent),
  /** Before basil: null says that there is none. Since then it is absent, which says nothing. */
  invoice: reference,
  payment_details: z.object({ order_reference: text }).nullish().catch(undefined),
});
export type PaymentIntent = z.infer<typeof paymentIntentSchema>;

const refund = z.object({
  id,
  amount: amount.nonnegative(),
  currency,
  created: seconds.nullish(),
  /** Absent from objects of very old versions, where a refund had succeeded when it was made. */
  status: text,
  charge: reference,
  payment_intent: reference,
});
export const refundSchema = refund;
export type StripeRefund = z.infer<typeof refund>;

export const chargeSchema = z.object({
  id,
  payment_intent: reference,
  /** Before basil. */
  invoice: reference,
  amount: amount.nullish(),
  /** False while a payment is only authorized. */
  captured: z.boolean().nullish(),
  amount_captured: amount.nullish(),
  refunded: z.boolean().nullish(),
  /** Before 2022-11-15 (later only where it is expanded). */
  refunds: list(refund),
});
export type Charge = z.infer<typeof chargeSchema>;

export const disputeSchema = z.object({
  id,
  amount: amount.nonnegative(),
  currency,
  created: seconds.nullish(),
  status: text,
  charge: reference,
  payment_intent: reference,
});
export type Dispute = z.infer<typeof disputeSchema>;

const item = z.object({
  id: text,
  price,
  plan,
  quantity: z.number().nullish().catch(undefined),
  current_period_end: seconds.nullish(),
  /** Trial Offers, since 2026-09-30.endive. */
  current_trial: z.object({ start_date: seconds.nullish(), end_date: seconds.nullish() }).nullish(),
});

export const subscriptionSchema = z.object({
  id,
  status: text,
  created: seconds.nullish(),
  customer: reference,
  customer_account: reference.catch(undefined),
  currency: currency.nullish().catch(undefined),
  metadata,
  trial_start: seconds.nullish(),
  trial_end: seconds.nullish(),
  cancel_at: seconds.nullish(),
  cancel_at_period_end: z.boolean().nullish(),
  ended_at: seconds.nullish(),
  pause_collection: z.unknown().optional(),
  /** Before basil; since then on the items. */
  current_period_end: seconds.nullish(),
  items: list(item),
});
export type StripeSubscription = z.infer<typeof subscriptionSchema>;

/** The subscription before an update; it holds only the fields that changed. */
export const previousSubscriptionSchema = z
  .object({
    status: text,
    cancel_at: z.unknown().optional(),
    cancel_at_period_end: z.unknown().optional(),
    pause_collection: z.unknown().optional(),
    items: list(item.pick({ id: true, price: true, plan: true, current_trial: true })).catch(undefined),
  })
  .catch({
    status: undefined,
    cancel_at: undefined,
    cancel_at_period_end: undefined,
    pause_collection: undefined,
    items: undefined,
  });
