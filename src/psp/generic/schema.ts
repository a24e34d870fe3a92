/** The body of the generic webhook, as docs/providers/generic.md and interface.md promise it. */
import { z } from 'zod';
import { purchaseTypes } from '../../domain/fact';
import { isCurrency } from '../../domain/money';
import { plainText, saysNothing, visibleText } from '../../domain/text';

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

/** Leaves room in Temporal's 255 characters of a workflow's id. */
const maxIdLength = 200;

/** Some systems number their orders. What can't be stored makes the event unreadable: without its id it would be another order's. */
const id = z
  .union([z.string(), z.int().transform(String)], 'expected a text')
  .transform((text, context) => {
    // A script's word for a missing id would make one payment, or one order, of all.
    if (saysNothing(text)) return undefined;
    const id = plainText(text, maxIdLength);
    if (id === undefined) context.addIssue(`expected a text of 1 to ${maxIdLength} characters, without control characters`);
    return id;
  })
  .nullish();

/** ISO 8601 as some languages write it, with all its parts: `2026-11-22 10:00+0200` is `2026-11-22T10:00:00+02:00`. */
function strictIso(text: string): string {
  const [, day = '', time = '', second = ':00', sign = 'Z', offset = ''] = lenientIso.exec(visibleText(text)) ?? [];
  if (day === '') return text;
  return `${day}T${time}${second}${sign}${offset.replace(/^(\d\d):?(\d\d)$/, '$1:$2')}`;
}

const lenientIso = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:\.\d+)?)? ?(?:[Zz]|([+-])(\d\d:?\d\d))$/;

export const genericSchema = z.object({
  kind: z.enum(kinds),
  subscription_id: id,
  money_id: id,
  /** Tells two refunds of one payment apart; ours, beside the documented fields. */
  refund_id: id,
  /** Left out where it is no identifier. */
  customer_id: z.unknown().optional(),
  purchase_type: z.enum(purchaseTypes).nullish(),
  /** A decimal as text; a JSON number is taken as the decimal that it shows. */
  amount: z.union([z.string().trim(), z.number().transform(String)], 'expected a decimal').nullish(),
  currency: z
    .string()
    .transform((code) => code.trim().toUpperCase())
    .refine(isCurrency, 'expected an ISO 4217 currency')
    .nullish(),
  /** With an offset: a local time is no moment. */
  occurred_at: z
    .string()
    .transform(strictIso)
    .pipe(z.iso.datetime({ offset: true }))
    .transform((text) => Date.parse(text)),
  /** What was bought; what is no item is left out. */
  items: z.unknown().optional(),
  metadata: z.unknown().optional(),
});
export type GenericEvent = z.infer<typeof genericSchema>;
