import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Verification, WebhookHeaders } from '../adapter';

const toleranceSeconds = 300;

/**
 * Checks a Standard Webhooks signature: `webhook-signature` has one or more `v1,<base64>`, separated by spaces, each an
 * HMAC-SHA256 over `id.timestamp.rawBody`; the key is the base64 after `whsec_`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function verifyStandardWebhook(
  raw: Buffer,
  headers: WebhookHeaders,
  secrets: readonly string[],
  nowMs: number,
): Verification {
  const keys = secrets.map(keyOf).filter((key) => key.length > 0);
  if (keys.length === 0) return refused('no signing secret is configured');

  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    const value = headers[name];
    if (value === undefined || value === '') return refused(`the ${name} header is missing`);
    if (typeof value !== 'string') return refused(`the ${name} header was sent more than once`);
  }
  const id = headers['webhook-id'] as string; // checked above, as are the two below
  const timestamp = headers['webhook-timestamp'] as string;
  const signature = headers['webhook-signature'] as string;

  if (!/^\d{1,12}$/.test(timestamp)) return refused('the webhook-timestamp header is not a number of seconds');
  const aheadSeconds = Number(timestamp) - Math.floor(nowMs / 1000);
  if (aheadSeconds < -toleranceSeconds) return refused('the timestamp is too old');
  if (aheadSeconds > toleranceSeconds) return refused('the timestamp is in the future');

  const given = signature
    .split(' ')
    .filter((part) => /^v1,[A-Za-z0-9+/]{43}=$/.test(part))
    .map((part) => Buffer.from(part.slice('v1,'.length), 'base64'));
  if (given.length === 0) return refused('the webhook-signature header has no v1 signature');
  const expected = keys.map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(raw).digest());
  // Compares all with all: how long it takes says nothing of which one matched.
  const matches = expected.flatMap((mac) => given.map((one) => timingSafeEqual(mac, one)));
  return matches.includes(true) ? { ok: true } : refused('no signature matches the body and any configured secret');
}

/** The key's bytes; empty for a secret that is no base64, which then verifies nothing. */
function keyOf(secret: string): Buffer {
  const encoded = secret.trim().replace(/^whsec_/, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
}

function refused(reason: string): Verification {
  return { ok: false, reason };
}
