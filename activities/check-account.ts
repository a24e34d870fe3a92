/** Activities of renewal checks and backfills: read a page of a provider's account, poll overdue subscriptions, store the progress. */
import { ApplicationFailure } from '@temporalio/common';
import type { ApiPage, PspApi } from '../src/psp/adapter';
import { PspApiError } from '../src/psp/adapter';
import { notKept } from '../src/psp/not-kept';
import { noPages, notePage } from '../src/psp/page-guard';
import type { OverdueOrder, Store } from '../src/store';
import type { Telemetry } from '../src/telemetry/events';
import type { AccountRef, CheckProgress, DryRunCounts, ReadingState, TimeWindow } from '../workflows/contract';
import { dayMs, hourMs, minuteMs } from '../src/domain/duration';
import type { SubscriptionFact } from '../src/domain/fact';
import { isPayment } from '../src/domain/fact';
import type { Counts, IngestPageDeps } from './check-ingest';
import { ingestPage, knownPayments, noCounts, readOrUnreadable } from './check-ingest';
import { checkOpenPayments } from './check-open-payments';
import { countPage, type CountPageDeps } from './count-page';

export interface CheckPageInput extends AccountRef {
  readonly window: TimeWindow;
  readonly page: string | null;
  /** Of the pages before; absent for the first. */
  readonly reading?: ReadingState | undefined;
  readonly rememberFirstPurchases: boolean;
  /** Take in also what was taken in before: an operator may have started the backfill because a workflow lost it. */
  readonly signalsAgain: boolean;
  /** Only count what is there. */
  readonly dryRun?: boolean;
}

export interface CheckedPage {
  readonly facts: number;
  readonly found: number;
  readonly unreadable: number;
  readonly nextPage: string | null;
  /** Histories of before have neither this nor the next two. */
  readonly reading?: ReadingState;
  /** True when nothing is left to be read. */
  readonly isLast?: boolean;
  /** What the provider could not be asked for. */
  readonly notes?: readonly string[];
  /** Of a page that was only counted. */
  readonly dryRun?: DryRunCounts;
}

export interface PolledOverdue extends Counts {
  readonly hasMore: boolean;
}

export interface FinishCheckInput extends AccountRef {
  readonly progress: CheckProgress;
  readonly error: string | null;
}

export interface CheckAccountDeps extends IngestPageDeps, CountPageDeps {
  /** The APIs of other integrations that take the account and read it otherwise, since they give prices other roles. */
  readonly otherReaders: (account: AccountRef) => Promise<readonly { readonly integration: string; readonly api: PspApi }[]>;
  /** Null when the account has no API key, or the provider no API. */
  readonly api: (account: AccountRef) => Promise<PspApi | null>;
  readonly orders: Pick<Store['orders'], 'overdue' | 'markPolled'>;
  readonly checks: Store['checks'];
  readonly openPayments: Store['openPayments'];
  readonly telemetry: Pick<Telemetry, 'checkFinished'>;
  /** The progress of the attempt before this one; undefined for the first. */
  readonly lastHeartbeat: () => unknown;
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
    /**
     * The window from the end of the last check, with an overlap, until now. The first check of an account reads the overlap alone. A list
     * by creation is read from before that, unless its open payments are remembered.
     */
    async planCheck({ integration, psp }: AccountRef): Promise<TimeWindow> {
      const toMs = deps.nowMs();
      const last = await deps.checks.last(integration, psp);
      const api = await deps.api({ integration, psp });
      const lookBackMs = api === null || api.open ? 0 : api.list.lookBackMs;
      return { fromMs: (last?.upToMs ?? toMs) - overlapMs - lookBackMs, toMs };
    },

    async checkPage(input: CheckPageInput): Promise<CheckedPage> {
      const { integration, psp, window, page, reading = firstReading, signalsAgain } = input;
      const account = { integration, psp };
      const api = await apiOf(deps, account);
      if (reading.stage === 'open' && api.open) {
        const counts = await checkOpen(deps, account, { ...api, open: api.open });
        return { ...counts, nextPage: null, reading, isLast: true, notes: [] };
      }
      // Payments that an earlier attempt of this activity took in are known by now, and still count as found.
      const earlier = countsOf(deps.lastHeartbeat());
      const known = signalsAgain ? undefined : knownPayments(deps, account);
      const { read, soFar } = await withHeartbeat(deps, earlier, async () => {
        const answer = await api.changes(window, page, known);
        return { read: answer, soFar: notePage(reading, answer) };
      });
      if (input.dryRun === true) {
        const counted = await countPage(deps, account, read);
        const notes = page === null ? notKept(api.list, window, deps.nowMs()) : [];
        return {
          ...counted,
          nextPage: read.nextPage,
          reading: { ...soFar, stage: 'list' },
          isLast: read.nextPage === null,
          notes,
        };
      }
      const readings = await readAgain(deps, account, earlier, (other) => other.changes(window, page, known));
      const counts = await ingestPage(deps, account, read, { ...input, readings, before: noCounts, foundAtLeast: earlier.found });
      const hasOpen = read.nextPage === null && api.open !== undefined && !signalsAgain;
      return {
        ...counts,
        nextPage: read.nextPage,
        reading: { ...soFar, stage: hasOpen ? 'open' : 'list' },
        isLast: read.nextPage === null && !hasOpen,
        notes: page === null ? notKept(api.list, window, deps.nowMs()) : [],
      };
    },

