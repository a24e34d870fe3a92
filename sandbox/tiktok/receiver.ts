/**
 * A stand-in of TikTok for tests, the demo and a first start. It accepts from servers and pages what TikTok's documents allow, refuses
 * the rest, counts and deduplicates as TikTok does, and fails on request.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import express, { Router, type Request, type Response } from 'express';
import { trackPath } from '../../src/tiktok/endpoint';
import { FailurePlan, failureOrderSchema, type FailureRule, type SandboxFailure } from './failures';
import { bodyText, fieldsOf, numberOf, parsed, textOf } from './fields';
import { Ledger, type Fate, type ReceivedEvent } from './ledger';
import { createLiveViewRouter } from './live-view';
import { createPixelRouter } from './pixel';
import { judge } from './rules';
import { createStatisticsRouter, EventCounts } from './statistics';

export type { FailureRule, SandboxFailure, SandboxRequest } from './failures';
export type { Fate, ReceivedEvent } from './ledger';

export interface TikTokSandboxOptions {
  /** Accepted tokens. Default: any but an empty one. */
  readonly accessTokens?: readonly string[];
  /** Accepted pixel codes. Default: any. */
  readonly pixelCodes?: readonly string[];
  /** The answer for an unknown pixel: no permission (default), or does not exist. */
  readonly unknownPixelCode?: 40001 | 40007;
  /** The number of events to keep. Default: 10,000. */
  readonly maxEvents?: number;
  /** The ad accounts whose counts the tokens may read. Default: any. */
  readonly advertiserIds?: readonly string[];
  readonly nowMs?: () => number;
}

export interface TikTokSandbox {
  /** The latest events, oldest first. */
  events(): ReceivedEvent[];
  /** The number of events by fate, including those no longer kept. */
  counts(): Readonly<Record<Fate, number>>;
  failNext(times: number, failure: SandboxFailure): void;
  /** Fails every request for which the rule says so, until the returned function is called. */
  failWhile(rule: FailureRule): () => void;
  /** The next events of this name are taken, and missing in TikTok's own count. */
  loseNext(eventName: string, times: number): void;
  /** Removes events and failures, and ends hanging requests. */
  reset(): void;
}

