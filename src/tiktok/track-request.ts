/**
 * The schema of the body of `POST /event/track/`. TikTok accepts unknown and misspelt fields with code 0, so this schema is strict
 * and every body is checked before it is sent. https://business-api.tiktok.com/portal/docs?id=1771101303285761
 */
import { z } from 'zod';
import { tiktokCurrencies } from './currencies';

const text = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex');
const httpUrl = z.string().regex(/^https?:\/\/[^\s/]/i, 'must be an http(s) URL');

const user = z.strictObject({
  email: sha256.optional(),
  phone: sha256.optional(),
  external_id: sha256.optional(),
  ttclid: text.max(1_000).optional(),
  ttp: text.optional(),
  ip: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').optional(),
  user_agent: text.optional(),
  locale: text.optional(),
});

// The fields of REF's table and example; `content_type` belongs beside them, not into them.
const content = z.strictObject({
  content_id: text,
  content_name: text.optional(),
  content_category: text.optional(),
  quantity: z.int().positive(),
  // Per unit, in the event's currency.
  price: z.number().nonnegative().optional(),
});

const properties = z
  .strictObject({
    content_type: z.literal('product'),
    value: z.number().nonnegative().optional(),
    currency: z.enum(tiktokCurrencies, 'must be a currency that TikTok lists').optional(),
    contents: z.array(content).min(1).optional(),
    content_ids: z.array(text).min(1).optional(),
    num_items: z.int().positive().optional(),
    order_id: text.optional(),
    customer_type: z.enum(['new', 'returning']).optional(),
    predicted_ltv: z.number().nonnegative().optional(),
  })
  .refine(
    ({ contents, content_ids, num_items }) =>
      [content_ids, num_items].every((one) => (one === undefined) === (contents === undefined)),
    'contents, content_ids and num_items come together',
  )
  .refine(
    ({ contents = [], predicted_ltv, currency }) =>
      currency !== undefined || (predicted_ltv === undefined && contents.every(({ price }) => price === undefined)),
    'amounts need a currency',
  )
  .refine((p) => (p.value === undefined) === (p.currency === undefined), 'value and currency come together');

const event = z
  .strictObject({
    event: text,
    // Seconds: a time in milliseconds would lie in the year 50,000.
    event_time: z.int().min(1_000_000_000).max(9_999_999_999),
    event_id: text,
    user,
    page: z.strictObject({ url: httpUrl, referrer: httpUrl.optional() }),
    properties,
    limited_data_use: z.literal(true).optional(),
  })
  // https://business-api.tiktok.com/portal/docs?id=1771101204435970
  .refine((e) => e.limited_data_use === undefined || e.user.ip !== undefined, 'limited_data_use needs user.ip');

const trackRequest = z.strictObject({
  event_source: z.literal('web'),
  event_source_id: text,
  // At the root, beside event_source: https://business-api.tiktok.com/portal/docs?id=1771100984456193
  test_event_code: text.optional(),
  // One event per request: one bad event fails its whole request.
  data: z.tuple([event]),
});

/** A request with exactly one event. */
export type TrackRequest = z.infer<typeof trackRequest>;

/** A body of ours that violates TikTok's documentation: a developer has to act. The message names fields, never values. */
export class InvalidTrackRequest extends Error {
  override readonly name = 'InvalidTrackRequest';
}

/** Returns the body if it matches the schema. @throws InvalidTrackRequest otherwise. */
export function checkTrackRequest(body: unknown): TrackRequest {
  const checked = trackRequest.safeParse(body);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new InvalidTrackRequest(`not sent, the body is not what TikTok documents: ${problems.join('; ')}`);
}
