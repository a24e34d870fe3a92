/** What a check does with a page: takes in what is new, keeps what cannot be read, and counts both. */
import { createHash } from 'node:crypto';
import type { AcceptOptions, Ingestion } from '../src/application/ingestion';
import { refusalForGood } from '../src/application/refusal';
import type { SubscriptionFact } from '../src/domain/fact';
import { isPayment } from '../src/domain/fact';
import type { ApiPage, KnownPayments, ReadFact, SubscriptionPage, UnreadableItem } from '../src/psp/adapter';
import { PspApiError } from '../src/psp/adapter';
import type { Store } from '../src/store';
import type { AccountRef } from '../workflows/contract';

export interface IngestPageDeps {
  readonly ingestion: Ingestion;
  readonly purchases: Pick<Store['purchases'], 'known'>;
  readonly quarantine: Pick<Store['quarantine'], 'keepItems' | 'resolveItems'>;
  /** Tells Temporal that the activity is alive, and its progress. */
  readonly heartbeat: (details?: unknown) => void;
  readonly nowMs: () => number;
}

export interface IngestOptions {
  readonly rememberFirstPurchases: boolean;
  /** Take in also what was taken in before: an operator may have started the backfill because a workflow lost it. */
  readonly signalsAgain: boolean;
  /** The counts that the page adds to. */
  readonly before: Counts;
  /** What an earlier attempt at the same page had found. Default: 0. */
  readonly foundAtLeast?: number;
}

export interface Counts {
  readonly polled: number;
  readonly facts: number;
  /** Payments that were not known. */
  readonly found: number;
  readonly unreadable: number;
}

export const noCounts: Counts = { polled: 0, facts: 0, found: 0, unreadable: 0 };

/**
 * Takes in a page as webhooks are taken in; returns its counts, added to those before. Checks overlap, so most of a page is known: one
 * query finds out, and what is known costs nothing more.
 */
export async function ingestPage(
  deps: IngestPageDeps,
  { integration, psp }: AccountRef,
  page: ApiPage,
  { rememberFirstPurchases, signalsAgain, before, foundAtLeast = 0 }: IngestOptions,
): Promise<Counts> {
  const { ingestion, heartbeat } = deps;
  const { facts, links } = signalsAgain ? page : await ingestion.unseen(integration, psp, page);
  const found = await newPayments(
    deps,
    { integration, psp },
    facts.map(({ fact }) => fact),
  );
  let counts = {
    ...before,
    facts: before.facts + page.facts.length,
    found: Math.max(before.found + found, foundAtLeast),
    unreadable: before.unreadable + page.unreadable.length,
  };
  heartbeat(counts);
  await keepUnreadable(deps, { integration, psp }, page);
  await ingestion.learn(integration, psp, links);
  for (const fact of facts) {
    const isTaken = await takenIn(deps, { integration, psp }, fact, {
      rememberFirstPurchases,
      skipAlreadySignalled: !signalsAgain,
    });
    if (!isTaken) counts = { ...counts, unreadable: counts.unreadable + 1 };
    heartbeat(counts);
  }
  return counts;
}

/** False for what can never be stored: it is kept in the quarantine, and does not hold up the rest. */
async function takenIn(
  { ingestion, quarantine, nowMs }: IngestPageDeps,
  { integration, psp }: AccountRef,
  read: ReadFact,
  options: AcceptOptions,
): Promise<boolean> {
  try {
    await ingestion.accept(integration, psp, [read], options);
    return true;
  } catch (error) {
    const reason = refusalForGood(error);
    if (reason === null) throw error;
    const item = read.fact.moneyId ?? read.subscription ?? hashOf(read);
    await quarantine.keepItems(integration, [{ psp, item, raw: rawOf(read), type: listed, reason, atMs: nowMs() }]);
    return false;
  }
}

/** What the provider says of one object. An unexpected answer counts as unreadable, so that it does not hold up the others. */
export async function readOrUnreadable(id: string, read: () => Promise<SubscriptionPage>): Promise<SubscriptionPage> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof PspApiError) || error.kind !== 'unexpected') throw error;
    return { facts: [], links: [], unreadable: [{ id, reason: error.message }], nextPage: null };
  }
}

const listed = 'listed by the API';

/** The payments that the relay has, for a provider's reader. */
export function knownPayments({ purchases }: Pick<IngestPageDeps, 'purchases'>, { integration, psp }: AccountRef): KnownPayments {
  return (ids) => purchases.known(integration, psp, ids);
}

async function newPayments(deps: IngestPageDeps, account: AccountRef, facts: readonly SubscriptionFact[]): Promise<number> {
  const moneyIds = [...new Set(facts.flatMap((fact) => (isPayment(fact) ? [fact.moneyId] : [])))];
  if (moneyIds.length === 0) return 0;
  const known = await knownPayments(deps, account)(moneyIds);
  return moneyIds.filter((id) => !known.has(id)).length;
}

/** Each object is kept once under its id, until a check can read it. */
async function keepUnreadable(
  { quarantine, nowMs }: IngestPageDeps,
  { integration, psp }: AccountRef,
  { unreadable, readIds = [] }: ApiPage,
): Promise<void> {
  const items = unreadable.filter(({ body }) => body !== undefined);
  await quarantine.keepItems(
    integration,
    items.map(({ id, reason, body }) => ({
      psp,
      item: id ?? hashOf(body),
      raw: rawOf(body),
      type: listed,
      reason,
      atMs: nowMs(),
    })),
  );
  await quarantine.resolveItems(integration, psp, readIds);
}

function rawOf(body: UnreadableItem['body']): Buffer {
  return Buffer.from(JSON.stringify(body));
}

function hashOf(body: UnreadableItem['body']): string {
  return createHash('sha256').update(rawOf(body)).digest('base64url');
}
