import { createHmac } from 'node:crypto';
import type { Verification, VerificationContext, WebhookHeaders } from '../adapter';
import { anyMatches, hexSignatures, namedParts, refused, singleHeader, usable, withinTolerance } from '../signature';

/**
 * Checks a `Stripe-Signature` header: `t=<seconds>,v1=<hex>[,v1=<hex>]`, an HMAC-SHA256 over `t.rawBody` with the endpoint's
 * secret (`whsec_…`, as it is). While a secret is rolled Stripe sends one v1 for each. The tolerance is that of Stripe's libraries;
 * timestamps ahead of the clock, which those accept, are refused.
 * https://docs.stripe.com/webhooks#verify-manually
 */
export function verifyStripeSignature(
  raw: Buffer,
  headers: WebhookHeaders,
  secrets: readonly string[],
  { nowMs }: VerificationContext,
): Verification {
  const keys = usable(secrets);
  if (keys.length === 0) return refused('no signing secret is configured');
  const header = singleHeader(headers, 'Stripe-Signature');
  if (!header.ok) return header;

  const valuesOf = namedParts(header.value, ',');
  const timestamps = valuesOf('t');
  const signatures = valuesOf('v1');
  const [timestamp] = timestamps;
  if (timestamp === undefined) return refused('the Stripe-Signature header has no timestamp');
  if (timestamps.length > 1) return refused('the Stripe-Signature header has several timestamps');
  if (!/^\d{1,12}$/.test(timestamp)) return refused('the timestamp of the Stripe-Signature header is not a number');
  if (signatures.length === 0) return refused('the Stripe-Signature header has no v1 signature');

  const fresh = withinTolerance(timestamp, nowMs);
  if (!fresh.ok) return fresh;

  const given = hexSignatures(signatures);
  if (given.length === 0) return refused('no v1 signature is a SHA-256 in hex');
  const expected = keys.map((key) => createHmac('sha256', key).update(`${timestamp}.`).update(raw).digest());
  return anyMatches(expected, given) ? { ok: true } : refused('no signature matches the body and any configured secret');
}
