/** What renewal checks and backfills do outside: read a page of a provider's account, ask for what is overdue, note how far it came. */
import { ApplicationFailure } from '@temporalio/common';
import type { Ingestion } from '../src/application/ingestion';
import type { ApiPage, PspApi } from '../src/psp/adapter';
import { PspApiError } from '../src/psp/adapter';
import type { Store } from '../src/store/store';
import type { Telemetry } from '../src/telemetry/events';
import type { AccountRef, CheckProgress, TimeWindow } from '../workflows/contract';
import type { SubscriptionFact } from '../src/domain/fact';
import { isPayment } from '../src/domain/fact';

export interface CheckPageInput extends AccountRef {
  readonly window: TimeWindow;
  readonly page: string | null;
  readonly rememberFirstPurchases: boolean;
  /** Also what was told a moment ago: a backfill is an operator's word. */
  readonly tellsAgain: boolean;
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
  /** Tells Temporal that the activity is alive, and how far it has come. */
  readonly heartbeat: (details?: unknown) => void;
  /** How far the attempt before this one had come; undefined for the first. */
  readonly lastHeartbeat: () => unknown;
  readonly nowMs: () => number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Whatever a provider asks for: a longer pause is the next check's. */
const longestPauseMs = 15 * minute;
/** A look overlaps the one before: providers' lists are eventually consistent, and clocks differ. */
const overlapMs = 2 * hour;
/** A provider charges some time after a period ends (Stripe drafts an invoice for about an hour). */
const graceMs = 2 * hour;
/** Late is not lost: a payment in dunning is asked for now and then, for as long as dunning goes on. */
const askAgainAfterMs = 6 * hour;
/** No provider's dunning lasts longer: whoever has not paid by then has left without a word. */
const giveUpAfterMs = 60 * day;
const batchSize = 25;
/** Well within the activities' heartbeat timeout: a page may be many requests, each of which may take half a minute. */
const beatMs = 10_000;

export function createCheckAccount(deps: CheckAccountDeps) {
  return {
    /** From where the last look ended, with an overlap; the first look of an account begins with the overlap alone. */
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
      tellsAgain,
    }: CheckPageInput): Promise<CheckedPage> {
      const before = countsOf(deps.lastHeartbeat());
      const api = await apiOf(deps, { integration, psp });
      const read = await asking(deps, before, () => api.changes(window, page));
      const news = await newPayments(deps, { integration, psp }, read);
      // What an attempt before this one took in is known by now, and yet was found.
      const counts = { ...countsIn(read, news), found: Math.max(news, before.found) };
      deps.heartbeat(counts);
      await takeIn(deps, { integration, psp }, read, { rememberFirstPurchases, tellsAgain, counts });
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
        polledBeforeMs: nowMs - askAgainAfterMs,
        limit: batchSize,
      };
      const overdue = await deps.orders.overdue(filter);
      for (const { subscription, dueAtMs } of overdue) {
        const read = await asking(deps, counts, () => ofSubscription(api, subscription, dueAtMs - day));
        const news = await newPayments(deps, { integration, psp }, read);
        await takeIn(deps, { integration, psp }, read, { rememberFirstPurchases: false, tellsAgain: false, counts });
        // A payment that was due and is there settles the date, also where the provider names no next one.
        const isPaid = read.facts.some(({ fact }) => isPeriod(fact) && fact.occurredAtMs >= dueAtMs - hour);
        await deps.orders.markPolled(integration, psp, subscription, nowMs, isPaid ? dueAtMs : null);
        counts = plus(counts, { ...countsIn(read, news), polled: 1 });
        deps.heartbeat(counts);
      }
      return { ...counts, hasMore: overdue.length === batchSize };
    },

    async finishCheck({ integration, psp, progress, error }: FinishCheckInput): Promise<void> {
      const { window, facts, found, polled, unreadable } = progress;
      const summary = { facts, found, polled, unreadable, error };
      // A look that did not come to its end has seen nothing for certain. Whom it could not ask for is still overdue the next time.
      const upToMs = progress.isRead ? window.toMs : window.fromMs + overlapMs;
      await deps.checks.finish(integration, psp, { upToMs, finishedAtMs: deps.nowMs(), summary });
      deps.telemetry.checkFinished({ integration, psp, ...summary, fromMs: window.fromMs, toMs: window.toMs });
    },
  };
}

/** A proration settles no due date. */
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

/** What an earlier attempt said last. It is ours, since the activity is. */
function countsOf(heartbeat: unknown): Counts {
  return { ...none, ...(heartbeat as Partial<Counts> | null | undefined) };
}

function countsIn({ facts, unreadable }: Pick<ApiPage, 'facts' | 'unreadable'>, found: number): Counts {
  return { polled: 0, facts: facts.length, found, unreadable: unreadable.length };
}

/** How many of the payments are not known yet. */
async function newPayments(
  { purchases }: CheckAccountDeps,
  { integration, psp }: AccountRef,
  { facts }: Pick<ApiPage, 'facts'>,
): Promise<number> {
  const moneyIds = [...new Set(facts.flatMap(({ fact }) => (isPayment(fact) ? [fact.moneyId] : [])))];
  const known = await purchases.known(integration, psp, moneyIds);
  return moneyIds.length - known.size;
}

/**
 * The same ingestion as the webhooks': what one of them brought already changes nothing, and, since looks overlap, is not told again.
 */
async function takeIn(
  { ingestion, heartbeat }: CheckAccountDeps,
  { integration, psp }: AccountRef,
  { facts, links }: Pick<ApiPage, 'facts' | 'links'>,
  {
    rememberFirstPurchases,
    tellsAgain,
    counts,
  }: Pick<CheckPageInput, 'rememberFirstPurchases' | 'tellsAgain'> & { readonly counts: Counts },
): Promise<void> {
  await ingestion.learn(integration, psp, links);
  for (const fact of facts) {
    await ingestion.accept(integration, psp, [fact], { rememberFirstPurchases, skipAlreadySignalled: !tellsAgain });
    heartbeat(counts);
  }
}

/** One subscription that the provider answers strangely must not hold up the others: it is counted, and asked for again later. */
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

/** Beats while the provider answers. What it refuses, as Temporal is to treat it. */
async function asking<T>({ heartbeat }: CheckAccountDeps, counts: Counts, ask: () => Promise<T>): Promise<T> {
  const beating = setInterval(() => heartbeat(counts), beatMs);
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof PspApiError)) throw error;
    const { message, kind, retryAfterMs } = error;
    const passes = kind === 'throttled' || kind === 'unreachable';
    throw ApplicationFailure.create({
      message,
      type: `Psp${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
      nonRetryable: !passes,
      ...(passes && retryAfterMs !== undefined ? { nextRetryDelay: Math.min(Math.max(retryAfterMs, 1000), longestPauseMs) } : {}),
    });
  } finally {
    clearInterval(beating);
  }
}
