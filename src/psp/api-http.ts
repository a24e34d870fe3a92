/** Requests to providers' APIs and the kinds of their failures. A provider's own status codes and messages are read in its folder. */
import { PspApiError } from './adapter';

export interface ApiRequest {
  /** The http client, which has the time limit. */
  readonly fetch: typeof globalThis.fetch;
  readonly url: string;
  /** A redirect is never followed, because the key would go along. `error` counts it as no answer, `manual` as a status like any other. */
  readonly init: RequestInit & { readonly redirect: 'error' | 'manual' };
  /** `read` where an error's body says more than its status; otherwise the body is not read. */
  readonly errorBodies: 'read' | 'dropped';
  /** The beginning of the error message when no answer comes. Must hold no ids and no query. */
  readonly unanswered: string;
}

export interface ApiAnswer {
  /** 2xx. */
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; undefined, which every schema refuses, when the body is not JSON or was not read. */
  readonly body: unknown;
}

/**
 * The provider's answer, whatever its status.
 * @throws {PspApiError} `unreachable`, when no answer comes or when it breaks off.
 */
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

/**
 * Asks with one key after the other, as long as the provider refuses them: during a rotation one of two is refused.
 * @throws {PspApiError} The first refusal, when every key is refused; `unauthorized` with the message `none`, when there is no key.
 */
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

/** The kind of a failure, from the HTTP status alone. */
export function kindOfStatus(status: number): PspApiError['kind'] {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'unauthorized';
  return status === 408 || status >= 500 ? 'unreachable' : 'unexpected';
}

/** The `Retry-After` header, in seconds or as a date, as milliseconds from now; undefined when it is neither. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
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

/** `ECONNREFUSED`, or else `TimeoutError`: the innermost cause that has a code or name of its own, never a message, which may quote the address. */
function nameOf(error: unknown): string {
  const links = causesOf(error);
  const code = links.map((link) => wordOf(link, 'code')).findLast((word) => word !== null);
  const name = links.map((link) => wordOf(link, 'name')).find((word) => word !== null);
  return code ?? name ?? 'unknown';
}

/** The error and its causes, outermost first; of several that were tried (IPv6, IPv4) the first. A circle ends it. */
function causesOf(error: unknown): readonly object[] {
  const links: object[] = [];
  for (let link = error; typeof link === 'object' && link !== null && !links.includes(link);) {
    links.push(link);
    link = link instanceof AggregateError ? (link.errors[0] as unknown) : 'cause' in link ? link.cause : undefined;
  }
  return links;
}

/** As programs write codes and names: no sentence, and no number. */
function wordOf(link: object, key: 'code' | 'name'): string | null {
  const word = (link as Readonly<Record<string, unknown>>)[key];
  return typeof word === 'string' && /^[A-Za-z]\w{2,60}$/.test(word) ? word : null;
}
