/**
 * PayPal checks the signature itself: for machines that may not fetch certificates, or on the merchant's wish. Costs a request per
 * webhook, and webhooks wait while PayPal's API is down.
 * https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post
 */
import { z } from 'zod';
import type { VerificationContext } from '../adapter';
import { requestJson } from './http';
import type { Http } from './http';
import { createPaypalTokens } from './oauth';
import type { PaypalTokens } from './oauth';
import type { Transmission } from './transmission';

export interface OnlineChecks {
  /** Rejects when PayPal can't be asked. */
  check(configured: string, webhook: TransmittedWebhook, at: Required<VerificationContext>): Promise<boolean>;
}

export interface TransmittedWebhook {
  readonly transmission: Transmission;
  readonly raw: Buffer;
}

/** A webhook id that stands in an address together with credentials is to be checked by PayPal at that address. */
export function isOnlineCheck(configured: string): boolean {
  return /^https?:\/\//i.test(configured);
}

export function createOnlineChecks(): OnlineChecks {
  const tokensOf = new Map<string, PaypalTokens>();
  return {
    async check(configured, { transmission, raw }, { nowMs, fetch }) {
      const account = accountOf(configured);
      if (!account || !isJsonObject(raw)) return false;
      const http: Http = { baseUrl: account.baseUrl, fetch, nowMs: () => nowMs };
      const tokens = tokensOf.get(configured) ?? createPaypalTokens(account.credentials);
      tokensOf.set(configured, tokens);
      const answer = await requestJson(http, '/v1/notifications/verify-webhook-signature', answerSchema, {
        method: 'POST',
        headers: { authorization: `Bearer ${await tokens.token(http)}`, 'content-type': 'application/json' },
        body: question(transmission, account.webhookId, raw),
      });
      return answer.verification_status === 'SUCCESS';
    },
  };
}

const answerSchema = z.object({ verification_status: z.string() });

/** `https://clientId:clientSecret@api-m.paypal.com/webhookId`; http only on this machine. */
function accountOf(configured: string): { baseUrl: string; credentials: string; webhookId: string } | null {
  const url = URL.canParse(configured) ? new URL(configured) : null;
  const webhookId = url?.pathname.slice(1) ?? '';
  if (!url || url.username === '' || url.password === '' || !/^[\w-]+$/.test(webhookId)) return null;
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return null;
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { baseUrl: url.origin, credentials, webhookId };
}

/** The event as it came, byte for byte: parsed and written again it would have another checksum. */
function question(transmission: Transmission, webhookId: string, raw: Buffer): Buffer {
  const said = JSON.stringify({
    auth_algo: transmission.algorithm,
    cert_url: transmission.certificateUrl,
    transmission_id: transmission.id,
    transmission_sig: transmission.signature,
    transmission_time: transmission.time,
    webhook_id: webhookId,
  });
  return Buffer.concat([Buffer.from(`${said.slice(0, -1)},"webhook_event":`), raw, Buffer.from('}')]);
}

/** The body is spliced into the question, so it must be one JSON object: other text could end the event and add another webhook id. */
function isJsonObject(raw: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(raw.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
