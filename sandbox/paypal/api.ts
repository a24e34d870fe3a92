/**
 * PayPal's API on loopback, as far as we use it: OAuth, the list of webhook events, subscriptions with their transactions, and the
 * verification of a signature. It answers from events that were added, whether or not their webhook was sent.
 */
import { X509Certificate, verify } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signedText } from '../../src/psp/paypal/signature';

export interface PaypalApiOptions {
  /** Accepted credentials, `clientId:clientSecret`. */
  readonly keys: readonly string[];
  /** The stand-in's clock, Unix milliseconds: later events have not happened yet. */
  readonly nowMs?: () => number;
  /** The signer and the webhook id that `verify-webhook-signature` accepts. */
  readonly signer?: { readonly webhookId: string; readonly certificatePem: string };
  /** The largest page of events; PayPal's default is 10. */
  readonly mostPerPage?: number;
}

export interface PaypalApi {
  readonly url: string;
  /** Adds events, as webhooks have them, and plans by their id. */
  add(...more: readonly Fields[]): void;
  /** The requests so far, oldest first: `GET /v1/…`. */
  readonly requests: readonly string[];
  /** Lets the next requests fail in this way, except those for tokens. */
  failNext(times: number, failure: PaypalFailure): void;
  /** Refuses the tokens that were issued so far. */
  revokeTokens(): void;
  close(): Promise<void>;
}

export type PaypalFailure =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: 'not_json' }
  | { readonly kind: 'drop' };

type Fields = Readonly<Record<string, unknown>>;

const keptMs = 30 * 86_400_000;

