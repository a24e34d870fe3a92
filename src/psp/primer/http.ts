/** Requests to Primer's API, and what their failures mean. Messages hold neither credentials nor what was answered. */
import type { z } from 'zod';
import { PspApiError } from '../adapter';
import { askApi, kindOfStatus, retryAfterMs } from '../api-http';
import type { ApiAnswer } from '../api-http';

export interface Http {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly key: string;
  readonly fetch: typeof globalThis.fetch;
  readonly nowMs: () => number;
}

/** Primer does not know it. */
export class NotFound extends PspApiError {}

const version = '2.4';

/**
 * The answer of `path`, read by `schema`.
 * @throws {PspApiError}
 */
export async function getJson<S extends z.ZodType>(http: Http, path: string, schema: S): Promise<z.infer<S>> {
  const where = `GET ${path.split('?')[0] ?? ''}`;
  const answer = await askApi({
    fetch: http.fetch,
    url: `${http.baseUrl}${path}`,
    init: { headers: { 'x-api-key': http.key, 'x-api-version': version }, redirect: 'manual' },
    errorBodies: 'dropped',
    unanswered: 'Primer cannot be reached',
  });
  if (!answer.ok) throw failureOf(answer, where, http.nowMs());
  const parsed = schema.safeParse(answer.body);
  if (!parsed.success) throw new PspApiError('unexpected', `Primer answered ${where} in a shape that is not known`);
  return parsed.data;
}

/** https://primer.io/docs/api/introduction/api-responses */
function failureOf({ status, headers }: ApiAnswer, where: string, nowMs: number): PspApiError {
  const message = `Primer answered ${where} with HTTP ${status}`;
  if (status === 404) return new NotFound('unexpected', message);
  // 425 is too early: it passes.
  const kind = status === 425 ? 'unreachable' : kindOfStatus(status);
  const passes = kind === 'throttled' || kind === 'unreachable';
  return new PspApiError(kind, message, passes ? retryAfterMs(headers, nowMs) : undefined);
}
