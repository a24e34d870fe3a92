import { createHmac } from 'node:crypto';
import type { Verification, VerificationContext, WebhookHeaders } from '../adapter';
import { anyMatches, refused, singleHeader, withinTolerance } from '../signature';

/**
 * Checks a Standard Webhooks signature, under the names of the specification or under Svix's: `webhook-signature` has one or more `v1,<base64>`, separated by spaces, each an
 * HMAC-SHA256 over `id.timestamp.rawBody`; the key is the base64 after `whsec_`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * https://docs.svix.com/receiving/verifying-payloads/how-manual (`svix-*`)
 */
export function verifyStandardWebhook(
  raw: Buffer,
  headers: WebhookHeaders,
  secrets: readonly string[],
  { nowMs }: VerificationContext,
): Verification {
  const keys = secrets.map(keyOf).filter((key) => key.length > 0);
  if (keys.length === 0) return refused('no signing secret is configured');

  const prefix = prefixIn(headers);
  const id = singleHeader(headers, `${prefix}-id`);
  if (!id.ok) return id;
  const timestamp = singleHeader(headers, `${prefix}-timestamp`);
  if (!timestamp.ok) return timestamp;
  const signature = singleHeader(headers, `${prefix}-signature`);
  if (!signature.ok) return signature;

  if (!/^\d{1,12}$/.test(timestamp.value)) return refused(`the ${prefix}-timestamp header is not a number of seconds`);
  const fresh = withinTolerance(timestamp.value, nowMs);
  if (!fresh.ok) return fresh;

  const given = signature.value
    .split(' ')
    .filter((part) => /^v1,[A-Za-z0-9+/]{43}=$/.test(part))
    .map((part) => Buffer.from(part.slice('v1,'.length), 'base64'));
  if (given.length === 0) return refused(`the ${prefix}-signature header has no v1 signature`);
  const expected = keys.map((key) => createHmac('sha256', key).update(`${id.value}.${timestamp.value}.`).update(raw).digest());
  return anyMatches(expected, given) ? { ok: true } : refused('no signature matches the body and any configured secret');
}

/** Svix's names count where the specification's are absent: the three headers of one signature always have one prefix. */
function prefixIn(headers: WebhookHeaders): 'webhook' | 'svix' {
  const has = (prefix: string): boolean =>
    ['id', 'timestamp', 'signature'].some((part) => headers[`${prefix}-${part}`] !== undefined);
  return !has('webhook') && has('svix') ? 'svix' : 'webhook';
}

/** The key's bytes; empty for a secret that is no base64, which then verifies nothing. */
function keyOf(secret: string): Buffer {
  const encoded = secret.trim().replace(/^whsec_/, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
}