export async function startPaypalApi(options: PaypalApiOptions): Promise<PaypalApi> {
  const { nowMs = Date.now, mostPerPage = 1_000 } = options;
  const told: Fields[] = [];
  const happened = (): readonly Fields[] => told.filter(({ create_time: time }) => timeOf(time) <= nowMs());
  const plans = new Map<string, Fields>();
  const requests: string[] = [];
  const failures: PaypalFailure[] = [];
  let generation = 1;
  let url = '';

  const token = (): string => `A21AA-${generation}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const asked = new URL(request.url ?? '/', url);
    requests.push(`${request.method ?? ''} ${asked.pathname}${asked.search}`);
    if (asked.pathname === '/v1/oauth2/token') return giveToken(request, response, body);
    const failure = failures.shift();
    if (failure) return fail(response, failure);
    if (request.headers.authorization !== `Bearer ${token()}`) return refuse(response, 401, 'AUTHENTICATION_FAILURE');
    const [, subscription, part] = /^\/v1\/billing\/subscriptions\/([^/]+)(\/transactions)?$/.exec(asked.pathname) ?? [];
    if (asked.pathname === '/v1/notifications/webhooks-events') return listEvents(response, asked);
    if (asked.pathname === '/v1/notifications/verify-webhook-signature') return checkSignature(response, body);
    if (subscription === undefined) return refuse(response, 404, 'RESOURCE_NOT_FOUND');
    if (part === undefined) return showSubscription(response, subscription, asked.searchParams.get('fields'));
    return listTransactions(response, subscription, asked.searchParams);
  }

  function giveToken(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const [scheme, encoded = ''] = (request.headers.authorization ?? '').split(' ');
    const isKnown = scheme === 'Basic' && options.keys.includes(Buffer.from(encoded, 'base64').toString());
    if (!isKnown) return send(response, 401, { error: 'invalid_client', error_description: 'Client Authentication failed' });
    if (body.toString() !== 'grant_type=client_credentials') return send(response, 400, { error: 'unsupported_grant_type' });
    send(response, 200, { access_token: token(), token_type: 'Bearer', expires_in: 32_400 });
  }

  /** https://developer.paypal.com/docs/api/webhooks/v1/#webhooks-events_list: newest first, of the last 30 days. */
  function listEvents(response: ServerResponse, { searchParams: query }: URL): void {
    const from = Math.max(Date.parse(query.get('start_time') ?? '') || 0, nowMs() - keptMs);
    const to = Date.parse(query.get('end_time') ?? '') || Infinity;
    const size = Number(query.get('page_size') ?? 10);
    if (!Number.isInteger(size) || size < 1) return refuse(response, 400, 'VALIDATION_ERROR');
    const start = Number(query.get('start_index') ?? 0);
    const found = happened()
      .filter(({ create_time: time }) => timeOf(time) >= from && timeOf(time) <= to)
      .sort((a, b) => timeOf(b.create_time) - timeOf(a.create_time));
    const page = found.slice(start, start + Math.min(size, mostPerPage));
    const next = start + page.length;
    const link = (rel: string, index: number): Fields => {
      const params = new URLSearchParams([...query].filter(([key]) => key !== 'start_index'));
      params.set('start_index', String(index));
      return {
        href: `https://api-m.sandbox.paypal.com/v1/notifications/webhooks-events?${params.toString()}`,
        rel,
        method: 'GET',
      };
    };
    const links = [link('self', start), ...(next < found.length ? [link('next', next)] : [])];
    send(response, 200, { events: page, count: page.length, links });
  }

  function checkSignature(response: ServerResponse, body: Buffer): void {
    const said = jsonOf(body);
    const marker = Buffer.from('"webhook_event":');
    const at = body.indexOf(marker);
    if (!options.signer || at < 0) return refuse(response, 400, 'VALIDATION_ERROR');
    // The signature covers the bytes, not the parsed event.
    const raw = body.subarray(at + marker.length, body.length - 1);
    const text = signedText(
      { id: String(said.transmission_id), time: String(said.transmission_time) },
      String(said.webhook_id),
      raw,
    );
    const key = new X509Certificate(options.signer.certificatePem).publicKey;
    const isSigned = verify('RSA-SHA256', text, key, Buffer.from(String(said.transmission_sig), 'base64'));
    const isOurs = said.webhook_id === options.signer.webhookId;
    send(response, 200, { verification_status: isSigned && isOurs ? 'SUCCESS' : 'FAILURE' });
  }

  function showSubscription(response: ServerResponse, id: string, fields: string | null): void {
    const words = happened()
      .filter(
        ({ event_type: type, resource }) => String(type).startsWith('BILLING.SUBSCRIPTION.') && fieldsOf(resource).id === id,
      )
      .sort((a, b) => timeOf(a.create_time) - timeOf(b.create_time));
    const newest = words.at(-1);
    if (!newest) return refuse(response, 404, 'RESOURCE_NOT_FOUND');
    const subscription = fieldsOf(newest.resource);
    const plan = fields?.split(',').includes('plan') ? plans.get(String(subscription.plan_id)) : undefined;
    send(response, 200, { ...subscription, ...(plan ? { plan } : {}) });
  }

  /** https://developer.paypal.com/docs/api/subscriptions/v1/#subscriptions_transactions */
  function listTransactions(response: ServerResponse, id: string, query: URLSearchParams): void {
    const from = Date.parse(query.get('start_time') ?? '');
    const to = Date.parse(query.get('end_time') ?? '');
    if (Number.isNaN(from) || Number.isNaN(to)) return refuse(response, 400, 'INVALID_REQUEST');
    const of = (type: string): readonly Fields[] =>
      happened().flatMap(({ event_type: one, resource }) => (one === type ? [fieldsOf(resource)] : []));
    const refunds = of('PAYMENT.SALE.REFUNDED');
    const sales = of('PAYMENT.SALE.COMPLETED').filter((sale) => sale.billing_agreement_id === id);
    const distinct = [...new Map(sales.map((sale) => [sale.id, sale])).values()];
    const transactions = distinct
      .filter(({ create_time: time }) => timeOf(time) >= from && timeOf(time) <= to)
      .map((sale) => {
        const amount = fieldsOf(sale.amount);
        const back = refunds.find((refund) => refund.sale_id === sale.id);
        const isWhole = back && String(fieldsOf(back.amount).total).replace('-', '') === amount.total;
        return {
          id: sale.id,
          status: back ? (isWhole ? 'REFUNDED' : 'PARTIALLY_REFUNDED') : 'COMPLETED',
          time: new Date(timeOf(sale.create_time)).toISOString(),
          amount_with_breakdown: { gross_amount: { currency_code: amount.currency, value: amount.total } },
        };
      });
    send(response, 200, { transactions, total_items: transactions.length, total_pages: 1 });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // listens on a port

  return {
    url,
    requests,
    add(...more) {
      for (const one of more) {
        if (typeof one.event_type === 'string') told.push(one);
        else plans.set(String(one.id), one);
      }
    },
    failNext(times, failure) {
      failures.push(...Array.from({ length: times }, () => failure));
    },
    revokeTokens() {
      generation += 1;
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}

function fail(response: ServerResponse, failure: PaypalFailure): void {
  switch (failure.kind) {
    case 'status':
      if (failure.retryAfter !== undefined) response.setHeader('retry-after', failure.retryAfter);
      return refuse(response, failure.status, failure.status === 429 ? 'RATE_LIMIT_REACHED' : 'INTERNAL_SERVER_ERROR');
    case 'not_json':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>We are busy</html>');
      return;
    case 'drop':
      response.destroy();
  }
}

/** https://developer.paypal.com/api/rest/responses/ */
function refuse(response: ServerResponse, status: number, name: string): void {
  send(response, status, { name, message: 'See the name.', debug_id: 'b1d1f06c7246c', links: [] });
}

function send(response: ServerResponse, status: number, body: Fields): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set
  return Buffer.concat(chunks);
}

function jsonOf(body: Buffer): Fields {
  try {
    return fieldsOf(JSON.parse(body.toString()));
  } catch {
    return {};
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) || 0 : 0;
}
