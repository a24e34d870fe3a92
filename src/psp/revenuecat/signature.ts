import { createHash, timingSafeEqual } from 'node:crypto';
import type { Verification, WebhookHeaders } from '../adapter';

/**
 * RevenueCat signs nothing: it sends the text that was set in its dashboard as the whole Authorization header.
 * https://www.revenuecat.com/docs/integrations/webhooks#authorization
 */
export function verifyRevenuecat(headers: WebhookHeaders, secrets: readonly string[]): Verification {
  const expected = secrets.map((secret) => secret.trim()).filter((secret) => secret !== '');
  if (expected.length === 0) return refused('no authorization header value is configured');
  const given = headers['authorization'];
  if (given === undefined || given === '') return refused('the Authorization header is missing');
  if (typeof given !== 'string') return refused('the Authorization header was sent more than once');
  // Of hashes, so that all are of one length; with all of them: how long it takes says nothing of which one matched.
  const matches = expected.map((secret) => timingSafeEqual(hashOf(secret), hashOf(given)));
  return matches.includes(true) ? { ok: true } : refused('the Authorization header is none of the configured ones');
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refused(reason: string): Verification {
  return { ok: false, reason };
}
