/** Solidgate's API at its thinnest: one signed POST, one answer, or a `PspApiError`. https://docs.solidgate.com/payments/integrate/access-to-api */
import { z } from 'zod';
import { PspApiError } from '../adapter';
import type { PspApiOptions } from '../adapter';
import { askApi, kindOfStatus, retryAfterMs, withAnyKey } from '../api-http';
import { keyPairOf, solidgateSignature } from './signature';
import type { KeyPair } from './signature';

/** Reports and subscriptions live on hosts of their own; a configured base stands for both. */
export type Host = 'reports' | 'subscriptions';

export interface SolidgateClient {
  /** Null when Solidgate does not know what was asked for. */
  post(host: Host, path: string, body: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export function solidgateClient(options: PspApiOptions): SolidgateClient {
  const pairs = options.keys.flatMap((entry) => keyPairOf(entry) ?? []);
  return {
    post: (host, path, body) =>
      withAnyKey(pairs, 'no API key pair (public:secret) of Solidgate is configured', (pair) =>
        post(pair, options, { host, path, body: JSON.stringify(body) }),
      ),
  };
}

/** An error's code also comes with 200. https://docs.solidgate.com/payments/payments-insights/error-codes/ */
const errorSchema = z.object({ error: z.object({ code: z.string().regex(/^\d{1,2}\.\d{1,2}$/) }) });
const authenticationFailed = '1.01';
const invalidData = '2.01';

async function post(
  pair: KeyPair,
  { baseUrl, fetch, nowMs }: PspApiOptions,
  { host, path, body: sent }: { readonly host: Host; readonly path: string; readonly body: string },
): Promise<unknown> {
  const { status, headers, body } = await askApi({
    fetch,
    url: `${(baseUrl ?? `https://${host}.solidgate.com`).replace(/\/+$/, '')}/api/v1${path}`,
    init: {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        merchant: pair.publicKey,
        signature: solidgateSignature(pair, sent),
      },
      body: sent,
      redirect: 'error',
    },
    errorBodies: 'read',
    unanswered: `POST ${path} of Solidgate got no answer`,
  });
  const error = errorSchema.safeParse(body);
  const code = error.success ? error.data.error.code : null;
  const message = `Solidgate answered ${status}${code === null ? '' : ` (${code})`} to POST ${path}`;
  if (code === authenticationFailed) throw new PspApiError('unauthorized', message);
  if (status === 404) return null;
  if (host === 'subscriptions' && code === invalidData && status < 500) return null;
  // The report is not ready.
  if (status === 204) throw new PspApiError('throttled', message, retryAfterMs(headers, nowMs()));
  if (status === 200 && code === null) {
    if (body === undefined) throw new PspApiError('unexpected', `${message} with something else than JSON`);
    return body;
  }
  throw new PspApiError(kindOfStatus(status), message, status === 429 ? retryAfterMs(headers, nowMs()) : undefined);
}
