import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Verification, WebhookHeaders } from '../adapter';

/** An entry of `FUNNELFOX_WEBHOOK_SECRETS` that is a signing secret: `signing:<secret>`. */
const signingPrefix = 'signing:';

/**
 * FunnelFox sends its secret as it is, in `Fox-Secret-Key`. FunnelFox Billing can sign the body besides ("Webhook signing_secret"): hex
 * HMAC-SHA256 in `FF-Webhook-Signature`. A configured signing secret makes that signature a must, beside the header where a secret for
 * the header is configured too. Neither has a timestamp. https://funnelfox.com/docs/develop/webhooks-billing
 */
export function verifyFunnelfoxWebhook(raw: Buffer, headers: WebhookHeaders, secrets: readonly string[]): Verification {
  const entries = secrets.map((entry) => entry.trim());
  const isSigning = (entry: string): boolean => entry.startsWith(signingPrefix);
  const signing = entries
    .filter(isSigning)
    .map((entry) => entry.slice(signingPrefix.length).trim())
    .filter(isGiven);
  const plain = entries.filter((entry) => isGiven(entry) && !isSigning(entry));
  if (signing.length === 0 && plain.length === 0) return refused('no webhook secret is configured');

  if (signing.length > 0) {
    const signed = verifySignature(raw, headers, signing);
    if (!signed.ok || plain.length === 0) return signed;
  }
  // A plain secret may also be the one that FunnelFox Billing signs with: a signature proves more than the secret itself.
  if (headers['fox-secret-key'] === undefined && headers['ff-webhook-signature'] !== undefined && signing.length === 0) {
    return verifySignature(raw, headers, plain);
  }
  return verifyHeader(headers, plain);
}

function verifyHeader(headers: WebhookHeaders, secrets: readonly string[]): Verification {
  const given = headers['fox-secret-key'];
  if (given === undefined || given === '') return refused('the Fox-Secret-Key header is missing');
  if (typeof given !== 'string') return refused('the Fox-Secret-Key header was sent more than once');
  // Digests are of one length, so that comparing them tells nothing of the secret's.
  const matches = secrets.map((secret) => timingSafeEqual(digest(secret), digest(given)));
  return matches.includes(true) ? { ok: true } : refused('the Fox-Secret-Key header is none of the configured secrets');
}

function verifySignature(raw: Buffer, headers: WebhookHeaders, secrets: readonly string[]): Verification {
  const given = headers['ff-webhook-signature'];
  if (given === undefined || given === '') return refused('the FF-Webhook-Signature header is missing');
  if (typeof given !== 'string') return refused('the FF-Webhook-Signature header was sent more than once');
  const [, hex] = /^(?:sha256=)?([0-9a-f]{64})$/i.exec(given.trim()) ?? [];
  if (hex === undefined) return refused('the FF-Webhook-Signature header is not a SHA-256 in hex');
  const matches = secrets.map((secret) =>
    timingSafeEqual(createHmac('sha256', secret).update(raw).digest(), Buffer.from(hex, 'hex')),
  );
  return matches.includes(true) ? { ok: true } : refused('no signature matches the body and any configured signing secret');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isGiven(secret: string): boolean {
  return secret !== '';
}

function refused(reason: string): Verification {
  return { ok: false, reason };
}
