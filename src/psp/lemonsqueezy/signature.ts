import { createHmac } from 'node:crypto';
import type { Verification, WebhookHeaders } from '../adapter';
import { anyMatches, hexSignatures, refused, singleHeader, usable } from '../signature';

/**
 * Checks an `X-Signature` header: one HMAC-SHA256 over the raw body in hex, with the webhook's signing secret. There is no
 * timestamp, so nothing is stale; a repeated event changes nothing here.
 * https://docs.lemonsqueezy.com/help/webhooks/signing-requests
 */
export function verifyLemonSqueezySignature(raw: Buffer, headers: WebhookHeaders, secrets: readonly string[]): Verification {
  const keys = usable(secrets);
  if (keys.length === 0) return refused('no signing secret is configured');
  const header = singleHeader(headers, 'X-Signature');
  if (!header.ok) return header;
  const given = hexSignatures([header.value]);
  if (given.length === 0) return refused('the X-Signature header is no SHA-256 in hex');

  const expected = keys.map((key) => createHmac('sha256', key).update(raw).digest());
  return anyMatches(expected, given) ? { ok: true } : refused('the signature matches the body with no configured secret');
}
