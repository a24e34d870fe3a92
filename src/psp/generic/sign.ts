/** The sender's side of Standard Webhooks, for the samples that this service sends to itself. */
import { createHmac } from 'node:crypto';

/** The three headers of a signed body. `secret` is `whsec_` and base64. */
export function signStandardWebhook(raw: Buffer, secret: string, { id, atSeconds }: { readonly id: string; readonly atSeconds: number }) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${atSeconds}.`).update(raw).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(atSeconds), 'webhook-signature': `v1,${mac}` };
}
