/** What renewal checks and backfills do outside: read a page of a provider's account, ask for what is overdue, note how far it came. */
import { ApplicationFailure } from '@temporalio/common';
import type { Ingestion } from '../src/ingestion';
import type { ApiPage, PspApi } from '../src/psp/adapter';
import { PspApiError } from '../src/psp/adapter';
import type { Store } from '../src/store/store';
import type { Story } from '../src/story';
import type { AccountRef, CheckProgress, Window } from '../workflows/contract';
import { isPayment } from '../src/domain/fact';

export interface CheckPageInput extends AccountRef {
  readonly window: Window;
  readonly page: string | null;
  readonly rememberFirstPurchases: boolean;
}

export interface CheckedPage {
  readonly facts: number;
  readonly found: number;
  readonly unreadable: number;
  readonly nextPage: string | null;
}

export interface AskedOverdue {
  readonly asked: number;
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
  readonly story: Pick<Story, 'checked'>;
  /** Tells Temporal that the activity is alive. */
  readonly heartbeat: () => void;
  readonly nowMs: () => number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A look overlaps the one before: providers' lists are eventually consistent, and clocks differ. */
const overlapMs = 2 * hour;
/** A provider charges some time after a period ends (Stripe drafts an invoice for about an hour). */
const graceMs = 2 * hour;
/** Late is not lost: a payment in dunning is asked for now and then, for as long as dunning goes on. */
const askAgainAfterMs = 6 * hour;
const batchSize = 25;

export function createCheckAccount(deps: CheckAccountDeps) {
  return {
    /** From where the last look ended, with an overlap; the first look of an account begins with the overlap alone. */
    async planCheck({ integration, psp }: AccountRef): Promise<Window> {
      const toMs = deps.nowMs();
      const last = await deps.checks.last(integration, psp);
      return { fromMs: (last?.upToMs ?? toMs) - overlapMs, toMs };
    },

    async checkPage({ integration, psp, window, page, rememberFirstPurchases }: CheckPageInput): Promise<CheckedPage> {
      const api = await apiOf(deps, { integration, psp });
      const read = await asking(() => api.changes(window, page));
      return { ...(await takeIn(deps, { integration, psp }, read, rememberFirstPurchases)), nextPage: read.nextPage };
    },

    async askOverdue({ integration, psp, nowMs }: AccountRef & { readonly nowMs: number }): Promise<AskedOverdue> {
      const api = await apiOf(deps, { integration, psp });
      const filter = { integration, psp, dueBeforeMs: nowMs - graceMs, askedBeforeMs: nowMs - askAgainAfterMs, limit: batchSize };
      const overdue = await deps.orders.overdue(filter);
      const total = { facts: 0, found: 0, unreadable: 0 };
      for (const { subscription, dueAtMs } of overdue) {
        const read = await asking(() => api.ofSubscription(subscription, dueAtMs - day));
        const taken = await takeIn(deps, { integration, psp }, read, false);
        total.facts += taken.facts;
        total.found += taken.found;
        total.unreadable += taken.unreadable;
        await deps.orders.noteAsked(integration, psp, subscription, nowMs);
        deps.heartbeat();
      }
      return { ...total, asked: overdue.length, hasMore: overdue.length === batchSize };
    },

    async finishCheck({ integration, psp, progress, error }: FinishCheckInput): Promise<void> {
      const { window, facts, found, asked, unreadable } = progress;
      const summary = { facts, found, asked, unreadable, error };
      // A check that failed has looked at nothing for certain.
      const upToMs = error === null ? window.toMs : window.fromMs + overlapMs;
      await deps.checks.finish(integration, psp, { upToMs, finishedAtMs: deps.nowMs(), summary });
      deps.story.checked({ integration, psp, ...summary, fromMs: window.fromMs, toMs: window.toMs });
    },
  };
}

/** The same ingestion as the webhooks': what one of them brought already changes nothing. */
async function takeIn(
  { ingestion, purchases, heartbeat }: CheckAccountDeps,
  { integration, psp }: AccountRef,
  { facts, links, unreadable }: Pick<ApiPage, 'facts' | 'links' | 'unreadable'>,
  rememberFirstPurchases: boolean,
): Promise<{ readonly facts: number; readonly found: number; readonly unreadable: number }> {
  const moneyIds = [...new Set(facts.flatMap(({ fact }) => (isPayment(fact) ? [fact.moneyId] : [])))];
  const known = await purchases.known(integration, psp, moneyIds);
  await ingestion.learn(integration, psp, links);
  for (const fact of facts) {
    await ingestion.accept(integration, psp, [fact], { rememberFirstPurchases });
    heartbeat();
  }
  return { facts: facts.length, found: moneyIds.length - known.size, unreadable: unreadable.length };
}

async function apiOf(deps: CheckAccountDeps, account: AccountRef): Promise<PspApi> {
  const api = await deps.api(account);
  if (api) return api;
  throw ApplicationFailure.nonRetryable(
    `no API key is configured for ${account.psp} of ${account.integration}`,
    'PspUnauthorized',
  );
}

/** What a provider's API refuses, as Temporal is to treat it. */
async function asking<T>(ask: () => Promise<T>): Promise<T> {
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
      ...(passes && retryAfterMs !== undefined ? { nextRetryDelay: retryAfterMs } : {}),
    });
  }
}