    async pollOverdue({ integration, psp, nowMs }: AccountRef & { readonly nowMs: number }): Promise<PolledOverdue> {
      let counts = countsOf(deps.lastHeartbeat());
      const api = await apiOf(deps, { integration, psp });
      const takers = deps.shared.sharesOf({ integration, psp }).map((share) => share.integration);
      const filter = {
        psp,
        dueBeforeMs: nowMs - graceMs,
        dueAfterMs: nowMs - giveUpAfterMs,
        polledBeforeMs: nowMs - pollAgainAfterMs,
        limit: batchSize,
      };
      const overdue = await overdueOrders(deps, takers, filter);
      for (const { subscription, dueAtMs } of overdue.slice(0, batchSize)) {
        const ask = (of: PspApi) => readOrUnreadable(subscription, () => of.ofSubscription(subscription, dueAtMs - dayMs));
        const read = await withHeartbeat(deps, counts, () => ask(api));
        const readings = await readAgain(deps, { integration, psp }, counts, ask);
        counts = await ingestPage(deps, { integration, psp }, read, { ...quietly, readings, before: counts });
        // If the due payment is there, its date is done, also where the provider names no next one.
        const isPaid = read.facts.some(({ fact }) => isPeriod(fact) && fact.occurredAtMs >= dueAtMs - hourMs);
        const { nextDueAtMs } = read;
        const poll = { atMs: nowMs, paidDueAtMs: isPaid ? dueAtMs : null, nextDueAtMs };
        for (const taker of takers) await deps.orders.markPolled({ integration: taker, psp, subscription }, poll);
        counts = { ...counts, polled: counts.polled + 1 };
        deps.heartbeat(counts);
      }
      return { ...counts, hasMore: overdue.length >= batchSize };
    },

    async finishCheck({ integration, psp, progress, error }: FinishCheckInput): Promise<void> {
      const { window, facts, found, polled, unreadable, notes = [] } = progress;
      const counts = { facts, found, polled, unreadable, error };
      // A check that failed may have missed anything in its window, so the next one reads it again. Unpolled subscriptions stay overdue.
      const upToMs = progress.isRead ? window.toMs : window.fromMs + overlapMs;
      const summary = { ...counts, window, notes };
      await deps.checks.finish(integration, psp, { upToMs, finishedAtMs: deps.nowMs(), summary });
      deps.telemetry.checkFinished({ integration, psp, ...counts, fromMs: window.fromMs, toMs: window.toMs });
    },
  };
}

const firstReading: ReadingState = { ...noPages, stage: 'list' };
/** Of checks, as opposed to backfills. */
const quietly = { rememberFirstPurchases: false, signalsAgain: false } as const;

/** True for the payment of a period; a proration, for example, is not the payment that was due. */
function isPeriod(fact: SubscriptionFact): boolean {
  return isPayment(fact) && fact.kind !== 'other_charge';
}

/** The last heartbeat of an earlier attempt. Only this activity writes it, so its shape is known. */
function countsOf(heartbeat: unknown): Counts {
  return { ...noCounts, ...(heartbeat as Partial<Counts> | null | undefined) };
}

type OverdueFilter = Omit<Parameters<Store['orders']['overdue']>[0], 'integration'>;

/** Of all integrations that take the account, each order once: a look at it feeds them all. */
async function overdueOrders({ orders }: CheckAccountDeps, takers: readonly string[], filter: OverdueFilter) {
  const all = new Map<string, OverdueOrder>();
  for (const integration of takers)
    for (const order of await orders.overdue({ ...filter, integration }))
      if (!all.has(order.subscription)) all.set(order.subscription, order);
  return [...all.values()];
}

/** A page as those integrations read it that give prices other roles: nothing is asked again where none does. */
async function readAgain(
  deps: CheckAccountDeps,
  account: AccountRef,
  counts: Counts,
  ask: (api: PspApi) => Promise<ApiPage>,
): Promise<ReadonlyMap<string, ApiPage>> {
  const readings = new Map<string, ApiPage>();
  for (const { integration, api } of await deps.otherReaders(account))
    readings.set(integration, await withHeartbeat(deps, counts, () => ask(api)));
  return readings;
}

/** What became of payments that were open. After a failure on the way the next attempt goes on with those that are left. */
async function checkOpen(
  deps: CheckAccountDeps,
  account: AccountRef,
  { open, list }: Required<Pick<PspApi, 'open' | 'list'>>,
): Promise<Counts> {
  let counts = countsOf(deps.lastHeartbeat());
  const toMs = deps.nowMs();
  await checkOpenPayments(
    {
      openPayments: deps.openPayments,
      ask: (call) => withHeartbeat(deps, counts, call),
      ingest: async (page, again) => {
        const readings = await readAgain(deps, account, counts, again);
        counts = await ingestPage(deps, account, page, { ...quietly, readings, before: counts });
      },
      others: deps.shared
        .sharesOf(account)
        .slice(1)
        .map(({ integration }) => integration),
      nowMs: deps.nowMs,
    },
    account,
    open,
    { fromMs: toMs - list.lookBackMs, toMs },
  );
  return counts;
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
