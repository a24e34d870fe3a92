import { createHmac } from 'node:crypto';
import type { Verification, WebhookHeaders } from '../adapter';
import { anyEquals, anyMatches, hexSignatures, refused, singleHeader } from '../signature';

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
  const header = singleHeader(headers, 'Fox-Secret-Key');
  if (!header.ok) return header;
  return anyEquals(secrets, header.value) ? { ok: true } : refused('the Fox-Secret-Key header is none of the configured secrets');
}

function verifySignature(raw: Buffer, headers: WebhookHeaders, secrets: readonly string[]): Verification {
  const header = singleHeader(headers, 'FF-Webhook-Signature');
  if (!header.ok) return header;
  const given = hexSignatures([header.value.trim().replace(/^sha256=/i, '')]);
  if (given.length === 0) return refused('the FF-Webhook-Signature header is not a SHA-256 in hex');
  const expected = secrets.map((secret) => createHmac('sha256', secret).update(raw).digest());
  return anyMatches(expected, given) ? { ok: true } : refused('no signature matches the body and any configured signing secret');
}

function isGiven(secret: string): boolean {
  return secret !== '';
}
