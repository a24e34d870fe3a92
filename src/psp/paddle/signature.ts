import { createHmac } from 'node:crypto';
import type { Verification, VerificationContext, WebhookHeaders } from '../adapter';
import { anyMatches, hexSignatures, namedParts, refused, singleHeader, usable, withinTolerance } from '../signature';

/**
 * Checks a `Paddle-Signature` header: `ts=<seconds>;h1=<hex>[;h1=<hex>]`, an HMAC-SHA256 over `ts:rawBody` with the destination's
 * secret (`pdl_ntfset_…`, as it is). Paddle may send several h1 values while a secret is being rotated; any of them may match.
 * Paddle's own libraries allow 5 s, which a queue or a clock that is a little off exceeds; a repeated event changes nothing here.
 * https://developer.paddle.com/webhooks/about/signature-verification
 */
export function verifyPaddleSignature(
  raw: Buffer,
  headers: WebhookHeaders,
  secrets: readonly string[],
  { nowMs }: VerificationContext,
): Verification {
  const keys = usable(secrets);
  if (keys.length === 0) return refused('no signing secret is configured');
  const header = singleHeader(headers, 'Paddle-Signature');
  if (!header.ok) return header;

  const valuesOf = namedParts(header.value, ';');
  const timestamps = valuesOf('ts');
  const signatures = valuesOf('h1');
  const [timestamp] = timestamps;
  if (timestamp === undefined) return refused('the Paddle-Signature header has no timestamp');
  if (timestamps.length > 1) return refused('the Paddle-Signature header has several timestamps');
  if (!/^\d{1,12}$/.test(timestamp)) return refused('the timestamp of the Paddle-Signature header is not a number');
  if (signatures.length === 0) return refused('the Paddle-Signature header has no h1 signature');

  const fresh = withinTolerance(timestamp, nowMs);
  if (!fresh.ok) return fresh;

  const given = hexSignatures(signatures);
  if (given.length === 0) return refused('no h1 signature is a SHA-256 in hex');
  const expected = keys.map((key) => createHmac('sha256', key).update(`${timestamp}:`).update(raw).digest());
  return anyMatches(expected, given) ? { ok: true } : refused('no signature matches the body and any configured secret');
}
