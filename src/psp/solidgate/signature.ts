import { createHmac } from 'node:crypto';
import type { Verification, WebhookHeaders } from '../adapter';
import { anyMatches, refused, singleHeader } from '../signature';

/** A key pair of an endpoint (`wh_pk_…:wh_sk_…`) or of the API (`api_pk_…:api_sk_…`). */
export interface KeyPair {
  readonly publicKey: string;
  readonly secret: string;
}

/**
 * Checks Solidgate's `merchant` and `signature` headers. The public key in `merchant` selects the pair; it is part of what is signed.
 * The headers' other values are not signed: event type, id and time. So there is no window of time to check.
 * https://docs.solidgate.com/payments/integrate/webhooks · https://api-docs.solidgate.com/api/get-started
 */
export function verifySolidgateSignature(raw: Buffer, headers: WebhookHeaders, secrets: readonly string[]): Verification {
  const pairs = secrets.flatMap((entry) => keyPairOf(entry) ?? []);
  if (pairs.length === 0) return refused('no webhook key pair (public:secret) is configured');
  const merchant = singleHeader(headers, 'merchant');
  if (!merchant.ok) return merchant;
  const signature = singleHeader(headers, 'signature');
  if (!signature.ok) return signature;

  // While a secret is replaced one public key may have two.
  const selected = pairs.filter(({ publicKey }) => publicKey === merchant.value);
  if (selected.length === 0) return refused('the merchant header names no configured key');
  const given = signedHex(signature.value);
  if (!given) return refused('the signature is not the base64 of a SHA-512 in hex');
  const expected = selected.map((pair) => Buffer.from(macOf(pair, raw)));
  return anyMatches(expected, [given])
    ? { ok: true }
    : refused('the signature does not match the body and the configured secret');
}

/** Signs webhooks and requests to the API alike: base64 of the *hex text* of HMAC-SHA512 over public key, body, public key. */
export function solidgateSignature(pair: KeyPair, raw: string | Buffer): string {
  return Buffer.from(macOf(pair, raw)).toString('base64');
}

/** `public:secret`; undefined for what is not such a pair, which then verifies nothing. */
export function keyPairOf(entry: string): KeyPair | undefined {
  const at = entry.indexOf(':');
  const publicKey = entry.slice(0, Math.max(at, 0)).trim();
  const secret = entry.slice(at + 1).trim();
  return publicKey === '' || secret === '' ? undefined : { publicKey, secret };
}

function macOf({ publicKey, secret }: KeyPair, raw: string | Buffer): string {
  return createHmac('sha512', secret).update(publicKey).update(raw).update(publicKey).digest('hex');
}

/** The hex text in a signature, as bytes to compare; null for anything else, whatever its length. */
function signedHex(signature: string): Buffer | null {
  if (!/^[A-Za-z0-9+/]{171}=$/.test(signature)) return null;
  const hex = Buffer.from(signature, 'base64');
  return /^[0-9a-f]{128}$/.test(hex.toString('latin1')) ? hex : null;
}
