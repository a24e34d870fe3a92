import { verify } from 'node:crypto';
import { dayMs, minuteMs } from '../../domain/duration';
import type { Verification, VerificationContext, WebhookHeaders } from '../adapter';
import type { PaypalCertificates } from './certificates';
import { refused } from '../signature';
import { isOnlineCheck } from './online-check';
import type { OnlineChecks } from './online-check';
import { transmissionOf } from './transmission';
import type { Transmission } from './transmission';

/** PayPal sends for three days what was not taken; the time is that of the first attempt, as far as samples show. */
const oldestMs = 4 * dayMs;
const furthestAheadMs = 5 * minuteMs;

export interface SignatureCheck extends Required<VerificationContext> {
  readonly certificates: PaypalCertificates;
  readonly online: OnlineChecks;
}

/**
 * Checks PayPal's signature: RSA-SHA256 over `id|time|webhookId|crc32(rawBody)`, by the certificate that a header names. The
 * checksum is not keyed, but signed. The "secrets" are webhook ids: not secret, but they tie an event to this webhook of this account.
 * https://developer.paypal.com/api/rest/webhooks/rest/#verify-the-message
 */
export async function verifyPaypalSignature(
  { raw, headers }: { readonly raw: Buffer; readonly headers: WebhookHeaders },
  configured: readonly string[],
  { certificates, online, nowMs, fetch }: SignatureCheck,
): Promise<Verification> {
  // The simulator signs for everybody who has a PayPal account with this literal: https://developer.paypal.com/api/rest/webhooks/simulator/
  const accounts = configured.map((id) => id.trim()).filter((id) => id !== '' && id !== 'WEBHOOK_ID');
  if (accounts.length === 0) return refused('no webhook id is configured');
  const read = transmissionOf(headers);
  if (!read.ok) return read;
  const { transmission } = read;
  const stale = staleness(transmission.time, nowMs);
  if (stale !== null) return refused(stale);

  const ids = accounts.filter((account) => !isOnlineCheck(account));
  const toAsk = accounts.filter(isOnlineCheck);
  let reason = 'no signature matches the body and any configured webhook id';
  if (ids.length > 0) {
    const found = await certificates.keyOf(transmission.certificateUrl, nowMs, fetch);
    if (!found.ok) reason = found.reason;
    else {
      const signature = Buffer.from(transmission.signature, 'base64');
      const isSigned = (id: string): boolean => verify('RSA-SHA256', signedText(transmission, id, raw), found.key, signature);
      if (ids.some(isSigned)) return { ok: true };
    }
  }
  for (const account of toAsk) if (await online.check(account, { transmission, raw }, { nowMs, fetch })) return { ok: true };
  return refused(reason);
}

export function signedText({ id, time }: Pick<Transmission, 'id' | 'time'>, webhookId: string, raw: Uint8Array): Buffer {
  return Buffer.from(`${id}|${time}|${webhookId}|${crc32(raw)}`);
}

function staleness(time: string, nowMs: number): string | null {
  const sentMs = Date.parse(time);
  if (Number.isNaN(sentMs)) return 'the paypal-transmission-time header is not a time';
  if (nowMs - sentMs > oldestMs) return 'the transmission is too old';
  return sentMs - nowMs > furthestAheadMs ? 'the transmission is in the future' : null;
}

/** CRC-32 as zip and PNG have it (`zlib.crc32` came with Node 20.15, later than the oldest Node that this runs on). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffff_ffff) >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let entry = index;
  for (let bit = 0; bit < 8; bit += 1) entry = entry & 1 ? 0xedb8_8320 ^ (entry >>> 1) : entry >>> 1;
  return entry;
});
