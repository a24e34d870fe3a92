/**
 * Solidgate's API on loopback: the three reports and the status of a subscription, from the same bodies as webhooks. Signed
 * requests, times in GMT, pages by iterator, a refused signature with 200, as documented.
 * https://api-docs.solidgate.com/api/reports/retrieve-subscriptions
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signSolidgate } from './webhooks';
import type { SolidgateScenarioEvent } from './webhooks';

export interface SolidgateApiOptions {
  /** Accepted key pairs, `public:secret`. */
  readonly keys: readonly string[];
  /** The largest page, whatever limit a request has. */
  readonly pageSize?: number;
}

export interface SolidgateApiFailure {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SolidgateApiRequest {
  readonly path: string;
  readonly merchant: string;
  readonly body: Fields;
}

export interface SolidgateApi {
  readonly url: string;
  /** Adds the bodies of webhooks, whether or not they were sent. */
  add(...told: readonly Pick<SolidgateScenarioEvent, 'event'>[]): void;
  readonly requests: readonly SolidgateApiRequest[];
  /** How the next requests fail. */
  failNext(...failures: readonly SolidgateApiFailure[]): void;
  close(): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Row {
  readonly id: string;
  readonly updatedAt: string;
  readonly fields: Fields;
}

export async function startSolidgateApi({ keys, pageSize = 2_000 }: SolidgateApiOptions): Promise<SolidgateApi> {
  const shelves = {
    'card-orders': new Map<string, Row>(),
    'apm-orders': new Map<string, Row>(),
    subscriptions: new Map<string, Row>(),
  };
  const requests: SolidgateApiRequest[] = [];
  const failures: SolidgateApiFailure[] = [];

  const answerTo = (path: string, body: Fields): Answer => {
    if (path === '/api/v1/subscription/status') return statusOf(shelves.subscriptions, body);
    const shelf = /^\/api\/v1\/(card-orders|apm-orders|subscriptions)$/.exec(path)?.[1];
    if (shelf === undefined) return { status: 404, body: { error: { code: '2.01', message: 'Not found' } } };
    return reportOf(shelf as keyof typeof shelves, shelves, body, pageSize); // one of the names, by the pattern
  };

  const server = createServer((request, response) => {
    void bodyOf(request).then((raw) => {
      const path = request.url ?? '';
      const merchant = String(request.headers.merchant ?? '');
      const isKnown = keys.some((pair) => {
        const signed = signSolidgate(raw, pair);
        return signed.merchant === merchant && signed.signature === request.headers.signature;
      });
      const body = parsed(raw);
      requests.push({ path, merchant, body: body ?? {} });
      const failure = failures.shift();
      if (failure) return send(response, failure.status, failure.headers ?? {}, failure.body ?? '');
      if (request.method !== 'POST') return sendJson(response, { status: 405, body: {} });
      // https://docs.solidgate.com/payments/payments-insights/error-codes/
      if (!isKnown)
        return sendJson(response, { status: 200, body: { error: { code: '1.01', messages: ['Authentication failed'] } } });
      if (!body) return sendJson(response, invalid('body'));
      return sendJson(response, answerTo(path, body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has one

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    add(...told) {
      for (const { event } of told) {
        if ('callback_type' in event) addSubscription(shelves.subscriptions, event);
        else if (isRecord(event.order)) addOrder(shelves['method' in event.order ? 'apm-orders' : 'card-orders'], event);
      }
    },
    failNext(...more) {
      failures.push(...more);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A row has every invoice, and the latest snapshot of the subscription. */
function addSubscription(shelf: Map<string, Row>, event: Fields): void {
  const subscription = event.subscription as Fields;
  const id = String(subscription.id);
  const before = shelf.get(id);
  const updatedAt = String(subscription.updated_at);
  const isOlder = before !== undefined && before.updatedAt > updatedAt;
  const { product_id: product, trial_amount: _amount, trial_currency: _currency, ...rest } = event.product as Fields;
  const invoices = { ...(before?.fields.invoices as Fields | undefined), ...(isOlder ? {} : (event.invoices as Fields)) };
  const fields = { ...subscription, customer: event.customer, product: { id: product, ...rest } };
  shelf.set(
    id,
    isOlder ? { ...before, fields: { ...before.fields, invoices } } : { id, updatedAt, fields: { ...fields, invoices } },
  );
}

function addOrder(shelf: Map<string, Row>, event: Fields): void {
  const order = event.order as Fields;
  const id = String(order.order_id);
  const transactions = Object.values((event.transactions ?? {}) as Record<string, Fields>);
  const times = transactions.map((one) => String(one.updated_at ?? one.created_at)).sort();
  const updatedAt = times.at(-1) ?? String(order.updated_at);
  const fields = { ...order, created_at: times[0], updated_at: updatedAt, transactions, order_metadata: event.order_metadata };
  const before = shelf.get(id);
  if (before === undefined || before.updatedAt <= updatedAt) shelf.set(id, { id, updatedAt, fields });
}

/** The same shape as the webhook's, with the latest invoice, without the callback. */
function statusOf(shelf: Map<string, Row>, { subscription_id: id }: Fields): Answer {
  const row = shelf.get(String(id));
  if (!row) return { status: 404, body: { error: { code: '2.01', message: 'Subscription not found' } } };
  const { customer, product, invoices, ...subscription } = row.fields;
  const { id: productId, ...rest } = product as Fields;
  const latest = Object.entries(invoices as Fields).slice(-1);
  return {
    status: 200,
    body: { subscription, customer, product: { product_id: productId, ...rest }, invoices: Object.fromEntries(latest) },
  };
}

const time = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;
const longestMs = 36 * 86_400_000;

function reportOf(
  name: 'card-orders' | 'apm-orders' | 'subscriptions',
  shelves: Readonly<Record<typeof name, Map<string, Row>>>,
  body: Fields,
  pageSize: number,
): Answer {
  const { date_from: from, date_to: to, limit, next_page_iterator: iterator } = body;
  if (typeof from !== 'string' || !time.test(from)) return invalid('date_from');
  if (typeof to !== 'string' || !time.test(to)) return invalid('date_to');
  if (Date.parse(`${to}Z`) - Date.parse(`${from}Z`) > longestMs) return invalid('date_to');
  const rows = [...shelves[name].values()]
    .filter(({ updatedAt }) => updatedAt >= from && updatedAt <= to)
    .sort((a, b) => (a.updatedAt === b.updatedAt ? (a.id < b.id ? -1 : 1) : a.updatedAt < b.updatedAt ? -1 : 1));
  const offset = typeof iterator === 'string' ? Number(Buffer.from(iterator, 'base64').toString()) : 0;
  const size = Math.min(typeof limit === 'number' ? limit : pageSize, pageSize);
  const page = rows.slice(offset, offset + size);
  const next = offset + size < rows.length ? Buffer.from(String(offset + size)).toString('base64') : null;
  const metadata = { next_page_iterator: next, count: page.length };
  if (name !== 'subscriptions') return { status: 200, body: { orders: page.map(({ fields }) => fields), metadata } };
  return { status: 200, body: { subscriptions: Object.fromEntries(page.map(({ id, fields }) => [id, fields])), metadata } };
}

function invalid(field: string): Answer {
  return { status: 400, body: { error: { code: '2.01', messages: { [field]: ['This value is not valid.'] } } } };
}

function sendJson(response: ServerResponse, { status, body, headers }: Answer): void {
  send(response, status, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));
}

function send(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: string): void {
  response.writeHead(status, headers).end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function parsed(raw: string): Fields | null {
  try {
    const body: unknown = JSON.parse(raw);
    return isRecord(body) ? body : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
