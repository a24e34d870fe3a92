/**
 * Of Paddle's events and entities only the fields that we use. An entity looks the same in a webhook and in the API, so one schema
 * reads both. Everything may be null or absent unless nothing can be said without it. Junk where a text, a date or custom data is
 * expected is left out; junk where money or structure is expected makes the event unreadable.
 * https://developer.paddle.com/webhooks · https://developer.paddle.com/api-reference/transactions/overview
 */
import { z } from 'zod';
import type { ReadingContext } from '../adapter';
import { instantSchema as moment } from '../instants';
import { listOf } from '../list';
import { currencySchema as currency } from '../money';

const id = z.string().min(1);
const reference = id.nullish();
const text = z.string().nullish().catch(undefined);
const flag = z.boolean().nullish().catch(undefined);
/** Digits; a number is taken as the digits that it shows. */
const amount = z
  .union([z.string(), z.int().nonnegative().transform(String)], 'expected an amount')
  .pipe(z.string().regex(/^\d{1,15}$/));
/** What a change gives back is negative. https://developer.paddle.com/changelog/2024/proration-improvements */
const signedAmount = z
  .union([z.string(), z.int().transform(String)], 'expected an amount')
  .pipe(z.string().regex(/^-?\d{1,15}$/));

export const eventSchema = z.object({
  event_type: z.string().min(1),
  occurred_at: moment,
  data: z.unknown(),
});
export type PaddleEvent = z.infer<typeof eventSchema>;

const money = z.object({ amount, currency_code: text }).nullish().catch(undefined);
const cycle = z.object({ interval: text, frequency: z.number().nullish().catch(undefined) });
const span = z.object({ starts_at: moment, ends_at: moment }).nullish().catch(undefined);

const price = z.object({
  id: text,
  name: z.unknown().optional(),
  product_id: z.unknown().optional(),
  unit_price: money,
  billing_cycle: cycle.nullish(),
  /** `unit_price`: paid trials, since June 2026. https://developer.paddle.com/changelog/2026/paid-trials */
  trial_period: cycle.extend({ unit_price: money, requires_payment_method: flag }).nullish(),
});
export type PaddlePrice = z.infer<typeof price>;

const transactionItem = z.object({
  price: price.nullish(),
  price_id: text,
  quantity: z.number().nullish().catch(undefined),
  proration: z
    .object({ rate: z.union([z.string(), z.number().transform(String)]).nullish() })
    .nullish()
    .catch(undefined),
});

export const transactionSchema = z.object({
  id,
  status: text,
  origin: text,
  subscription_id: reference,
  customer_id: reference,
  /** Only in answers of the API, where it is asked for. */
  customer: z.object({ email: text }).nullish().catch(undefined),
  currency_code: currency,
  custom_data: z.unknown().optional(),
  created_at: moment,
  updated_at: moment,
  billed_at: moment,
  billing_period: span,
  items: listOf(transactionItem).nullish(),
  payments: listOf(z.object({ status: text, captured_at: moment }))
    .nullish()
    .catch(undefined),
  details: z.object({
    totals: z.object({
      total: signedAmount.nullish(),
      tax: signedAmount.nullish(),
      credit: amount.nullish().catch(undefined),
      grand_total: amount,
    }),
    line_items: listOf(
      z.object({
        price_id: text,
        product: z.unknown().optional(),
        totals: z
          .object({ total: signedAmount, subtotal: signedAmount.nullish().catch(undefined) })
          .nullish()
          .catch(undefined),
      }),
    )
      .nullish()
      .catch(undefined),
  }),
});
export type PaddleTransaction = z.infer<typeof transactionSchema>;

const change = z.object({ action: text, effective_at: moment }).nullish().catch(undefined);
const subscriptionItem = z.object({
  price: price.nullish().catch(undefined),
  product: z.unknown().optional(),
  quantity: z.number().nullish().catch(undefined),
  trial_dates: span,
});

export const subscriptionSchema = z.object({
  id,
  status: text,
  customer_id: reference,
  currency_code: currency.nullish().catch(undefined),
  custom_data: z.unknown().optional(),
  created_at: moment,
  updated_at: moment,
  started_at: moment,
  paused_at: moment,
  canceled_at: moment,
  /** When the next payment is due; null while the subscription is paused or over. */
  next_billed_at: moment,
  scheduled_change: change,
  /** Only in `subscription.created`: what caused the subscription. Null for a trial that took no payment method. */
  transaction_id: text,
  items: listOf(subscriptionItem).nullish(),
});
export type PaddleSubscription = z.infer<typeof subscriptionSchema>;

export const adjustmentSchema = z.object({
  id,
  action: z.string().min(1),
  status: text,
  transaction_id: id,
  subscription_id: reference,
  customer_id: reference,
  currency_code: currency,
  created_at: moment,
  updated_at: moment,
  totals: z.object({ total: amount }),
});
export type PaddleAdjustment = z.infer<typeof adjustmentSchema>;

/** The reader's knowledge beside the entity. `occurredAtMs`, a last resort, is the time of the webhook's event; the API has none. */
export interface EventContext extends ReadingContext {
  readonly occurredAtMs: number | undefined;
}
