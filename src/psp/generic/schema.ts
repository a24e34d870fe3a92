/** The body of the generic webhook, as docs/providers/generic.md and interface.md promise it. */
import { z } from 'zod';
import { purchaseTypes } from '../../domain/fact';
import { isCurrency } from '../../domain/money';

export const kinds = [
  'trial_start',
  'conversion',
  'renewal',
  'one_off',
  'refund',
  'cancelled',
  'ended',
  'payment_failed',
] as const;

/**
 * Some systems number their orders. As part of a workflow's id it has to fit into Temporal's 255 characters of visibility, and no
 * database takes control characters.
 */
const id = z
  .union([z.string(), z.int().transform(String)], 'expected a text')
  .pipe(
    z
      .string()
      .trim()
      .min(1)
      .max(200)
      .regex(/^\P{Cc}*$/u, 'expected a text without control characters'),
  )
  .nullish();

export const genericSchema = z.object({
  kind: z.enum(kinds),
  subscription_id: id,
  money_id: id,
  /** Tells two refunds of one payment apart; ours, beside the documented fields. */
  refund_id: id,
  customer_id: id,
  purchase_type: z.enum(purchaseTypes).nullish(),
  /** A decimal as text; a JSON number is taken as the decimal that it shows. */
  amount: z.union([z.string().trim(), z.number().transform(String)], 'expected a decimal').nullish(),
  currency: z
    .string()
    .transform((code) => code.trim().toUpperCase())
    .refine(isCurrency, 'expected an ISO 4217 currency')
    .nullish(),
  /** With an offset: a local time is no moment. */
  occurred_at: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  metadata: z.unknown().optional(),
});
export type GenericEvent = z.infer<typeof genericSchema>;
