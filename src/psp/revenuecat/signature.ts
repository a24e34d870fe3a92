import type { Verification, WebhookHeaders } from '../adapter';
import { anyEquals, refused, singleHeader, usable } from '../signature';

/**
 * RevenueCat signs nothing: it sends the text that was set in its dashboard as the whole Authorization header.
 * https://www.revenuecat.com/docs/integrations/webhooks#authorization
 */
export function verifyRevenuecat(headers: WebhookHeaders, secrets: readonly string[]): Verification {
  const expected = usable(secrets).map((secret) => secret.trim());
  if (expected.length === 0) return refused('no authorization header value is configured');
  const header = singleHeader(headers, 'Authorization');
  if (!header.ok) return header;
  return anyEquals(expected, header.value) ? { ok: true } : refused('the Authorization header is none of the configured ones');
}
