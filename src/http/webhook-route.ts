/** A provider's webhook: raw body → signature → JSON → facts → signals → answer. The order is the file. */
import type { Request, Response, Router } from 'express';
import express from 'express';
import type { AcceptedFact } from '../application/ingestion';
import type { SharedAccounts, TakenByAll } from '../application/shared-accounts';
import type { PspAdapter, WebhookHeaders } from '../psp/adapter';
import { refusalForGood } from '../application/refusal';
import type { QuarantineResolution } from '../application/quarantine-resolution';
import type { LoggedWebhook, Store } from '../store';
import type { Telemetry, WebhookReceived } from '../telemetry/events';
import { Admission } from './admission';
import { Unavailable } from '../application/unavailable';
import { shownReason, shownType } from '../telemetry/shown';
import { answerProblem, Problem, tryAgainSoon } from './problem';
import { withTimeout } from './timeout';

export interface WebhookRouteDeps {
  /** The adapter and secrets of a provider that is on; null when it is unknown or off. */
  readonly account: (integration: string, psp: string) => WebhookAccount | null;
  /** Takes an event in for all integrations that take the account. */
  readonly shared: Pick<SharedAccounts, 'take'>;
  readonly quarantine: Pick<Store['quarantine'], 'keep'>;
  /** Takes out of the quarantine what a webhook corrects. */
  readonly resolution: QuarantineResolution;
  /** Adds to the operators' log of recent webhooks; nobody waits for it. */
  readonly logWebhook: (integration: string, webhook: LoggedWebhook) => void;
  readonly liveMode: boolean;
  /** At most so many webhooks are worked on at once; those beyond get 503 at once, and come again. */
  readonly atOnce: number;
  readonly telemetry: Pick<Telemetry, 'webhookReceived'>;
  readonly nowMs: () => number;
}

export interface WebhookAccount {
  readonly adapter: PspAdapter;
  readonly secrets: readonly string[];
}

interface Answer {
  readonly outcome: 'accepted' | 'ignored' | 'quarantined';
  readonly reason?: string;
  readonly facts: readonly AcceptedFact[];
}

/** The provider gets 503 after this time. The least patient provider waits 5 s. */
export const deadlineMs = 4_000;

const tooMany = 'more webhooks at once than can be answered in time';

export function createWebhookRouter(deps: WebhookRouteDeps): Router {
  const router = express.Router();
  // Compressed bodies are not what was signed; no provider sends them.
  const raw = express.raw({ type: () => true, limit: '1mb', inflate: false });
  const admission = new Admission({ most: deps.atOnce, deadlineMs });
  router.post('/:psp', raw, (req, res) => answer({ ...deps, admission }, 'default', req, res));
  router.post('/:integration/:psp', raw, (req, res) =>
    answer({ ...deps, admission }, String(req.params['integration']), req, res),
  );
  return router;
}

