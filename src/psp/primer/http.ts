/** Requests to Primer's API, and what their failures mean. Messages hold neither credentials nor what was answered. */
import type { z } from 'zod';
import { PspApiError } from '../adapter';

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

/** What `path` answers, read by `schema`. Rejects with `PspApiError`. */
export async function getJson<S extends z.ZodType>(http: Http, path: string, schema: S): Promise<z.infer<S>> {
  const where = `GET ${path.split('?')[0] ?? ''}`;
  const answer = await request(http, path);
  if (!answer.ok) throw failureOf(answer.response, where, http.nowMs());
  const parsed = schema.safeParse(answer.body);
  if (!parsed.success) throw new PspApiError('unexpected', `Primer answered ${where} in a shape that is not known`);
  return parsed.data;
}

type Answer = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly response: Response };

async function request({ baseUrl, key, fetch }: Http, path: string): Promise<Answer> {
  try {
    const headers = { 'x-api-key': key, 'x-api-version': version };
    const response = await fetch(`${baseUrl}${path}`, { headers, redirect: 'manual' });
    if (response.ok) return { ok: true, body: jsonOf(await response.text()) };
    await response.body?.cancel();
    return { ok: false, response };
  } catch (error) {
    throw new PspApiError('unreachable', `Primer cannot be reached: ${error instanceof Error ? error.name : 'unknown error'}`);
  }
}

/** Undefined, which no schema of ours takes, for what is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** https://primer.io/docs/api/introduction/api-responses */
function failureOf({ status, headers }: Response, where: string, nowMs: number): PspApiError {
  const message = `Primer answered ${where} with HTTP ${status}`;
  const retryAfterMs = retryAfterOf(headers.get('retry-after'), nowMs);
  if (status === 401 || status === 403) return new PspApiError('unauthorized', message);
  if (status === 429) return new PspApiError('throttled', message, retryAfterMs);
  if (status >= 500 || status === 408 || status === 425) return new PspApiError('unreachable', message, retryAfterMs);
  return status === 404 ? new NotFound('unexpected', message) : new PspApiError('unexpected', message);
}

/** Seconds, or a date. */
function retryAfterOf(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const atMs = /^\d{1,9}$/.test(value.trim()) ? nowMs + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
