/** Paddle's API at its thinnest: one GET, one page, or a `PspApiError`. https://developer.paddle.com/api-reference/overview */
import { z } from 'zod';
import { PspApiError } from '../adapter';
import type { PspApiOptions } from '../adapter';

export interface PaddlePage {
  readonly items: readonly unknown[];
  /** The cursor of the next page: the id of this page's last entity. */
  readonly after: string | null;
}

export type Query = Readonly<Record<string, string | undefined>>;

export interface PaddleClient {
  list(path: string, query: Query): Promise<PaddlePage>;
  /** Null when Paddle does not know it. */
  get(path: string): Promise<unknown>;
}

export function paddleClient(options: PspApiOptions): PaddleClient {
  return {
    async list(path, query) {
      const answer = listSchema.safeParse(await ask(options, path, query));
      if (!answer.success) throw new PspApiError('unexpected', `Paddle answered GET ${path} without a list`);
      const { data, meta } = answer.data;
      return { items: data, after: meta.pagination.has_more ? cursorOf(meta.pagination.next, path) : null };
    },
    async get(path) {
      const answer = await ask(options, path, {});
      if (answer === null) return null;
      const one = oneSchema.safeParse(answer);
      if (!one.success) throw new PspApiError('unexpected', `Paddle answered GET ${path} without an entity`);
      return one.data.data;
    },
  };
}

/** https://developer.paddle.com/api-reference/about/pagination */
const listSchema = z.object({
  data: z.array(z.unknown()),
  meta: z.object({ pagination: z.object({ has_more: z.boolean(), next: z.string().nullish() }) }),
});
const oneSchema = z.object({ data: z.record(z.string(), z.unknown()) });
/** https://developer.paddle.com/api-reference/about/errors */
const errorSchema = z.object({ error: z.object({ code: z.string().regex(/^[a-z0-9_]{1,80}$/) }) });

/** `next` is a whole URL. Only its cursor is taken, so that the key goes nowhere but to the configured host. */
function cursorOf(next: string | null | undefined, path: string): string {
  const after = next && URL.canParse(next) ? new URL(next).searchParams.get('after') : null;
  if (!after) throw new PspApiError('unexpected', `Paddle answered GET ${path} with more to come, but no cursor`);
  return after;
}

/** Several keys: the next is asked only where Paddle refuses one, as while they are rotated. */
async function ask(options: PspApiOptions, path: string, query: Query): Promise<unknown> {
  const [first, ...others] = options.keys;
  if (first === undefined) throw new PspApiError('unauthorized', 'no API key of Paddle is configured');
  let refusal: unknown;
  for (const key of [first, ...others]) {
    try {
      return await askWith(key, options, path, query);
    } catch (error) {
      if (!(error instanceof PspApiError) || error.kind !== 'unauthorized') throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

async function askWith(key: string, options: PspApiOptions, path: string, query: Query): Promise<unknown> {
  const { status, headers, text } = await responseOf(key, options, path, query);
  const body = parsed(text);
  if (status === 200) {
    if (body === undefined) throw new PspApiError('unexpected', `Paddle answered GET ${path} with something else than JSON`);
    return body;
  }
  const error = errorSchema.safeParse(body);
  const code = error.success ? error.data.error.code : null;
  if (status === 404 && code === 'not_found') return null;
  const message = `Paddle answered ${status}${code === null ? '' : ` (${code})`} to GET ${path}`;
  throw new PspApiError(kindOf(status), message, status === 429 ? retryAfterMs(headers, options.nowMs()) : undefined);
}

async function responseOf(
  key: string,
  { baseUrl, fetch }: PspApiOptions,
  path: string,
  query: Query,
): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
  const asked = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`;
  try {
    const response = await fetch(`${(baseUrl ?? hostOf(key)).replace(/\/+$/, '')}${path}${search}`, {
      headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'skip-count': 'true' },
      redirect: 'error',
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (cause) {
    throw new PspApiError('unreachable', `GET ${path} of Paddle got no answer: ${nameOf(cause)}`);
  }
}

/** `TimeoutError`, `TypeError`: never the message, which may quote the address. */
function nameOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'name' in cause && typeof cause.name === 'string'
    ? cause.name
    : 'unknown';
}

/** Keys say where they belong, those of before May 2025 aside. https://developer.paddle.com/api-reference/about/authentication */
function hostOf(key: string): string {
  return key.startsWith('pdl_sdbx_') ? 'https://sandbox-api.paddle.com' : 'https://api.paddle.com';
}

function kindOf(status: number): PspApiError['kind'] {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'unauthorized';
  return status === 408 || status >= 500 ? 'unreachable' : 'unexpected';
}

/** Seconds, or a date. https://developer.paddle.com/api-reference/about/rate-limiting */
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
