import { verify } from 'node:crypto';
import { dayMs, minuteMs } from '../../domain/duration';
import type { Verification, VerificationContext, WebhookHeaders } from '../adapter';
import type { PaypalCertificates } from './certificates';
import { refused, singleHeader } from '../signature';
import { crc32 } from './crc32';
import { isOnlineCheck } from './online-check';
import type { OnlineChecks } from './online-check';
import type { Transmission } from './transmission';

/** PayPal retries for three days; the time is that of the first attempt, as far as samples show. */
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

type TransmissionRead =
  { readonly ok: true; readonly transmission: Transmission } | { readonly ok: false; readonly reason: string };

/** What each header looks like. None may hold the `|` that separates what is signed. */
const forms: Readonly<Record<string, RegExp>> = {
  'paypal-transmission-id': /^[\w-]{1,100}$/,
  'paypal-transmission-time': /^[\dTZ:.+-]{10,40}$/,
  'paypal-transmission-sig': /^[A-Za-z0-9+/]{40,1400}={0,2}$/,
  'paypal-cert-url': /^[\x21-\x7e]{1,500}$/,
  'paypal-auth-algo': /^SHA256withRSA$/i,
};

function transmissionOf(headers: WebhookHeaders): TransmissionRead {
  for (const [name, form] of Object.entries(forms)) {
    const header = singleHeader(headers, name);
    if (!header.ok) return header;
    if (!form.test(header.value)) return refused(`the ${name} header is malformed`);
  }
  const said = (name: string): string => headers[name] as string; // checked above
  return {
    ok: true,
    transmission: {
      id: said('paypal-transmission-id'),
      time: said('paypal-transmission-time'),
      signature: said('paypal-transmission-sig'),
      certificateUrl: said('paypal-cert-url'),
      algorithm: said('paypal-auth-algo'),
    },
  };
}

function staleness(time: string, nowMs: number): string | null {
  const sentMs = Date.parse(time);
  if (Number.isNaN(sentMs)) return 'the paypal-transmission-time header is not a time';
  if (nowMs - sentMs > oldestMs) return 'the transmission is too old';
  return sentMs - nowMs > furthestAheadMs ? 'the transmission is in the future' : null;
}
