/** Paddle's API at its thinnest: one GET, one page, or a `PspApiError`. https://developer.paddle.com/api-reference/overview */
import { z } from 'zod';
import { PspApiError } from '../adapter';
import type { PspApiOptions } from '../adapter';
import { askApi, kindOfStatus, retryAfterMs, withAnyKey } from '../api-http';

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

function ask(options: PspApiOptions, path: string, query: Query): Promise<unknown> {
  return withAnyKey(options.keys, 'no API key of Paddle is configured', (key) => askWith(key, options, path, query));
}

async function askWith(key: string, { baseUrl, fetch, nowMs }: PspApiOptions, path: string, query: Query): Promise<unknown> {
  const { status, headers, body } = await askApi({
    fetch,
    url: `${(baseUrl ?? hostOf(key)).replace(/\/+$/, '')}${path}${searchOf(query)}`,
    init: {
      headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'skip-count': 'true' },
      redirect: 'error',
    },
    errorBodies: 'read',
    unanswered: `GET ${path} of Paddle got no answer`,
  });
  if (status === 200) {
    if (body === undefined) throw new PspApiError('unexpected', `Paddle answered GET ${path} with something else than JSON`);
    return body;
  }
  const error = errorSchema.safeParse(body);
  const code = error.success ? error.data.error.code : null;
  if (status === 404 && code === 'not_found') return null;
  const message = `Paddle answered ${status}${code === null ? '' : ` (${code})`} to GET ${path}`;
  // https://developer.paddle.com/api-reference/about/rate-limiting
  throw new PspApiError(kindOfStatus(status), message, status === 429 ? retryAfterMs(headers, nowMs()) : undefined);
}

function searchOf(query: Query): string {
  const asked = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`;
}

/** Keys say where they belong, those of before May 2025 aside. https://developer.paddle.com/api-reference/about/authentication */
function hostOf(key: string): string {
  return key.startsWith('pdl_sdbx_') ? 'https://sandbox-api.paddle.com' : 'https://api.paddle.com';
}
