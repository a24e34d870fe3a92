/** What a check does with a page: takes in what is new, wherever it belongs, keeps what cannot be read, and counts both. */
import { createHash } from 'node:crypto';
import type { AcceptOptions, Ingestion } from '../src/application/ingestion';
import { refusalForGood } from '../src/application/refusal';
import type { Share, SharedAccounts } from '../src/application/shared-accounts';
import { isPayment } from '../src/domain/fact';
import { belongingOf } from '../src/domain/routing';
import type { ApiPage, KnownPayments, ReadFact, SubscriptionPage, UnreadableItem } from '../src/psp/adapter';
import { PspApiError } from '../src/psp/adapter';
import type { Store } from '../src/store';
import type { AccountRef } from '../workflows/contract';

export interface IngestPageDeps {
  readonly ingestion: Pick<Ingestion, 'unseen'>;
  readonly shared: Pick<SharedAccounts, 'sharesOf' | 'accept' | 'learn'>;
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
  /** The page as other integrations read it; those that are not in it read it as the owner of the account does. */
  readonly readings?: ReadonlyMap<string, ApiPage>;
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
  account: AccountRef,
  page: ApiPage,
  { rememberFirstPurchases, signalsAgain, before, foundAtLeast = 0, readings }: IngestOptions,
): Promise<Counts> {
  const { ingestion, shared, heartbeat } = deps;
  const parts = await Promise.all(
    shared.sharesOf(account).map(async (share) => {
      const own = readings?.get(share.integration) ?? page;
      return { share, ...(signalsAgain ? own : await ingestion.unseen(share.integration, share.psp, own)) };
    }),
  );
  const found = new Set((await Promise.all(parts.map(({ share, facts }) => newPayments(deps, share, facts)))).flat());
  let counts = {
    ...before,
    facts: before.facts + page.facts.length,
    found: Math.max(before.found + found.size, foundAtLeast),
    unreadable: before.unreadable + page.unreadable.length,
  };
  heartbeat(counts);
  await keepUnreadable(deps, account, page);
  for (const { share, facts, links } of parts) {
    await shared.learn(share, links);
    for (const fact of facts) {
      const isTaken = await takenIn(
        deps,
        account,
        { share, read: fact },
        { rememberFirstPurchases, skipAlreadySignalled: !signalsAgain },
      );
      if (!isTaken) counts = { ...counts, unreadable: counts.unreadable + 1 };
      heartbeat(counts);
    }
  }
  return counts;
}

/** False for what can never be stored: it is kept in the quarantine, and does not hold up the rest. */
async function takenIn(
  { shared, quarantine, nowMs }: IngestPageDeps,
  { integration, psp }: AccountRef,
  { share, read: { metadata: _, ...bare }, read }: { readonly share: Share; readonly read: ReadFact },
  options: AcceptOptions,
): Promise<boolean> {
  try {
    await shared.accept(share, [read], options);
    return true;
  } catch (error) {
    const reason = refusalForGood(error);
    if (reason === null) throw error;
    const item = bare.fact.moneyId ?? bare.subscription ?? hashOf(bare);
    await quarantine.keepItems(integration, [{ psp, item, raw: rawOf(bare), type: listed, reason, atMs: nowMs() }]);
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

/**
 * The payments that the relay has, for a provider's reader: every integration that takes all of the account has them, or, where none does,
 * any that takes it.
 */
export function knownPayments(
  { purchases, shared }: Pick<IngestPageDeps, 'purchases'> & { readonly shared: Pick<SharedAccounts, 'sharesOf'> },
  account: AccountRef,
): KnownPayments {
  return async (ids) => {
    const shares = shared.sharesOf(account);
    const ofAll = shares.filter(({ only }) => only === null);
    const asked = ofAll.length > 0 ? ofAll : shares;
    const [first = new Map<string, string>(), ...others] = await Promise.all(
      asked.map(({ integration, psp }) => purchases.known(integration, psp, ids)),
    );
    if (ofAll.length === 0) return new Map([first, ...others].flatMap((known) => [...known]));
    return new Map([...first].filter(([id]) => others.every((known) => known.has(id))));
  };
}

/** The money ids that this integration would take and does not have. What says nothing of whose it is counts where it is taken in. */
async function newPayments({ purchases }: IngestPageDeps, share: Share, facts: readonly ReadFact[]): Promise<readonly string[]> {
  const own = facts.filter(({ metadata }) => belongingOf(share.only, metadata) === 'here');
  const moneyIds = [...new Set(own.flatMap(({ fact }) => (isPayment(fact) ? [fact.moneyId] : [])))];
  if (moneyIds.length === 0) return [];
  const known = await purchases.known(share.integration, share.psp, moneyIds);
  return moneyIds.filter((id) => !known.has(id));
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
