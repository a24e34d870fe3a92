/** Stripe's API at its thinnest: one GET, one list or object, or a `PspApiError`. https://docs.stripe.com/api */
import { z } from 'zod';
import { PspApiError } from '../adapter';
import type { PspApiOptions } from '../adapter';
import { askApi, kindOfStatus, retryAfterMs, withAnyKey } from '../api-http';

/**
 * The API version of lists, independent of the account's version: the readers know it from webhooks, and it has `invoice_payments`.
 * Events keep the version in which they were written.
 * https://docs.stripe.com/api/versioning
 */
export const apiVersion = '2025-07-30.basil';

export interface StripePage {
  /** Newest first. */
  readonly items: readonly unknown[];
  /** The id of this page's last object, after which the next page begins. */
  readonly after: string | null;
}

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface StripeClient {
  list(path: string, query: Query): Promise<StripePage>;
  /** `/v1/subscriptions` and an id; null when Stripe does not know it. */
  get(path: string, id: string): Promise<unknown>;
}

export function stripeClient(options: PspApiOptions): StripeClient {
  return {
    async list(path, query) {
      const answer = await ask(options, { path, name: path, query: { ...query, limit: mostPerPage } });
      const page = listSchema.safeParse(answer);
      if (!page.success) throw new PspApiError('unexpected', `Stripe answered GET ${path} without a list`);
      const { data, has_more: hasMore } = page.data;
      return { items: data, after: hasMore ? cursorOf(data, path) : null };
    },
    get: (path, id) =>
      ask(options, { path: `${path}/${encodeURIComponent(id)}`, name: `${path}/…`, query: {}, mayBeUnknown: true }),
  };
}

/** https://docs.stripe.com/api/pagination */
const mostPerPage = '100';
const listSchema = z.object({ object: z.literal('list'), data: z.array(z.unknown()), has_more: z.boolean() });
const withId = z.object({ id: z.string().min(1) });
/** Only the code and the type of an error are shown: its message may repeat the key or the query. https://docs.stripe.com/api/errors */
const word = z.string().regex(/^[a-z0-9_]{1,80}$/);
const errorSchema = z.object({
  error: z.object({ code: word.optional().catch(undefined), type: word.optional().catch(undefined) }),
});

function cursorOf(data: readonly unknown[], path: string): string {
  const last = withId.safeParse(data.at(-1));
  if (!last.success)
    throw new PspApiError('unexpected', `Stripe answered GET ${path} with more to come, but no id to go on from`);
  return last.data.id;
}

interface Question {
  readonly path: string;
  /** The path without ids, for messages. */
  readonly name: string;
  readonly query: Query;
  readonly mayBeUnknown?: boolean;
}

function ask(options: PspApiOptions, question: Question): Promise<unknown> {
  return withAnyKey(options.keys, 'no API key of Stripe is configured', (key) => askWith(key, options, question));
}

async function askWith(
  key: string,
  { baseUrl, fetch, nowMs }: PspApiOptions,
  { path, name, query, mayBeUnknown }: Question,
): Promise<unknown> {
  const { status, headers, body } = await askApi({
    fetch,
    url: `${(baseUrl ?? 'https://api.stripe.com').replace(/\/+$/, '')}${path}${searchOf(query)}`,
    init: {
      headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'stripe-version': apiVersion },
      redirect: 'error',
    },
    errorBodies: 'read',
    unanswered: `GET ${name} of Stripe got no answer`,
  });
  if (status === 200 && body !== undefined) return body;
  const { code, type } = errorSchema.safeParse(body).data?.error ?? {};
  if (status === 404 && code === 'resource_missing' && mayBeUnknown) return null;
  const detail = body === undefined ? 'no JSON' : (code ?? type);
  const message = `Stripe answered ${status}${detail === undefined ? '' : ` (${detail})`} to GET ${name}`;
  const kind = kindOf(status, code, body !== undefined);
  throw new PspApiError(kind, message, kind === 'throttled' ? retryAfterMs(headers, nowMs()) : undefined);
}

function searchOf(query: Query): string {
  const asked = Object.entries(query).flatMap(([name, value]) =>
    (value === undefined ? [] : typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
  );
  return asked.length === 0 ? '' : `?${new URLSearchParams(asked).toString()}`;
}

/**
 * An object that is locked, and too many requests, pass. https://docs.stripe.com/rate-limits#object-lock-timeouts
 * A key that lacks a right is 403: docs/providers/stripe.md names the rights.
 */
function kindOf(status: number, code: string | undefined, isJson: boolean): PspApiError['kind'] {
  if (status === 409 || code === 'lock_timeout' || code === 'rate_limit') return 'throttled';
  const kind = kindOfStatus(status);
  // Stripe answers in JSON; another answer comes from a proxy on the way.
  return kind === 'unexpected' && !isJson ? 'unreachable' : kind;
}
