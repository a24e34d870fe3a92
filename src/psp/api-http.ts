/**
 * A request to a provider's API, and what the ways in which it can fail mean: what is the same whoever is asked. Messages, and what a
 * provider says with statuses and codes of its own, are its folder's.
 */
import { PspApiError } from './adapter';

export interface ApiRequest {
  /** The http client, which has the time limit. */
  readonly fetch: typeof globalThis.fetch;
  readonly url: string;
  /** A redirect is never followed: the key would go along. `error` takes it for no answer, `manual` for a status like any other. */
  readonly init: RequestInit & { readonly redirect: 'error' | 'manual' };
  /** Whether the provider's errors say more than their status; else their bodies are not read. */
  readonly errorBodies: 'read' | 'dropped';
  /** How the message begins when no answer comes. No ids, no query. */
  readonly unanswered: string;
}

export interface ApiAnswer {
  /** 2xx. */
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  /** Undefined, which no schema of ours takes, for what is not JSON and for what was not read. */
  readonly body: unknown;
}

/** Any answer, whatever its status; `unreachable` when there is none, or when it breaks off. */
export async function askApi({ fetch, url, init, errorBodies, unanswered }: ApiRequest): Promise<ApiAnswer> {
  try {
    const response = await fetch(url, init);
    const { ok, status, headers } = response;
    if (ok || errorBodies === 'read') return { ok, status, headers, body: jsonOf(await response.text()) };
    await response.body?.cancel();
    return { ok, status, headers, body: undefined };
  } catch (cause) {
    throw new PspApiError('unreachable', `${unanswered}: ${nameOf(cause)}`);
  }
}

/** Several keys: the next is asked only where the provider refuses one, as while they are rotated. The first refusal is told. */
export async function withAnyKey<Key, T>(keys: readonly Key[], none: string, ask: (key: Key) => Promise<T>): Promise<T> {
  let refusal: PspApiError | null = null;
  for (const key of keys) {
    try {
      return await ask(key);
    } catch (error) {
      if (!(error instanceof PspApiError) || error.kind !== 'unauthorized') throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? new PspApiError('unauthorized', none);
}

/** What an answer that is no success means, from its status alone. */
export function kindOfStatus(status: number): PspApiError['kind'] {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'unauthorized';
  return status === 408 || status >= 500 ? 'unreachable' : 'unexpected';
}

/** Seconds, or a date; a date that has passed is now. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after') ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `TimeoutError`, `TypeError`: never the message, which may quote the address. */
function nameOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'name' in cause && typeof cause.name === 'string'
    ? cause.name
    : 'unknown';
}
