/** Requests to PayPal's API, and what their failures mean. Messages hold neither credentials nor what was answered. */
import type { z } from 'zod';
import { PspApiError } from '../adapter';
import { askApi, kindOfStatus, retryAfterMs } from '../api-http';
import type { ApiAnswer } from '../api-http';

export interface Http {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly nowMs: () => number;
}

/** PayPal does not know it. */
export class NotFound extends PspApiError {}

/**
 * The answer of `path`, read by `schema`.
 * @throws {PspApiError}
 */
export async function requestJson<S extends z.ZodType>(
  http: Http,
  path: string,
  schema: S,
  init: RequestInit,
): Promise<z.infer<S>> {
  const answer = await askApi({
    fetch: http.fetch,
    url: `${http.baseUrl}${path}`,
    init: { ...init, redirect: 'manual' },
    errorBodies: 'dropped',
    unanswered: 'PayPal cannot be reached',
  });
  const where = `${init.method ?? 'GET'} ${path.split('?')[0] ?? ''}`;
  if (!answer.ok) throw failureOf(answer, where, http.nowMs());
  const parsed = schema.safeParse(answer.body);
  if (!parsed.success) throw new PspApiError('unexpected', `PayPal answered ${where} in a shape that is not known`);
  return parsed.data;
}

/** https://developer.paypal.com/api/rest/responses/ */
function failureOf({ status, headers }: ApiAnswer, where: string, nowMs: number): PspApiError {
  const message = `PayPal answered ${where} with HTTP ${status}`;
  if (status === 404) return new NotFound('unexpected', message);
  // 425 is too early: it passes.
  const kind = status === 425 ? 'unreachable' : kindOfStatus(status);
  const passes = kind === 'throttled' || kind === 'unreachable';
  return new PspApiError(kind, message, passes ? retryAfterMs(headers, nowMs) : undefined);
}
