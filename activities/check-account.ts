/** Activities of renewal checks and backfills: read a page of a provider's account, poll overdue subscriptions, store the progress. */
import { ApplicationFailure } from '@temporalio/common';
import type { Ingestion } from '../src/application/ingestion';
import type { ApiPage, PspApi } from '../src/psp/adapter';
import { PspApiError } from '../src/psp/adapter';
import type { Store } from '../src/store';
import type { Telemetry } from '../src/telemetry/events';
import type { AccountRef, CheckProgress, TimeWindow } from '../workflows/contract';
import { dayMs, hourMs, minuteMs } from '../src/domain/duration';
import type { SubscriptionFact } from '../src/domain/fact';
import { isPayment } from '../src/domain/fact';

export interface CheckPageInput extends AccountRef {
  readonly window: TimeWindow;
  readonly page: string | null;
  readonly rememberFirstPurchases: boolean;
  /** Signal also facts that were signalled before: an operator may have started the backfill because a workflow lost them. */
  readonly signalsAgain: boolean;
}

export interface CheckedPage {
  readonly facts: number;
  readonly found: number;
  readonly unreadable: number;
  readonly nextPage: string | null;
}

export interface PolledOverdue {
  readonly polled: number;
  readonly facts: number;
  readonly found: number;
  readonly unreadable: number;
  readonly hasMore: boolean;
}

export interface FinishCheckInput extends AccountRef {
  readonly progress: CheckProgress;
  readonly error: string | null;
}

export interface CheckAccountDeps {
  /** Null when the account has no API key, or the provider no API. */
  readonly api: (account: AccountRef) => Promise<PspApi | null>;
  readonly ingestion: Ingestion;
  readonly purchases: Pick<Store['purchases'], 'known'>;
  readonly orders: Store['orders'];
  readonly checks: Store['checks'];
  readonly telemetry: Pick<Telemetry, 'checkFinished'>;
  /** Tells Temporal that the activity is alive, and its progress. */
  readonly heartbeat: (details?: unknown) => void;
  /** The progress of the attempt before this one; undefined for the first. */
  readonly lastHeartbeat: () => unknown;
  readonly nowMs: () => number;
}

/** A provider may ask for a longer pause; the next check comes first. */
const longestPauseMs = 15 * minuteMs;
/** A check overlaps the one before, since providers' lists are eventually consistent and clocks differ. */
const overlapMs = 2 * hourMs;
/** A provider charges some time after a period ends (Stripe drafts an invoice for about an hour). */
const graceMs = 2 * hourMs;
/** An overdue payment may still come while the provider retries the charge, so it is polled again after this time. */
const pollAgainAfterMs = 6 * hourMs;
/** No provider retries a charge for longer. */
const giveUpAfterMs = 60 * dayMs;
const batchSize = 25;
/** Well within the activities' heartbeat timeout: a page may need many requests of up to half a minute each. */
const heartbeatMs = 10_000;

export function createCheckAccount(deps: CheckAccountDeps) {
  return {
    /** The window from the end of the last check, with an overlap, until now. The first check of an account reads the overlap alone. */
    async planCheck({ integration, psp }: AccountRef): Promise<TimeWindow> {
      const toMs = deps.nowMs();
      const last = await deps.checks.last(integration, psp);
      return { fromMs: (last?.upToMs ?? toMs) - overlapMs, toMs };
    },

    async checkPage({
      integration,
      psp,
      window,
      page,
      rememberFirstPurchases,
      signalsAgain,
    }: CheckPageInput): Promise<CheckedPage> {
      const before = countsOf(deps.lastHeartbeat());
      const api = await apiOf(deps, { integration, psp });
      const read = await withHeartbeat(deps, before, () => api.changes(window, page));
      const news = await newPayments(deps, { integration, psp }, read);
      // Payments that an earlier attempt of this activity ingested are known by now, and still count as found.
      const counts = { ...countsIn(read, news), found: Math.max(news, before.found) };
      deps.heartbeat(counts);
      await ingest(deps, { integration, psp }, read, { rememberFirstPurchases, signalsAgain, counts });
      return { facts: counts.facts, found: counts.found, unreadable: counts.unreadable, nextPage: read.nextPage };
    },

    async pollOverdue({ integration, psp, nowMs }: AccountRef & { readonly nowMs: number }): Promise<PolledOverdue> {
      let counts = countsOf(deps.lastHeartbeat());
      const api = await apiOf(deps, { integration, psp });
      const filter = {
        integration,
        psp,
        dueBeforeMs: nowMs - graceMs,
        dueAfterMs: nowMs - giveUpAfterMs,
        polledBeforeMs: nowMs - pollAgainAfterMs,
        limit: batchSize,
      };
      const overdue = await deps.orders.overdue(filter);
      for (const { subscription, dueAtMs } of overdue) {
        const read = await withHeartbeat(deps, counts, () => ofSubscription(api, subscription, dueAtMs - dayMs));
        const news = await newPayments(deps, { integration, psp }, read);
        await ingest(deps, { integration, psp }, read, { rememberFirstPurchases: false, signalsAgain: false, counts });
        // If the due payment is there, its date is done, also where the provider names no next one.
        const isPaid = read.facts.some(({ fact }) => isPeriod(fact) && fact.occurredAtMs >= dueAtMs - hourMs);
        await deps.orders.markPolled({ integration, psp, subscription }, { atMs: nowMs, paidDueAtMs: isPaid ? dueAtMs : null });
        counts = plus(counts, { ...countsIn(read, news), polled: 1 });
        deps.heartbeat(counts);
      }
      return { ...counts, hasMore: overdue.length === batchSize };
    },

    async finishCheck({ integration, psp, progress, error }: FinishCheckInput): Promise<void> {
      const { window, facts, found, polled, unreadable } = progress;
      const summary = { facts, found, polled, unreadable, error };
      // A check that failed may have missed anything in its window, so the next one reads it again. Unpolled subscriptions stay overdue.
      const upToMs = progress.isRead ? window.toMs : window.fromMs + overlapMs;
      await deps.checks.finish(integration, psp, { upToMs, finishedAtMs: deps.nowMs(), summary });
      deps.telemetry.checkFinished({ integration, psp, ...summary, fromMs: window.fromMs, toMs: window.toMs });
    },
  };
}

