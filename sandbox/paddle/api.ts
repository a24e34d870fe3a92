/**
 * Paddle's API on loopback. It answers from events that were added, the same as the webhooks' bodies. It refuses what Paddle refuses,
 * pages as Paddle pages, and fails on request. https://developer.paddle.com/api-reference/overview
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Entity, PaddleEventBody } from './webhooks';

export interface PaddleApiOptions {
  /** Keys that are accepted. */
  readonly keys: readonly string[];
  readonly nowMs?: () => number;
}

export interface PaddleApiSandbox {
  /** For `PADDLE_API_URL`. */
  readonly url: string;
  /** Adds events, as webhooks have them: each entity as of its latest event, and the event log. */
  add(...events: readonly PaddleEventBody[]): void;
  /** The requests so far, oldest first: path and query. */
  readonly requests: readonly string[];
  failNext(times: number, failure: PaddleFailure): void;
  close(): Promise<void>;
}

export type PaddleFailure =
  | { readonly kind: 'status'; readonly status: number; readonly code?: string; readonly retryAfter?: string }
  /** 200 with this body. */
  | { readonly kind: 'body'; readonly body: string }
  | { readonly kind: 'hang_up' };

/** https://developer.paddle.com/api-reference/about/rate-limiting */
const requestsPerMinute = 240;

