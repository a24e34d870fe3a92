import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Verification } from '../adapter';

/**
 * Checks an `X-Signature` header: one HMAC-SHA256 over the raw body in hex, with the webhook's signing secret. There is no
 * timestamp, so nothing is stale; a repeated event changes nothing here.
 * https://docs.lemonsqueezy.com/help/webhooks/signing-requests
 */
export function verifyLemonSqueezySignature(
  raw: Buffer,
  header: string | readonly string[] | undefined,
  secrets: readonly string[],
): Verification {
  const keys = secrets.filter((secret) => secret.trim() !== '');
  if (keys.length === 0) return refused('no signing secret is configured');
  if (header === undefined || header === '') return refused('the X-Signature header is missing');
  if (typeof header !== 'string') return refused('the X-Signature header was sent more than once');
  if (!/^[0-9a-f]{64}$/i.test(header)) return refused('the X-Signature header is no SHA-256 in hex');

  const given = Buffer.from(header, 'hex');
  // Compares with all: how long it takes says nothing of which one matched.
  const matches = keys.map((key) => timingSafeEqual(createHmac('sha256', key).update(raw).digest(), given));
  return matches.includes(true) ? { ok: true } : refused('the signature matches the body with no configured secret');
}

function refused(reason: string): Verification {
  return { ok: false, reason };
}