/** True for the payment of a period; a proration, for example, is not the payment that was due. */
function isPeriod(fact: SubscriptionFact): boolean {
  return isPayment(fact) && fact.kind !== 'other_charge';
}

type Counts = Omit<PolledOverdue, 'hasMore'>;
const none: Counts = { polled: 0, facts: 0, found: 0, unreadable: 0 };

function plus(a: Counts, b: Counts): Counts {
  return {
    polled: a.polled + b.polled,
    facts: a.facts + b.facts,
    found: a.found + b.found,
    unreadable: a.unreadable + b.unreadable,
  };
}

/** The last heartbeat of an earlier attempt. Only this activity writes it, so its shape is known. */
function countsOf(heartbeat: unknown): Counts {
  return { ...none, ...(heartbeat as Partial<Counts> | null | undefined) };
}

function countsIn({ facts, unreadable }: Pick<ApiPage, 'facts' | 'unreadable'>, found: number): Counts {
  return { polled: 0, facts: facts.length, found, unreadable: unreadable.length };
}

/** The number of payments in a page that the purchases table does not have yet. */
async function newPayments(
  { purchases }: CheckAccountDeps,
  { integration, psp }: AccountRef,
  { facts }: Pick<ApiPage, 'facts'>,
): Promise<number> {
  const moneyIds = [...new Set(facts.flatMap(({ fact }) => (isPayment(fact) ? [fact.moneyId] : [])))];
  const known = await purchases.known(integration, psp, moneyIds);
  return moneyIds.length - known.size;
}

/** Ingests a page as webhooks are ingested. Since checks overlap, facts that were signalled before are left out unless `signalsAgain`. */
async function ingest(
  { ingestion, heartbeat }: CheckAccountDeps,
  { integration, psp }: AccountRef,
  { facts, links }: Pick<ApiPage, 'facts' | 'links'>,
  {
    rememberFirstPurchases,
    signalsAgain,
    counts,
  }: Pick<CheckPageInput, 'rememberFirstPurchases' | 'signalsAgain'> & { readonly counts: Counts },
): Promise<void> {
  await ingestion.learn(integration, psp, links);
  for (const fact of facts) {
    await ingestion.accept(integration, psp, [fact], { rememberFirstPurchases, skipAlreadySignalled: !signalsAgain });
    heartbeat(counts);
  }
}

/** The facts of one subscription. An unexpected answer counts as unreadable, so that it does not hold up the others. */
async function ofSubscription(
  api: PspApi,
  subscription: string,
  fromMs: number,
): Promise<Pick<ApiPage, 'facts' | 'links' | 'unreadable'>> {
  try {
    return await api.ofSubscription(subscription, fromMs);
  } catch (error) {
    if (!(error instanceof PspApiError) || error.kind !== 'unexpected') throw error;
    return { facts: [], links: [], unreadable: [{ id: subscription, reason: error.message }] };
  }
}

async function apiOf(deps: CheckAccountDeps, account: AccountRef): Promise<PspApi> {
  const api = await deps.api(account);
  if (api) return api;
  throw ApplicationFailure.nonRetryable(
    `no API key is configured for ${account.psp} of ${account.integration}`,
    'PspUnauthorized',
  );
}

/**
 * Sends heartbeats while a call to the provider runs.
 * @throws ApplicationFailure for a `PspApiError`; retryable if the provider throttled or was unreachable.
 */
async function withHeartbeat<T>({ heartbeat }: CheckAccountDeps, counts: Counts, call: () => Promise<T>): Promise<T> {
  const heartbeats = setInterval(() => heartbeat(counts), heartbeatMs);
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof PspApiError)) throw error;
    const { message, kind, retryAfterMs } = error;
    const isRetryable = kind === 'throttled' || kind === 'unreachable';
    throw ApplicationFailure.create({
      message,
      type: `Psp${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
      nonRetryable: !isRetryable,
      ...(isRetryable && retryAfterMs !== undefined
        ? { nextRetryDelay: Math.min(Math.max(retryAfterMs, 1000), longestPauseMs) }
        : {}),
    });
  } finally {
    clearInterval(heartbeats);
  }
}