/** A router for any path, mounted before the app's own body parsers. Its controls and a live view are under `/_sandbox/`. */
export function createTikTokSandbox(options: TikTokSandboxOptions = {}): TikTokSandbox & { readonly router: Router } {
  const { nowMs = Date.now, maxEvents = 10_000 } = options;
  const counts = new EventCounts();
  const ledger = new Ledger(maxEvents, (event) => counts.add(event));
  const plan = new FailurePlan();
  const hanging = new Set<Response>();
  let requests = 0;
  const nextRequestId = (): string => `sandbox${nowMs()}${String(++requests).padStart(6, '0')}`;

  const sandbox: TikTokSandbox = {
    events: () => ledger.events(),
    counts: () => ledger.counts(),
    failNext: (times, failure) => plan.failNext(times, failure),
    failWhile: (rule) => plan.failWhile(rule),
    loseNext: (eventName, times) => counts.loseNext(eventName, times),
    reset() {
      ledger.reset();
      counts.reset();
      plan.reset();
      for (const response of hanging) response.destroy();
    },
  };

  async function track(req: Request, res: Response): Promise<void> {
    const requestId = nextRequestId();
    const accessToken = req.get('Access-Token') ?? '';
    const body = parsed(req.body);
    ledger.keepRequest(requestId, bodyText(req.body));
    const failure = plan.failureFor({ accessToken, body });
    if (failure !== null) {
      if (failure.kind === 'slow') await delay(failure.delayMs, undefined, { ref: false });
      else if (failure.kind !== 'accept_then_drop') {
        record(body, { requestId, became: 'refused', answered: describe(failure), warnings: [] });
        return perform(failure, res, requestId);
      }
    }
    const verdict = judge(body);
    const refusal = refusalBefore(req, accessToken) ?? verdict.refusal ?? refusalOfPixel(body);
    const { warnings } = verdict;
    if (refusal === null) record(body, { requestId, became: 'accepted', answered: '0: OK', warnings });
    else record(body, { requestId, became: 'refused', answered: `${refusal.code}: ${refusal.message}`, warnings });
    if (failure?.kind === 'accept_then_drop') return drop(res);
    answer(res, {
      status: refusal?.code === 40104 ? 401 : 200,
      code: refusal?.code ?? 0,
      message: refusal?.message ?? 'OK',
      requestId,
    });
  }

  /** Checks that precede the body. An empty token is the only error with a documented (and observed) HTTP 401. */
  function refusalBefore(req: Request, accessToken: string): { code: number; message: string } | null {
    const refusal = refusalOfToken(accessToken);
    if (refusal !== null) return refusal;
    return req.is('application/json') ? null : { code: 40002, message: 'Content-Type: must be application/json' };
  }

  function refusalOfToken(accessToken: string): { code: number; message: string } | null {
    if (accessToken === '') return { code: 40104, message: 'Access token is null, please set your access token in header' };
    if (options.accessTokens !== undefined && !options.accessTokens.includes(accessToken)) {
      return { code: 40105, message: 'Access token is incorrect or has been revoked.' };
    }
    return null;
  }

  function refusalOfPixel(body: unknown): { code: number; message: string } | null {
    const pixelCode = textOf(fieldsOf(body).event_source_id) ?? '';
    if (options.pixelCodes === undefined || options.pixelCodes.includes(pixelCode)) return null;
    return options.unknownPixelCode === 40007
      ? { code: 40007, message: 'event_source_id: does not exist' }
      : { code: 40001, message: 'No permission to operate this pixel' };
  }

  /** Makes one entry per event, or one for a request without events. Only accepted events are deduplicated. */
  function record(body: unknown, { requestId, became, answered, warnings }: Recorded): void {
    const root = fieldsOf(body);
    const events: unknown[] = Array.isArray(root.data) && root.data.length > 0 ? root.data : [null];
    const at = nowMs();
    const pixelCode = textOf(root.event_source_id);
    const testEventCode = textOf(root.test_event_code);
    for (const [index, raw] of events.slice(0, 1_000).entries()) {
      const event = fieldsOf(raw);
      const properties = fieldsOf(event.properties);
      const eventName = textOf(event.event);
      const eventId = textOf(event.event_id);
      const fate: Fate =
        became === 'refused'
          ? 'refused'
          : testEventCode !== null
            ? 'test'
            : ledger.fateOf(pixelCode ?? '', eventName ?? '', eventId, at);
      ledger.add({
        source: 'server',
        at,
        requestId,
        pixelCode,
        testEventCode,
        eventName,
        eventId,
        eventTime: numberOf(event.event_time),
        value: numberOf(properties.value),
        currency: textOf(properties.currency),
        properties,
        user: fieldsOf(event.user),
        pageUrl: textOf(fieldsOf(event.page).url),
        limitedDataUse: event.limited_data_use === true,
        fate,
        answer: answered,
        warnings: warnings.filter((warning) => !warning.startsWith('data.') || warning.startsWith(`data.${index}.`)),
      });
    }
  }

  function perform(
    failure: Exclude<SandboxFailure, { kind: 'slow' | 'accept_then_drop' }>,
    res: Response,
    requestId: string,
  ): void {
    switch (failure.kind) {
      case 'code':
        retryAfter(res, failure.retryAfter);
        return answer(res, {
          status: failure.status ?? 200,
          code: failure.code,
          message: failure.message ?? 'the sandbox was told to fail',
          requestId,
        });
      case 'http':
        retryAfter(res, failure.retryAfter);
        res
          .status(failure.status)
          .type('text/html')
          .send(failure.body ?? '<html>the sandbox was told to fail</html>');
        return;
      case 'hang':
        hanging.add(res);
        res.on('close', () => hanging.delete(res));
        return;
      case 'reset':
        res.socket?.resetAndDestroy();
        return;
    }
  }

  const router = Router({ strict: true });
  router.post(trackPath, express.raw({ type: () => true, limit: '10mb' }), track);
  router.use(
    createStatisticsRouter({
      ...{ counts, nextRequestId },
      refusalOf: refusalOfToken,
      advertiserIds: options.advertiserIds,
      pixelCodes: options.pixelCodes,
    }),
  );
  router.use(createPixelRouter({ ledger, pixelCodes: options.pixelCodes, nowMs, nextRequestId }));
  router.get('/_sandbox/events', ({ query }, res) => {
    const latest = Number(query.latest ?? maxEvents);
    res.json({ items: ledger.events().slice(-latest), counts: ledger.counts() });
  });
  router.get('/_sandbox/requests/:id', ({ params }, res) => {
    const body = ledger.requestOf(params.id);
    if (body === null) return void res.status(404).json({ problem: 'it is gone, or was too long to be kept' });
    res.type('text/plain').send(body);
  });
  router.use(createLiveViewRouter());
  router.post('/_sandbox/fail', express.json(), (req: Request, res: Response) => {
    const order = failureOrderSchema.safeParse(req.body);
    if (!order.success) return void res.status(400).json({ problems: order.error.issues.map((issue) => issue.message) });
    const { failure, times } = order.data;
    if (failure === null) plan.reset();
    else if (times === undefined) plan.failWhile(failure);
    else plan.failNext(times, failure);
    res.status(204).end();
  });
  router.post('/_sandbox/reset', (_req, res) => {
    sandbox.reset();
    res.status(204).end();
  });
  return { ...sandbox, router };
}

export interface RunningTikTokSandbox extends TikTokSandbox {
  /** The value for `TIKTOK_API_URL`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a sandbox with its own server. Default: a free port of the loopback interface. */
export async function startTikTokSandbox(
  options: TikTokSandboxOptions & { readonly port?: number; readonly host?: string } = {},
): Promise<RunningTikTokSandbox> {
  const { port = 0, host = '127.0.0.1' } = options;
  const { router, ...sandbox } = createTikTokSandbox(options);
  const server = createServer(express().disable('x-powered-by').use(router));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    ...sandbox,
    url: `http://${host}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A request's end, as the ledger keeps it. */
interface Recorded {
  readonly requestId: string;
  readonly became: 'accepted' | 'refused';
  /** Code and message of the answer. */
  readonly answered: string;
  readonly warnings: readonly string[];
}

interface TikTokAnswer {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly requestId: string;
}

function answer(res: Response, { status, code, message, requestId }: TikTokAnswer): void {
  res.status(status).json({ code, message, request_id: requestId, data: {} });
}

function drop(res: Response): void {
  res.socket?.destroy();
}

function retryAfter(res: Response, value: string | number | undefined): void {
  if (value !== undefined) res.set('Retry-After', String(value));
}

function describe(failure: SandboxFailure): string {
  if (failure.kind === 'code') return `told to fail: ${failure.code}`;
  return failure.kind === 'http' ? `told to fail: HTTP ${failure.status}` : `told to fail: ${failure.kind}`;
}
