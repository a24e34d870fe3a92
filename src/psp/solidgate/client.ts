/** Solidgate's API at its thinnest: one signed POST, one answer, or a `PspApiError`. https://docs.solidgate.com/payments/integrate/access-to-api */
import { z } from 'zod';
import { PspApiError } from '../adapter';
import type { PspApiOptions } from '../adapter';
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
    async post(host, path, body) {
      const [first, ...others] = pairs;
      if (first === undefined)
        throw new PspApiError('unauthorized', 'no API key pair (public:secret) of Solidgate is configured');
      let refusal: unknown;
      // Several keys: the next is asked only where Solidgate refuses one, as while they are rotated.
      for (const pair of [first, ...others]) {
        try {
          return await ask(pair, options, host, path, JSON.stringify(body));
        } catch (error) {
          if (!(error instanceof PspApiError) || error.kind !== 'unauthorized') throw error;
          refusal ??= error;
        }
      }
      throw refusal;
    },
  };
}

/** An error's code also comes with 200. https://docs.solidgate.com/payments/payments-insights/error-codes/ */
const errorSchema = z.object({ error: z.object({ code: z.string().regex(/^\d{1,2}\.\d{1,2}$/) }) });
const authenticationFailed = '1.01';
const invalidData = '2.01';

async function ask(pair: KeyPair, options: PspApiOptions, host: Host, path: string, body: string): Promise<unknown> {
  const { status, headers, text } = await responseOf(pair, options, host, path, body);
  const answer = parsed(text);
  const error = errorSchema.safeParse(answer);
  const code = error.success ? error.data.error.code : null;
  const message = `Solidgate answered ${status}${code === null ? '' : ` (${code})`} to POST ${path}`;
  if (code === authenticationFailed) throw new PspApiError('unauthorized', message);
  if (status === 404) return null;
  if (host === 'subscriptions' && code === invalidData && status < 500) return null;
  // The report is not ready.
  if (status === 204) throw new PspApiError('throttled', message, retryAfterMs(headers, options.nowMs()));
  if (status === 200 && code === null) {
    if (answer === undefined) throw new PspApiError('unexpected', `${message} with something else than JSON`);
    return answer;
  }
  throw new PspApiError(kindOf(status), message, status === 429 ? retryAfterMs(headers, options.nowMs()) : undefined);
}

async function responseOf(
  pair: KeyPair,
  { baseUrl, fetch }: PspApiOptions,
  host: Host,
  path: string,
  body: string,
): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
  const base = (baseUrl ?? `https://${host}.solidgate.com`).replace(/\/+$/, '');
  try {
    const response = await fetch(`${base}/api/v1${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        merchant: pair.publicKey,
        signature: solidgateSignature(pair, body),
      },
      body,
      redirect: 'error',
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (cause) {
    throw new PspApiError(
      'unreachable',
      `POST ${path} of Solidgate got no answer: ${cause instanceof Error ? cause.name : 'unknown'}`,
    );
  }
}

function kindOf(status: number): PspApiError['kind'] {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'unauthorized';
  return status === 408 || status >= 500 ? 'unreachable' : 'unexpected';
}

/** Seconds, or a date. */
function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