async function answer(
  { admission, ...deps }: WebhookRouteDeps & { readonly admission: Admission },
  integration: string,
  req: Request,
  res: Response,
): Promise<void> {
  const psp = String(req.params['psp']);
  const startedAtMs = deps.nowMs();
  const log = ({ type, reason, ...received }: Pick<WebhookReceived, 'outcome' | 'type' | 'reason' | 'isUnsigned'>): void => {
    const texts = { type: type && shownType(type), reason: reason && shownReason(reason, type) };
    deps.telemetry.webhookReceived({ integration, psp, ...received, ...texts, durationMs: deps.nowMs() - startedAtMs });
  };

  const account = deps.account(integration, psp);
  if (!account) throw new Problem(404, 'Unknown provider', { detail: 'no such provider, or none of its secrets is configured' });
  const { adapter, secrets } = account;

  const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
  let type: string | null = null;
  /** Verified and read; all of it within the deadline, since some providers have to be asked about a signature. */
  const work = async (): Promise<Answer> => {
    const verification = await adapter.verify(body, req.headers, secrets, { nowMs: deps.nowMs(), fetch });
    if (!verification.ok) throw new Problem(401, 'Signature refused', { detail: verification.reason });
    const event = parse(body);
    type = adapter.typeOf(event, req.headers);
    return read(deps, integration, adapter, { event, body, headers: req.headers });
  };
  // More than can be answered in time would only make all of them late.
  const admitted = admission.enter();
  if (!admitted) {
    log({ outcome: 'unavailable', type, reason: tooMany });
    // Answered here: when thousands are refused, what each costs decides how many of the others are in time.
    return answerProblem(res, tryAgainSoon(tooMany));
  }
  try {
    const given = await withTimeout(
      deadlineMs,
      work().finally(() => admitted.leave()),
    );
    log({ outcome: given.outcome, type, reason: given.reason ?? null });
    logWebhook(deps, integration, { psp, type }, given);
    res.status(given.outcome === 'quarantined' ? 202 : 200).json(given);
  } catch (error) {
    if (error instanceof Problem) {
      log({ outcome: 'refused', type, reason: error.detail ?? error.title, isUnsigned: error.status === 401 });
      throw error;
    }
    // The provider still has the event and sends it again.
    const reason = error instanceof Error ? error.message : String(error);
    log({ outcome: 'unavailable', type, reason });
    throw new Unavailable(`the webhook could not be stored: ${reason}`, { cause: error });
  }
}

function logWebhook(
  { logWebhook: log, nowMs }: WebhookRouteDeps,
  integration: string,
  { psp, type }: { readonly psp: string; readonly type: string | null },
  { outcome, reason }: Answer,
): void {
  const texts = { type: type && shownType(type), reason: reason === undefined ? null : shownReason(reason, type) };
  log(integration, { psp, receivedAtMs: nowMs(), outcome, ...texts });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new Problem(400, 'Not JSON', { detail: 'the signature is right, but the body is not JSON' });
  }
}

interface Delivered {
  readonly event: unknown;
  readonly body: Buffer;
  readonly headers: WebhookHeaders;
}

async function read(deps: WebhookRouteDeps, integration: string, adapter: PspAdapter, delivered: Delivered): Promise<Answer> {
  const { event, headers } = delivered;
  if (deps.liveMode && adapter.isTestMode(event) === true) {
    return { outcome: 'ignored', reason: 'a test-mode event on a live account', facts: [] };
  }
  const psp = adapter.manifest.name;
  try {
    const taken = await deps.shared.take({ integration, psp }, { adapter, body: event, headers });
    if (taken.kind === 'unreadable') return await quarantined(deps, integration, adapter, { ...delivered, reason: taken.reason });
    const { reading } = taken;
    await deps.resolution.resolve(integration, { psp, type: shownType(adapter.typeOf(event, headers)), body: event, reading });
    return answerOf(taken);
  } catch (error) {
    // Sent again it would be refused again: better kept where an operator sees it.
    const reason = refusalForGood(error);
    if (reason === null) throw error;
    return quarantined(deps, integration, adapter, { ...delivered, reason });
  }
}

function answerOf(taken: Exclude<TakenByAll, { readonly kind: 'unreadable' }>): Answer {
  if (taken.kind === 'ignored') return { outcome: 'ignored', reason: taken.reason, facts: [] };
  const { facts, reason } = taken;
  return { outcome: 'accepted', ...(reason === undefined ? {} : { reason }), facts };
}

async function quarantined(
  { quarantine, resolution, nowMs }: WebhookRouteDeps,
  integration: string,
  adapter: PspAdapter,
  { event, body, headers, reason }: Delivered & { readonly reason: string },
): Promise<Answer> {
  const rawType = adapter.typeOf(event, headers);
  const type = shownType(rawType);
  const psp = adapter.manifest.name;
  const mentions = resolution.mentionsOf(event, reason);
  await quarantine.keep(integration, { psp, raw: body, type, reason: shownReason(reason, rawType), atMs: nowMs(), mentions });
  resolution.kept(integration, { psp, type });
  return { outcome: 'quarantined', reason, facts: [] };
}
