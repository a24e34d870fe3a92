/**
 * PayPal checks the signature itself: for machines that may not fetch certificates, or on the merchant's wish. Costs a request per
 * webhook, and webhooks wait while PayPal's API is down. Forged webhooks cost a few requests, then one every 10 seconds.
 * https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { VerificationContext } from '../adapter';
import { isPaypalAddress } from './certificates';
import { requestJson } from './http';
import type { Http } from './http';
import type { PaypalTokens } from './oauth';
import { createRequestBudget, strangersBudget } from './request-budget';
import type { RequestBudget } from './request-budget';
import type { Transmission } from './transmission';

export interface OnlineChecks {
  /** Rejects when PayPal can't be asked: it does not answer, or too many webhooks of late were not its own. */
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

export function createOnlineChecks(tokens: PaypalTokens): OnlineChecks {
  const budgets = new Map<string, RequestBudget>();
  const refused = new Set<string>();

  function budgetOf(configured: string): RequestBudget {
    const budget = budgets.get(configured) ?? createRequestBudget(strangersBudget);
    budgets.set(configured, budget);
    return budget;
  }

  return {
    async check(configured, { transmission, raw }, { nowMs, fetch }) {
      const account = accountOf(configured);
      if (!account || !isPaypalAddress(transmission.certificateUrl) || !isJsonObject(raw)) return false;
      const delivery = digest(configured, transmission, raw);
      if (refused.has(delivery)) return false;
      const budget = budgetOf(configured);
      if (!budget.spend(nowMs)) throw new Error('PayPal is not asked now: too many webhooks of late were not its own');

      const http: Http = { baseUrl: account.baseUrl, fetch, nowMs: () => nowMs };
      const answer = await tokens.withToken(http, account.credentials, (token) =>
        requestJson(http, '/v1/notifications/verify-webhook-signature', answerSchema, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: new Uint8Array(question(transmission, account.webhookId, raw)),
        }),
      );
      const isGenuine = answer.verification_status === 'SUCCESS';
      if (isGenuine) budget.giveBack();
      else rememberIn(refused, delivery);
      return isGenuine;
    },
  };
}

const mostRefused = 1_000;

/** The oldest gives way. */
function rememberIn(set: Set<string>, entry: string): void {
  if (set.size >= mostRefused) set.delete(set.values().next().value ?? '');
  set.add(entry);
}

/** The same for the same webhook of the same account, so that a repetition of what PayPal refused is refused without asking. */
function digest(configured: string, { id, time, signature, certificateUrl }: Transmission, raw: Buffer): string {
  const said = [configured, id, time, signature, certificateUrl].join('\n');
  return createHash('sha256').update(`${said}\n`).update(raw).digest('base64url');
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
