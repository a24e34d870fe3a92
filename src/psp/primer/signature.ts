import { createHmac } from 'node:crypto';
import type { Verification, VerificationContext, WebhookHeaders } from '../adapter';
import { anyMatches, refused, toleranceSeconds, usable } from '../signature';

/**
 * Of the time of signing only the future is refused. Primer does not say whether a later try is signed anew, nor for how long an event
 * can be sent again; and a repetition changes nothing here, so an old one is not worth losing a payment for.
 */
const furthestAheadSeconds = toleranceSeconds;

/**
 * Checks Primer's signatures: base64 of an HMAC-SHA256 over the raw body. For 24 hours after a rotation there is a secondary one,
 * and which of the two belongs to which secret we need not know.
 * https://primer.io/docs/api-reference/get-started/configure-webhooks
 */
export function verifyPrimerSignature(
  raw: Buffer,
  headers: WebhookHeaders,
  secrets: readonly string[],
  { nowMs }: VerificationContext,
): Verification {
  const keys = usable(secrets).map((secret) => secret.trim());
  if (keys.length === 0) return refused('no signing secret is configured');
  const given: Buffer[] = [];
  for (const name of ['x-signature-primary', 'x-signature-secondary']) {
    const value = headers[name];
    if (value === undefined || value === '') continue;
    if (typeof value !== 'string') return refused(`the ${name} header was sent more than once`);
    if (/^[A-Za-z0-9+/]{43}=$/.test(value)) given.push(Buffer.from(value, 'base64'));
  }
  if (given.length === 0) return refused('the x-signature-primary header is missing, or is no SHA-256 in base64');
  const expected = keys.map((key) => createHmac('sha256', key).update(raw).digest());
  if (!anyMatches(expected, given)) return refused('no signature matches the body and any configured secret');

  const signedAt = signedAtOf(raw);
  if (signedAt === null) return { ok: true };
  const isAhead = signedAt - Math.floor(nowMs / 1000) > furthestAheadSeconds;
  return isAhead ? refused('it was signed in the future') : { ok: true };
}

/** Unix seconds as a text, signed with the rest. Older versions, disputes and tests have none. */
function signedAtOf(raw: Buffer): number | null {
  try {
    const body: unknown = JSON.parse(raw.toString('utf8'));
    const value = typeof body === 'object' && body !== null && 'signedAt' in body ? body.signedAt : null;
    const text = typeof value === 'number' ? String(value) : value;
    return typeof text === 'string' && /^\d{1,12}$/.test(text) ? Number(text) : null;
  } catch {
    return null; // a body that is not JSON is refused later
  }
}
