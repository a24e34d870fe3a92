import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Verification } from '../adapter';

/** Paddle's own libraries allow 5 s, which a queue or a clock that is a little off exceeds; a repeated event changes nothing here. */
const toleranceSeconds = 300;

/**
 * Checks a `Paddle-Signature` header: `ts=<seconds>;h1=<hex>[;h1=<hex>]`, an HMAC-SHA256 over `ts:rawBody` with the destination's
 * secret (`pdl_ntfset_…`, as it is). Paddle may send several h1 values while a secret is being rotated; any of them may match.
 * https://developer.paddle.com/webhooks/about/signature-verification
 */
export function verifyPaddleSignature(
  raw: Buffer,
  header: string | readonly string[] | undefined,
  secrets: readonly string[],
  nowMs: number,
): Verification {
  const keys = secrets.filter((secret) => secret.trim() !== '');
  if (keys.length === 0) return refused('no signing secret is configured');
  if (header === undefined || header === '') return refused('the Paddle-Signature header is missing');
  if (typeof header !== 'string') return refused('the Paddle-Signature header was sent more than once');

  const { timestamps, signatures } = parse(header);
  const [timestamp] = timestamps;
  if (timestamp === undefined) return refused('the Paddle-Signature header has no timestamp');
  if (timestamps.length > 1) return refused('the Paddle-Signature header has several timestamps');
  if (!/^\d{1,12}$/.test(timestamp)) return refused('the timestamp of the Paddle-Signature header is not a number');
  if (signatures.length === 0) return refused('the Paddle-Signature header has no h1 signature');

  const aheadSeconds = Number(timestamp) - Math.floor(nowMs / 1000);
  if (aheadSeconds < -toleranceSeconds) return refused('the timestamp is too old');
  if (aheadSeconds > toleranceSeconds) return refused('the timestamp is in the future');

  const given = signatures
    .filter((signature) => /^[0-9a-f]{64}$/i.test(signature))
    .map((signature) => Buffer.from(signature, 'hex'));
  if (given.length === 0) return refused('no h1 signature is a SHA-256 in hex');
  const expected = keys.map((key) => createHmac('sha256', key).update(`${timestamp}:`).update(raw).digest());
  // Compares all with all: how long it takes says nothing of which one matched.
  const matches = expected.flatMap((mac) => given.map((signature) => timingSafeEqual(mac, signature)));
  return matches.includes(true) ? { ok: true } : refused('no signature matches the body and any configured secret');
}

function parse(header: string): { readonly timestamps: readonly string[]; readonly signatures: readonly string[] } {
  const parts = header.split(';').map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? { name: part.trim(), value: '' } : { name: part.slice(0, at).trim(), value: part.slice(at + 1).trim() };
  });
  const valuesOf = (name: string): readonly string[] => parts.filter((part) => part.name === name).map(({ value }) => value);
  return { timestamps: valuesOf('ts'), signatures: valuesOf('h1') };
}

function refused(reason: string): Verification {
  return { ok: false, reason };
}
