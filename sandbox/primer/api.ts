/** Primer's API on loopback, as far as we use it: the list of payments, and single payments. It answers from events that were added. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PrimerApiOptions {
  readonly keys: readonly string[];
  /** The stand-in's clock, Unix milliseconds: later events have not happened yet. */
  readonly nowMs?: () => number;
  /** The largest page of payments; Primer's limit is 100. */
  readonly mostPerPage?: number;
}

export interface PrimerApi {
  readonly url: string;
  /** Adds events, as webhooks have them, or payments. The latest state of a payment counts. */
  add(...told: readonly Fields[]): void;
  /** The requests so far, oldest first: `GET /payments?…`. */
  readonly requests: readonly string[];
  failNext(times: number, failure: PrimerFailure): void;
  close(): Promise<void>;
}

export type PrimerFailure =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: 'not_json' }
  | { readonly kind: 'drop' };

type Fields = Readonly<Record<string, unknown>>;

export async function startPrimerApi(options: PrimerApiOptions): Promise<PrimerApi> {
  const { mostPerPage = 100, nowMs = Date.now } = options;
  const payments = new Map<string, Fields>();
  const requests: string[] = [];
  const failures: PrimerFailure[] = [];

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const asked = new URL(request.url ?? '/', 'http://127.0.0.1');
    requests.push(`${request.method ?? ''} ${asked.pathname}${asked.search}`);
    const failure = failures.shift();
    if (failure) return fail(response, failure);
    if (!options.keys.includes(String(request.headers['x-api-key']))) return refuse(response, 401, 'Unauthorized');
    if (request.headers['x-api-version'] !== '2.4') return refuse(response, 400, 'UnknownApiVersion');
    if (asked.pathname === '/payments') return listPayments(response, asked.searchParams);
    const [, id = ''] = /^\/payments\/([^/]+)$/.exec(asked.pathname) ?? [];
    const payment = payments.get(decodeURIComponent(id));
    if (!payment) return refuse(response, 404, 'PaymentNotFound');
    send(response, 200, payment);
  }

  /** Newest first; summaries only. */
  function listPayments(response: ServerResponse, query: URLSearchParams): void {
    const limit = Number(query.get('limit') ?? 100);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) return refuse(response, 422, 'ValidationFailed');
    const any = (name: string): readonly string[] => query.getAll(name).flatMap((value) => value.split(','));
    const isAsked = (name: string, value: unknown): boolean => !query.has(name) || any(name).includes(String(value));
    const from = Date.parse(query.get('from_date') ?? '') || 0;
    const to = Math.min(Date.parse(query.get('to_date') ?? '') || Infinity, nowMs());
    const found = [...payments.values()]
      .filter(({ date }) => timeOf(date) >= from && timeOf(date) <= to)
      .filter(({ status, customerId }) => isAsked('status', status) && isAsked('customer_id', customerId))
      .sort((a, b) => timeOf(b.date) - timeOf(a.date));
    const start = Number(Buffer.from(query.get('cursor') ?? '', 'base64url').toString() || 0);
    const data = found.slice(start, start + Math.min(limit, mostPerPage)).map(summaryOf);
    const next = start + data.length;
    send(response, 200, {
      data,
      nextCursor: next < found.length ? cursorOf(next) : null,
      prevCursor: start > 0 ? cursorOf(0) : null,
    });
  }

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // listens on a port
    requests,
    add(...told) {
      for (const one of told) {
        const payment = (one.payment ?? one) as Fields; // webhooks wrap the payment
        payments.set(String(payment.id), payment);
      }
    },
    failNext(times, failure) {
      failures.push(...Array.from({ length: times }, () => failure));
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}

function summaryOf({ id, date, status, orderId, currencyCode, amount, metadata, processor }: Fields): Fields {
  const { name, processorMerchantId } = (processor ?? {}) as Fields; // an object, if present
  return { id, date, status, orderId, currencyCode, amount, processor: { name, processorMerchantId }, metadata };
}

function cursorOf(index: number): string {
  return Buffer.from(String(index)).toString('base64url');
}

function fail(response: ServerResponse, failure: PrimerFailure): void {
  switch (failure.kind) {
    case 'status':
      if (failure.retryAfter !== undefined) response.setHeader('retry-after', failure.retryAfter);
      return refuse(response, failure.status, 'InternalError');
    case 'not_json':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>We are busy</html>');
      return;
    case 'drop':
      response.destroy();
  }
}

/** https://primer.io/docs/api/introduction/api-responses */
function refuse(response: ServerResponse, status: number, errorId: string): void {
  send(response, status, { error: { errorId, description: 'See the id.', diagnosticsId: '1234567890', validationErrors: [] } });
}

function send(response: ServerResponse, status: number, body: Fields): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Primer's times have no zone: they are UTC. */
function timeOf(value: unknown): number {
  const text = typeof value === 'string' ? value : '';
  return Date.parse(/(z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`) || 0;
}
