/**
 * The fields of Primer's events that we use, of versions 2.1 to 2.4. Junk where a text is expected is left out; junk where money or
 * structure is expected makes the event unreadable. `isVaulted`, a text in Primer's own sample, is not needed.
 * https://primer.io/docs/api-reference/endpoints/v2.4/payment-webhooks/payment-status-update
 */
import { z } from 'zod';
import { listOf } from '../list';
import { currencySchema as currency } from '../money';

const id = z.string().trim().min(1).max(255);
const text = z.string().nullish().catch(undefined);
/** What may be written as a number. */
const textOrNumber = z
  .union([z.string(), z.int().transform(String)])
  .nullish()
  .catch(undefined);
/** In the currency's minor unit. */
const amount = z.int().nonnegative();

export const eventSchema = z.object({ eventType: z.string().min(1), payment: z.unknown().optional() });

const transactionSchema = z.object({
  id: text,
  date: text,
  /** Of a refund with a minus sign or without. */
  amount: z.int().transform(Math.abs).nullish(),
  transactionType: text,
  processorStatus: text,
});
export type Transaction = z.infer<typeof transactionSchema>;

/** Read by `boughtItem`, which takes anything. */
const lineItem = z.object({
  itemId: z.unknown().optional(),
  name: z.unknown().optional(),
  description: z.unknown().optional(),
  amount: z.unknown().optional(),
  quantity: z.unknown().optional(),
  productType: z.unknown().optional(),
});

export const paymentSchema = z.object({
  id,
  date: z.string(),
  status: z.string(),
  amount,
  currencyCode: currency,
  customerId: textOrNumber,
  /** Read by `readMetadata`, which takes anything. */
  metadata: z.unknown().optional(),
  /** https://primer.io/docs/api-reference/get-started/line-items */
  order: z
    .object({ lineItems: listOf(lineItem).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
  paymentMethod: z
    .object({ paymentType: text.transform((type) => type?.toUpperCase()) })
    .nullish()
    .catch(undefined),
  processor: z
    .object({ amountCaptured: amount.nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
  transactions: listOf(transactionSchema).nullish(),
  customer: z.object({ emailAddress: text, mobileNumber: text }).nullish().catch(undefined),
});
export type Payment = z.infer<typeof paymentSchema>;

/** `DISPUTE.OPENED` has neither date nor amount; `DISPUTE.STATUS` has an amount. */
export const disputeSchema = z.object({
  eventType: z.string(),
  paymentId: id,
  processorDisputeId: text,
  type: text,
  status: text,
  amount: amount.nullish().catch(undefined),
  date: text,
  signedAt: text,
});
export type Dispute = z.infer<typeof disputeSchema>;
