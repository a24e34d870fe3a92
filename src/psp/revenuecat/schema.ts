/**
 * The fields of RevenueCat's events that we use. Junk where a text is expected is left out; junk where money or structure is expected
 * makes the event unreadable. https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields
 */
import { z } from 'zod';
import { currencySchema as currency } from '../money';

const id = z.union([z.string(), z.int().transform(String)], 'expected a text').pipe(z.string().trim().min(1).max(255));
const text = z.string().nullish().catch(undefined);
/** Unix milliseconds, up to the last moment that JavaScript can name. */
const millis = z.number().transform(Math.floor).pipe(z.int().min(0).max(8_640_000_000_000_000));

/** No currency, like null. */
const blank = z
  .string()
  .regex(/^\s*$/)
  .transform(() => null);

export const bodySchema = z.object({ event: z.unknown() });
export const typeSchema = z.object({ type: z.string().min(1) });

export const eventSchema = z.object({
  type: z.string(),
  event_timestamp_ms: millis,
  app_user_id: text,
  original_app_user_id: text,
  aliases: z.array(z.unknown()).nullish().catch(undefined),
  subscriber_attributes: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  product_id: text,
  /** Of a change, which takes effect with the next period. */
  new_product_id: text,
  offer_code: text,
  period_type: text,
  purchased_at_ms: millis.nullish(),
  expiration_at_ms: millis.nullish(),
  price: z.number().nullish(),
  price_in_purchased_currency: z.number().nullish(),
  currency: z.union([blank, currency]).nullish(),
  tax_percentage: z.number().nullish().catch(undefined),
  transaction_id: id.nullish(),
  original_transaction_id: id.nullish(),
  is_family_share: z.boolean().nullish().catch(undefined),
  is_trial_conversion: z.boolean().nullish().catch(undefined),
  cancel_reason: text,
  expiration_reason: text,
});
export type RevenuecatEvent = z.infer<typeof eventSchema>;