export async function startPaddleApi({ keys, nowMs = Date.now }: PaddleApiOptions): Promise<PaddleApiSandbox> {
  const books = new Books();
  const requests: string[] = [];
  const failures: PaddleFailure[] = [];
  let minute = { startMs: -Infinity, count: 0 };

  function answer(req: IncomingMessage, res: ServerResponse): void {
    const url = new URL(req.url ?? '/', 'http://paddle');
    requests.push(`${url.pathname}${url.search}`);
    const failure = failures.shift();
    if (failure) return fail(res, failure);
    const refusal = refusalOf(req, keys);
    if (refusal) return refuse(res, refusal);
    if (nowMs() - minute.startMs >= 60_000) minute = { startMs: nowMs(), count: 0 };
    minute.count += 1;
    if (minute.count > requestsPerMinute) {
      const leftSeconds = Math.ceil((minute.startMs + 60_000 - nowMs()) / 1000);
      return refuse(
        res,
        { status: 429, code: 'too_many_requests', detail: 'IP address exceeded the allowed rate limit.' },
        String(leftSeconds),
      );
    }
    const given = books.answer(url, baseUrl());
    if ('refused' in given) refuse(res, given.refused);
    else send(res, 200, given.body);
  }

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const baseUrl = (): string => `http://127.0.0.1:${port}`;
  return {
    url: baseUrl(),
    add: (...events) => events.forEach((event) => books.add(event)),
    requests,
    failNext: (times, failure) => void failures.push(...Array.from({ length: times }, () => failure)),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** Paddle answers 403 for any fault of a key. https://developer.paddle.com/errors/shared/invalid_token */
function refusalOf({ method, headers }: IncomingMessage, keys: readonly string[]): Refusal | null {
  const { authorization } = headers;
  if (!authorization) return { status: 403, code: 'authentication_missing', detail: 'Authentication header missing.' };
  if (!/^bearer /i.test(authorization)) {
    return { status: 403, code: 'authentication_malformed', detail: 'Authentication header used with incorrect formatting.' };
  }
  if (!keys.includes(authorization.slice('Bearer '.length))) {
    return { status: 403, code: 'invalid_token', detail: 'Invalid or revoked API key.' };
  }
  return method === 'GET' ? null : { status: 405, code: 'method_not_allowed', detail: 'Only reading is built here.' };
}

type Fields = Readonly<Record<string, unknown>>;
type Answer = { readonly body: Fields } | { readonly refused: Refusal };

/** A list endpoint: its items, its parameters, and its largest page. */
interface List {
  readonly items: readonly Entity[];
  readonly filters: readonly string[];
  readonly most: number;
  readonly usual: number;
}

class Books {
  private readonly entities = new Map<string, { readonly entity: Entity; readonly atMs: number; readonly kind: string }>();
  private readonly log = new Map<string, Entity>();

  add(event: PaddleEventBody): void {
    const { event_type: type, occurred_at: at, data } = event;
    this.log.set(event.event_id, { ...withoutNotification(event), id: event.event_id });
    const before = this.entities.get(data.id);
    const atMs = Date.parse(at);
    if (!before || before.atMs <= atMs) this.entities.set(data.id, { entity: data, atMs, kind: type.split('.')[0] ?? '' });
  }

  answer({ pathname, searchParams }: URL, baseUrl: string): Answer {
    const [, path = '', id, more] = pathname.split('/');
    if (path === 'subscriptions' && id && more === undefined) return this.subscription(id);
    const list = id === undefined ? this.list(path) : undefined;
    if (!list) return { refused: { status: 404, code: 'not_found', detail: 'Unable to find requested resource.' } };
    return page(list, { path, params: searchParams, baseUrl }, (entity) => this.withIncluded(entity, searchParams));
  }

  private subscription(id: string): Answer {
    const found = this.entities.get(id);
    if (found?.kind !== 'subscription')
      return { refused: { status: 404, code: 'not_found', detail: `Subscription ${id} not found.` } };
    // Only `subscription.created` has the transaction.
    const entity = Object.fromEntries(Object.entries(found.entity).filter(([name]) => name !== 'transaction_id'));
    return { body: { data: { ...entity, management_urls: null }, meta } };
  }

  private list(path: string): List | undefined {
    const of = (kind: string): readonly Entity[] =>
      [...this.entities.values()].filter((one) => one.kind === kind).map(({ entity }) => entity);
    switch (path) {
      case 'transactions':
        return {
          items: of('transaction'),
          filters: [
            'id',
            'subscription_id',
            'customer_id',
            'status',
            'origin',
            'billed_at',
            'created_at',
            'updated_at',
            'include',
          ],
          most: 30,
          usual: 30,
        };
      case 'adjustments':
        return {
          items: of('adjustment'),
          filters: ['id', 'subscription_id', 'transaction_id', 'customer_id', 'status', 'action'],
          most: 50,
          usual: 10,
        };
      case 'events':
        return {
          items: [...this.log.values()],
          filters: ['event_type'],
          most: 200,
          usual: 50,
        };
      default:
        return undefined;
    }
  }

  private withIncluded(entity: Entity, params: URLSearchParams): Entity {
    const customer = this.entities.get(String(entity['customer_id']));
    return (params.get('include') ?? '').split(',').includes('customer') && customer
      ? { ...entity, customer: customer.entity }
      : entity;
  }
}

/** https://developer.paddle.com/api-reference/about/pagination */
function page(
  list: List,
  { path, params, baseUrl }: { readonly path: string; readonly params: URLSearchParams; readonly baseUrl: string },
  dressed: (entity: Entity) => Entity,
): Answer {
  const bad = [...params.keys()].find((name) => !isKnown(name, list.filters));
  if (bad !== undefined) return { refused: { status: 400, code: 'invalid_field', detail: `Unknown query parameter ${bad}.` } };
  const order = params.get('order_by') ?? 'id[DESC]';
  const isAscending = order === 'id[ASC]';
  if (!isAscending && order !== 'id[DESC]')
    return { refused: { status: 400, code: 'invalid_field', detail: 'order_by: not built here.' } };

  const matching = byAge(list.items.filter(filterOf(params)));
  const ordered = isAscending ? matching : matching.reverse();
  const after = params.get('after');
  const start = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  const perPage = Math.min(Number(params.get('per_page') ?? list.usual), list.most);
  const items = ordered.slice(start, start + perPage);
  const next = new URLSearchParams(params);
  next.set('after', items.at(-1)?.id ?? after ?? '');
  const isEvents = path === 'events';
  const body = {
    data: items.map((entity) => (isEvents ? withoutId(entity) : dressed(entity))),
    meta: {
      ...meta,
      pagination: {
        per_page: perPage,
        next: `${baseUrl}/${path}?${next.toString()}`,
        has_more: start + perPage < ordered.length,
        estimated_total: matching.length,
      },
    },
  };
  return { body };
}

const dateFilter = /^(\w+_at)\[(LT|LTE|GT|GTE)\]$/;

function isKnown(name: string, filters: readonly string[]): boolean {
  return ['after', 'order_by', 'per_page', ...filters].includes(dateFilter.exec(name)?.[1] ?? name);
}

function filterOf(params: URLSearchParams): (entity: Entity) => boolean {
  const tests = [...params].flatMap(([name, value]) => testOf(name, value) ?? []);
  return (entity) => tests.every((test) => test(entity));
}

/** Null for a parameter that filters nothing. */
function testOf(name: string, value: string): ((entity: Entity) => boolean) | null {
  if (['after', 'order_by', 'per_page', 'include'].includes(name)) return null;
  const [, field, operator] = dateFilter.exec(name) ?? [];
  if (field === undefined) {
    const values = value.split(',');
    return (entity) => values.includes(String(entity[name]));
  }
  const limit = Date.parse(value);
  const msOf = (entity: Entity): number => Date.parse(String(entity[field]));
  switch (operator) {
    case 'LT':
      return (entity) => msOf(entity) < limit;
    case 'LTE':
      return (entity) => msOf(entity) <= limit;
    case 'GT':
      return (entity) => msOf(entity) > limit;
    default:
      return (entity) => msOf(entity) >= limit;
  }
}

/** The oldest first. Paddle's ids rise with time; the sandbox's are readable instead, so it sorts by time. */
function byAge(entities: readonly Entity[]): Entity[] {
  return entities
    .map((entity) => ({ entity, ms: Date.parse(String(entity['created_at'] ?? entity['occurred_at'])) }))
    .sort((a, b) => a.ms - b.ms || (a.entity.id < b.entity.id ? -1 : 1))
    .map(({ entity }) => entity);
}

const meta = { request_id: '00000000-0000-0000-0000-000000000000' };

function withoutNotification(event: PaddleEventBody): Fields {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'notification_id'));
}

function withoutId(entity: Entity): Fields {
  return Object.fromEntries(Object.entries(entity).filter(([name]) => name !== 'id'));
}

function fail(res: ServerResponse, failure: PaddleFailure): void {
  switch (failure.kind) {
    case 'hang_up':
      return void res.destroy();
    case 'body':
      return void res.writeHead(200, { 'content-type': 'application/json' }).end(failure.body);
    case 'status':
      return refuse(
        res,
        { status: failure.status, code: failure.code ?? 'internal_error', detail: 'As told.' },
        failure.retryAfter,
      );
  }
}

/** https://developer.paddle.com/api-reference/about/errors */
function refuse(res: ServerResponse, { status, code, detail }: Refusal, retryAfter?: string): void {
  const type = status >= 500 || status === 429 ? 'api_error' : 'request_error';
  const error = { type, code, detail, documentation_url: `https://developer.paddle.com/errors/shared/${code}` };
  if (retryAfter !== undefined) res.setHeader('retry-after', retryAfter);
  send(res, status, { error, meta });
}

function send(res: ServerResponse, status: number, body: Fields): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
