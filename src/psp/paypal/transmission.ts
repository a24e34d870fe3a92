/** The headers by which PayPal signs a webhook. https://developer.paypal.com/api/rest/webhooks/rest/#verify-the-message */
import type { WebhookHeaders } from '../adapter';
import { refused, singleHeader } from '../signature';

export interface Transmission {
  readonly id: string;
  /** When PayPal sent it, as ISO 8601. */
  readonly time: string;
  /** In base64. */
  readonly signature: string;
  readonly certificateUrl: string;
  readonly algorithm: string;
}

type TransmissionRead =
  { readonly ok: true; readonly transmission: Transmission } | { readonly ok: false; readonly reason: string };

/** The form of each header. None may hold the `|` that separates the parts of the signed text. */
const forms: Readonly<Record<string, RegExp>> = {
  'paypal-transmission-id': /^[\w-]{1,100}$/,
  'paypal-transmission-time': /^[\dTZ:.+-]{10,40}$/,
  'paypal-transmission-sig': /^[A-Za-z0-9+/]{40,1400}={0,2}$/,
  'paypal-cert-url': /^[\x21-\x7e]{1,500}$/,
  'paypal-auth-algo': /^SHA256withRSA$/i,
};

/** The headers, each of which must come once and in its form. */
export function transmissionOf(headers: WebhookHeaders): TransmissionRead {
  for (const [name, form] of Object.entries(forms)) {
    const header = singleHeader(headers, name);
    if (!header.ok) return header;
    if (!form.test(header.value)) return refused(`the ${name} header is malformed`);
  }
  const value = (name: string): string => headers[name] as string; // checked above
  return {
    ok: true,
    transmission: {
      id: value('paypal-transmission-id'),
      time: value('paypal-transmission-time'),
      signature: value('paypal-transmission-sig'),
      certificateUrl: value('paypal-cert-url'),
      algorithm: value('paypal-auth-algo'),
    },
  };
}
