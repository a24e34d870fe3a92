/** Schemas of variables: the allowed text, and the value it becomes. */
import { z } from 'zod';

/** The receiver of purchases while TIKTOK_API_URL is not set. */
export { defaultBaseUrl as realTikTokApiUrl } from '../tiktok/endpoint';

/** TikTok's browser script: https://business-api.tiktok.com/portal/docs?id=1739585702922241 */
export const realTikTokPixelUrl = 'https://analytics.tiktok.com/i18n/pixel/events.js';

export const path = z.string();
export const bool = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['true', 'false', '1', '0'], 'must be true or false'))
  .transform((text) => text === 'true' || text === '1');
export const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
  .transform(Number)
  .refine((number) => number <= 65535, 'must be a port number from 0 to 65535');
export const proxyCount = z
  .string()
  .toLowerCase()
  .regex(/^(off|false|\d{1,2})$/, 'must be off or the number of proxies in front of the service')
  .transform((text) => (text === 'off' || text === 'false' ? 0 : Number(text)));
export const positive = z
  .string()
  .regex(/^[1-9]\d{0,6}$/, 'must be a whole number from 1 to 9999999')
  .transform(Number);
/** Longer than a minute is none: an orchestrator has lost patience by then. */
export const seconds = z
  .string()
  .regex(/^([0-9]|[1-5][0-9]|60)$/, 'must be a whole number of seconds from 0 to 60')
  .transform(Number);
export const domainName = z
  .string()
  .toLowerCase()
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$|^localhost$/,
    'must be a domain name, without scheme, port or leading dot',
  );
export const hostName = z.string().regex(/^[A-Za-z0-9.:_-]+$/, 'must be a host name or an IP address, without scheme or port');
export const headerName = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a header, such as X-Forwarded-User');
export const names = z.string().transform((text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
);
export const temporalAddress = z
  .string()
  .regex(/^[A-Za-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-fA-F:]+\](:\d{1,5})?$/, 'must be host:port, without a scheme');
export const webUrl = z
  .string()
  .refine((text) => isUrl(text, ['http:', 'https:']), 'must be an http:// or https:// URL without query')
  .transform((text) => text.replace(/\/+$/, ''));
/** Of somebody else's service: with a query, if that is its address. */
export const webhookUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http:// or https:// URL');
export const postgresUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol), 'must be a postgres:// URL');
export const origins = z.string().transform((text, context) =>
  text.split(',').map((part) => {
    const origin = part.trim();
    if (!isUrl(origin, ['http:', 'https:']) || new URL(origin).pathname !== '/')
      context.addIssue(`must be origins (scheme, host, port) separated by commas; "${origin}" is none`);
    return URL.canParse(origin) ? new URL(origin).origin : origin;
  }),
);

/** Text without quotes around it: an env file may pass its quotes on as part of the value. */
export const unquotedText = z
  .string('must be a string')
  .regex(/^(?!["'`])(?:.*[^"'`])?$/s, { error: 'must be written without quotes', abort: true });

/** A secret of a provider. */
export const secretText = unquotedText.regex(/^[\x21-\x7e]+$/, {
  error: 'must not be empty and must not contain spaces',
  abort: true,
});

/** Of an endpoint at Stripe, not the API key. https://docs.stripe.com/webhooks#verify-official-libraries */
export const stripeSecret = secretText.regex(
  /^whsec_./,
  'must be the signing secret of the endpoint, which begins with whsec_ (an API key, sk_ or rk_, is none)',
);

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#symmetric */
export const standardWebhooksSecret = secretText
  .regex(/^(whsec_)?[A-Za-z0-9+/]{4,}={0,2}$/, 'must be whsec_ and a secret in base64')
  .refine(
    (text) => Buffer.from(text.replace(/^whsec_/, ''), 'base64').length >= 24,
    'must hold at least 24 bytes after whsec_ (make one with: openssl rand -base64 32)',
  );

export function oneOf<const T extends readonly [string, ...string[]]>(values: T): z.ZodType<T[number]> {
  return z.enum(values, `must be one of ${values.join(', ')}`);
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return protocols.includes(url.protocol) && url.search === '' && url.hash === '';
}
