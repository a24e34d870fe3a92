/**
 * Stripe's API on loopback. It answers from events that were added, the same as the webhooks' bodies. It refuses what Stripe refuses,
 * pages as Stripe pages, and fails on request. Objects keep the API version in which they were added. https://docs.stripe.com/api
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerOf, refusal } from './lists';
import type { StripeAnswer } from './lists';
import { StripeObjects } from './objects';
import type { StripeEventBody } from './webhooks';

export interface StripeApiOptions {
  /** Keys that are accepted. */
  readonly keys: readonly string[];
  readonly nowMs?: () => number;
  /** The largest page, whatever limit a request has. Default: 100, as at Stripe. */
  readonly mostPerPage?: number;
}

export interface StripeApiSandbox {
  /** For `STRIPE_API_URL`. */
  readonly url: string;
  /** Adds events, as webhooks have them, to the event log, and their objects as of the latest event. */
  add(events: readonly StripeEventBody[]): void;
  /** The requests so far, oldest first: path and query, decoded. */
  readonly requests: readonly string[];
  failNext(times: number, failure: StripeApiFailure): void;
  close(): Promise<void>;
}

export type StripeApiFailure =
  /** 429 with the code `rate_limit`, or `lock_timeout` if given. */
  | { readonly kind: 'throttled'; readonly code?: 'rate_limit' | 'lock_timeout'; readonly retryAfter?: string }
  | { readonly kind: 'status'; readonly status: number; readonly code?: string; readonly type?: string }
  /** 200 with this body. */
  | { readonly kind: 'body'; readonly body: string }
  | { readonly kind: 'hang_up' };

export async function startStripeApi({ keys, nowMs = Date.now, mostPerPage = 100 }: StripeApiOptions): Promise<StripeApiSandbox> {
  const objects = new StripeObjects();
  const requests: string[] = [];
  const failures: StripeApiFailure[] = [];

  function answer(req: IncomingMessage, res: ServerResponse): void {
    const url = new URL(req.url ?? '/', 'http://stripe');
    requests.push(decodeURIComponent(`${url.pathname}${url.search}`));
    const failure = failures.shift();
    if (failure) return fail(res, failure);
    send(res, refusalOf(req, keys) ?? answerOf(objects, url, { nowSeconds: Math.floor(nowMs() / 1000), mostPerPage }));
  }

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (events) => objects.add(events),
    requests,
    failNext: (times, failure) => void failures.push(...Array.from({ length: times }, () => failure)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** https://docs.stripe.com/api/authentication */
function refusalOf(req: IncomingMessage, keys: readonly string[]): StripeAnswer | null {
  const key = /^Bearer (\S+)$/.exec(req.headers.authorization ?? '')?.[1];
  if (key === undefined) return refusal(401, { message: 'You did not provide an API key.' });
  if (!keys.includes(key)) return refusal(401, { message: `Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}` });
  if (req.method !== 'GET') return refusal(404, { message: `Unrecognized request URL (${req.method ?? ''}: ${req.url ?? ''}).` });
  const version = req.headers['stripe-version'];
  if (version !== undefined && !/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/.test(String(version))) {
    return refusal(400, { message: `Invalid Stripe API version: ${String(version)}` });
  }
  return null;
}

function fail(res: ServerResponse, failure: StripeApiFailure): void {
  switch (failure.kind) {
    case 'throttled': {
      if (failure.retryAfter !== undefined) res.setHeader('retry-after', failure.retryAfter);
      return send(
        res,
        refusal(429, { code: failure.code ?? 'rate_limit', message: 'Too many requests hit the API too quickly.' }),
      );
    }
    case 'status': {
      const { status, code, type = status >= 500 ? 'api_error' : 'invalid_request_error' } = failure;
      return send(res, refusal(status, { message: 'As the sandbox was told', type, ...(code === undefined ? {} : { code }) }));
    }
    case 'body':
      res.writeHead(200, { 'content-type': 'text/html' }).end(failure.body);
      return;
    case 'hang_up':
      res.destroy();
  }
}

function send(res: ServerResponse, { status, body }: StripeAnswer): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
