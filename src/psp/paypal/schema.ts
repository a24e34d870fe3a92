/**
 * The fields of PayPal's events that we use, of Subscriptions v1, Orders and Payments v2, and the sales of Payments v1. Junk where a
 * text is expected is left out; junk where money or structure is expected makes the event unreadable.
 * https://developer.paypal.com/api/rest/webhooks/event-names/
 */
import { z } from 'zod';
import { moneySchema, saleAmountSchema } from './amounts';
import { listOf } from '../list';

const id = z.string().trim().min(1).max(255);
const text = z.string().nullish().catch(undefined);
const count = z.int().nonnegative().nullish().catch(undefined);
const optionalMoney = moneySchema.nullish().catch(undefined);

const linkSchema = z.object({ href: z.string(), rel: text });
const links = z
  .array(z.unknown())
  .nullish()
  .catch(undefined)
  .transform((list) => (list ?? []).flatMap((link) => linkSchema.safeParse(link).data ?? []));
export type Link = z.infer<typeof linkSchema>;

export const eventSchema = z.object({
  id: text,
  event_type: z.string().min(1),
  create_time: text,
  resource: z.unknown().optional(),
});
export type PaypalEvent = z.infer<typeof eventSchema>;

/** https://developer.paypal.com/docs/api/payments/v1/#definition-sale */
export const saleSchema = z.object({
  id,
  amount: saleAmountSchema,
  create_time: text,
  update_time: text,
  billing_agreement_id: id.nullish(),
  parent_payment: text,
  custom: text,
  custom_id: text,
});
export type Sale = z.infer<typeof saleSchema>;

/** A refund of a sale, or its reversal; a reversal may come as the sale itself. */
export const saleRefundSchema = z.object({
  id,
  sale_id: text,
  amount: saleAmountSchema,
  state: text,
  create_time: text,
  update_time: text,
  billing_agreement_id: text,
  parent_payment: text,
  links,
});
export type SaleRefund = z.infer<typeof saleRefundSchema>;

/** https://developer.paypal.com/docs/api/payments/v2/#definition-capture */
export const captureSchema = z.object({
  id,
  amount: moneySchema,
  create_time: text,
  update_time: text,
  custom_id: text,
  supplementary_data: z
    .object({ related_ids: z.object({ order_id: text }).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
});
export type Capture = z.infer<typeof captureSchema>;

/** https://developer.paypal.com/docs/api/payments/v2/#definition-refund */
export const captureRefundSchema = z.object({
  id,
  amount: moneySchema,
  status: text,
  create_time: text,
  update_time: text,
  supplementary_data: z
    .object({ related_ids: z.object({ capture_id: text }).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
  links,
});
export type CaptureRefund = z.infer<typeof captureRefundSchema>;

const payer = z.object({
  payer_id: text,
  email_address: text,
  phone: z
    .object({ phone_number: z.object({ national_number: text, country_code: text }).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
});

/** https://developer.paypal.com/docs/api/orders/v2/#definition-order */
export const orderSchema = z.object({
  id,
  update_time: text,
  create_time: text,
  payer: payer.nullish().catch(undefined),
  purchase_units: listOf(
    z.object({
      custom_id: text,
      items: z.unknown().optional(),
      payments: z
        .object({ captures: listOf(z.object({ id, status: text })).nullish() })
        .nullish()
        .catch(undefined),
    }),
  )
    .nullish()
    .catch(undefined),
});
export type Order = z.infer<typeof orderSchema>;

const cycleExecution = z.object({
  tenure_type: z.string(),
  sequence: count,
  cycles_completed: count,
  cycles_remaining: count,
  total_cycles: count,
});
export type CycleExecution = z.infer<typeof cycleExecution>;

/** A cycle of a plan: from the API on request, or from events if the merchant overrode it. */
const billingCycle = z.object({
  tenure_type: z.string(),
  sequence: count,
  total_cycles: count,
  frequency: z.object({ interval_unit: text, interval_count: count }).nullish().catch(undefined),
  pricing_scheme: z
    .object({
      fixed_price: optionalMoney,
      tiers: listOf(z.object({ amount: optionalMoney }))
        .nullish()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
});
export type BillingCycle = z.infer<typeof billingCycle>;

/** https://developer.paypal.com/docs/api/subscriptions/v1/#definition-subscription. Agreements of before 2019 have other fields. */
export const subscriptionSchema = z.object({
  id,
  status: text,
  status_update_time: text,
  create_time: text,
  start_time: text,
  update_time: text,
  plan_id: text,
  /** A number of goods, as a text. */
  quantity: z.coerce.number().pipe(z.int().positive()).nullish().catch(undefined),
  custom_id: text,
  subscriber: z.object({ email_address: text, payer_id: text }).nullish().catch(undefined),
  payer: z
    .object({ payer_info: z.object({ email: text, payer_id: text }).nullish() })
    .nullish()
    .catch(undefined),
  billing_info: z
    .object({
      outstanding_balance: optionalMoney,
      cycle_executions: listOf(cycleExecution).nullish().catch(undefined),
      last_payment: z.object({ amount: optionalMoney, time: text }).nullish().catch(undefined),
      last_failed_payment: z.object({ amount: optionalMoney, time: text }).nullish().catch(undefined),
      next_billing_time: text,
    })
    .nullish()
    .catch(undefined),
  plan: z
    .object({
      product_id: z.unknown().optional(),
      name: z.unknown().optional(),
      billing_cycles: listOf(billingCycle).nullish().catch(undefined),
    })
    .nullish()
    .catch(undefined),
});
export type PaypalSubscription = z.infer<typeof subscriptionSchema>;

/** https://developer.paypal.com/docs/api/customer-disputes/v1/#definition-dispute */
export const disputeSchema = z.object({
  dispute_id: id,
  create_time: text,
  update_time: text,
  status: text,
  dispute_life_cycle_stage: text,
  dispute_amount: optionalMoney,
  dispute_outcome: z.object({ outcome_code: text, amount_refunded: optionalMoney }).nullish().catch(undefined),
  disputed_transactions: listOf(z.object({ seller_transaction_id: text, gross_amount: optionalMoney })).nullish(),
});
export type Dispute = z.infer<typeof disputeSchema>;
