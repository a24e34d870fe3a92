/**
 * One provider account, several pixels: what an account tells is taken in by every integration that takes it, each as it reads it and as
 * far as it is its own. An integration that takes some of the payments has an order once a fact of it said so; what says nothing goes with
 * its order, and waits where the order is not known. Why so: docs/decisions/0034.
 */
import { isPayment } from '../domain/fact';
import type { Belonging, Taker } from '../domain/routing';
import { belongingOf } from '../domain/routing';
import type { Settings } from '../domain/settings';
import { readingContext } from '../psp/accounts';
import type { PaymentLink, PspAdapter, ReadFact, Reading, WebhookHeaders } from '../psp/adapter';
import { storableReading } from '../psp/storable';
import type { RoutePlace, Store, WaitingFact } from '../store';
import type { AccountRef } from '../../workflows/contract';
import type { AcceptedFact, AcceptOptions, Ingestion, Taken } from './ingestion';
import { refusalForGood } from './refusal';

/** What an integration takes of an account. */
export interface Share extends Taker {
  readonly psp: string;
  /** All that take the account, its owner first. */
  readonly account: readonly string[];
}

/** What became of a fact in one integration; `accepted` is null where it was not taken in (yet). */
export interface RoutedFact {
  readonly read: ReadFact;
  readonly fate: 'taken' | 'waits' | 'elsewhere';
  readonly accepted: AcceptedFact | null;
}

/** An event of an account: a webhook's body, or one that was kept. */
export interface AccountEvent {
  readonly adapter: PspAdapter;
  readonly body: unknown;
  readonly headers?: WebhookHeaders;
}

/** What became of an event in all integrations together. */
export type TakenByAll =
  | {
      readonly kind: 'facts';
      /** Each once, whoever took it. */
      readonly facts: readonly AcceptedFact[];
      /** Why a fact is not taken in yet; absent where all are. */
      readonly reason?: string;
      /** The owner's. */
      readonly reading: Reading;
    }
  | { readonly kind: 'ignored'; readonly reason: string; readonly reading: Reading }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface SharedAccounts {
  /**
   * Takes an event in wherever it belongs. Resolves when all integrations have what they must have; a repetition changes nothing.
   * @throws what kept one of them from taking it in; the others have it then.
   */
  take(account: AccountRef, event: AccountEvent): Promise<TakenByAll>;
  /** The integrations that take the account, its owner first. */
  sharesOf(account: AccountRef): readonly Share[];
  /** What one integration takes of the account that `owner` has. */
  shareOf(account: AccountRef, owner: AccountRef): Share;
  /** Takes facts in, as far as they belong to this integration. */
  accept(share: Share, facts: readonly ReadFact[], options?: AcceptOptions): Promise<readonly RoutedFact[]>;
  /** Stores other ids of payments, which may tell whose a fact is that waits. */
  learn(share: Share, links: readonly PaymentLink[]): Promise<void>;
  /** Whose facts are, as far as is known now: nothing is taken in. */
  placesOf(share: Share, facts: readonly ReadFact[]): Promise<readonly Belonging[]>;
}

export interface SharedAccountsDeps {
  readonly ingestion: Ingestion;
  /** The integrations that take an account, its owner first. */
  readonly takers: (account: AccountRef) => readonly Taker[];
  readonly routes: Pick<Store['routes'], 'placeOf' | 'decline' | 'keep' | 'waiting' | 'remove'>;
  readonly settings: (integration: string) => Promise<Settings>;
  readonly nowMs: () => number;
}

/** The takers of an account that nobody shares. */
export function alone({ integration }: AccountRef): readonly Taker[] {
  return [{ integration, only: null }];
}

/** Over the one ingestion of all integrations. */
export function createSharedAccounts(deps: SharedAccountsDeps): SharedAccounts {
  const shared: SharedAccounts = {
    async take(account, event) {
      const taken = await Promise.allSettled(shared.sharesOf(account).map((share) => takenBy(deps, shared, share, event)));
      throwIfAny(taken);
      return together(taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    },

    sharesOf(account) {
      const takers = deps.takers(account);
      const integrations = takers.map(({ integration }) => integration);
      return takers.map((taker) => ({ ...taker, psp: account.psp, account: integrations }));
    },

    shareOf({ integration }, owner) {
      const share = shared.sharesOf(owner).find((one) => one.integration === integration);
      if (!share) throw new Error(`${integration} does not take the account of ${owner.integration}`);
      return share;
    },

    async accept(share, facts, options = {}) {
      const bare = facts.map(withoutMetadata);
      if (share.only === null) {
        const accepted = await deps.ingestion.accept(share.integration, share.psp, bare, options);
        return facts.map((read, n) => ({ read, fate: 'taken', accepted: accepted[n] ?? null }));
      }
      const routed: RoutedFact[] = [];
      for (const read of facts) routed.push(await route({ ...deps, options }, share, read));
      const left = routed.flatMap(({ read, fate }) => (fate === 'taken' ? [] : [withoutMetadata(read)]));
      if (left.length > 0) deps.ingestion.seen(share.integration, share.psp, left);
      return routed;
    },

    async learn(share, links) {
      await deps.ingestion.learn(share.integration, share.psp, links);
      if (share.only === null || links.length === 0) return;
      await reconsider(
        { ...deps, options: {} },
        share,
        links.flatMap(({ id, moneyId }) => [id, moneyId]),
      );
    },

    async placesOf(share, facts) {
      const places: Belonging[] = [];
      for (const read of facts) {
        const said = belongingOf(share.only, read.metadata);
        places.push(said === 'not_said' ? await deps.routes.placeOf(placeOf(share), idsOf(read)) : said);
      }
      return places;
    },
  };
  return shared;
}

interface TakenBy {
  readonly reading: Reading;
  readonly routed: readonly RoutedFact[];
}

async function takenBy(
  { settings, ingestion }: SharedAccountsDeps,
  shared: SharedAccounts,
  share: Share,
  { adapter, body, headers }: AccountEvent,
): Promise<TakenBy> {
  const { integration, psp } = share;
  // Each as its own map of prices reads it.
  const read = adapter.read(body, readingContext(await settings(integration)), headers);
  const reading = storableReading({ integration, psp }, read);
  if (reading.kind === 'unreadable') return { reading, routed: [] };
  // First the links: they may say that a payment which is known already is one of these facts.
  await shared.learn(share, reading.links ?? []);
  if (reading.kind === 'facts') return { reading, routed: await shared.accept(share, reading.facts) };
  await ingestion.take(integration, psp, withoutLinks(reading));
  return { reading, routed: [] };
}

function withoutLinks(reading: Extract<Taken, { kind: 'ignored' }>): Taken {
  const { links: _, ...rest } = reading;
  return rest;
}

/** What may pass by itself is told before what never will: the provider then sends again, and nothing is lost of the others. */
function throwIfAny(taken: readonly PromiseSettledResult<TakenBy>[]): void {
  const errors = taken.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (errors.length > 0) throw errors.find((error) => refusalForGood(error) === null) ?? errors[0];
}

const waits = 'kept until another event of the order says to which integration it belongs';
const nobodys = 'its metadata says that it belongs to no integration which takes this account';

/** One answer of all: what one of them cannot read is kept, and read again for all; that costs the others nothing. */
function together(taken: readonly TakenBy[]): TakenByAll {
  const [owner] = taken;
  if (!owner) throw new Error('an account that nobody takes');
  for (const { reading } of taken) if (reading.kind === 'unreadable') return reading;
  const { reading } = owner;
  const readings = taken.map((one) => one.reading);
  const ignored = readings.find((one) => one.kind === 'ignored');
  if (ignored && readings.every(({ kind }) => kind === 'ignored')) return { kind: 'ignored', reason: ignored.reason, reading };
  const told = new Map<string, AcceptedFact>();
  let waiting = false;
  for (const { read, fate, accepted } of taken.flatMap(({ routed }) => routed)) {
    if (fate === 'elsewhere') continue;
    waiting ||= fate === 'waits';
    const fact = accepted ?? { kind: read.fact.kind, moneyId: read.fact.moneyId ?? null, subscription: read.subscription };
    const before = told.get(nameOf(read));
    if (!before || (before.subscription === null && fact.subscription !== null)) told.set(nameOf(read), fact);
  }
  if (told.size === 0) return { kind: 'ignored', reason: nobodys, reading };
  return { kind: 'facts', facts: [...told.values()], reading, ...(waiting ? { reason: waits } : {}) };
}

/** The same for one fact in every integration, however its price is called there. */
function nameOf({ fact, subscription }: ReadFact): string {
  const kind = fact.kind === 'refund' ? fact.refundId : isPayment(fact) ? 'payment' : fact.kind;
  return JSON.stringify([kind, subscription, fact.moneyId ?? null, fact.occurredAtMs]);
}

interface RouteDeps extends Pick<SharedAccountsDeps, 'ingestion' | 'routes' | 'nowMs'> {
  readonly options: AcceptOptions;
}

async function route(deps: RouteDeps, share: Share, read: ReadFact): Promise<RoutedFact> {
  const { routes, nowMs } = deps;
  const at = placeOf(share);
  const ids = idsOf(read);
  const said = belongingOf(share.only, read.metadata);
  if (said === 'elsewhere' && read.subscription !== null) await routes.decline(at, read.subscription, nowMs());
  const place = said === 'not_said' ? await routes.placeOf(at, ids) : said;
  if (place === 'elsewhere') {
    await routes.remove(at, await waitingWith(deps, share, ids));
    return { read, fate: 'elsewhere', accepted: null };
  }
  if (place === 'here') return taken(deps, share, read);
  // A refund is found by its payment, whenever that comes: of an order that is not known it must not start one.
  if (read.fact.kind === 'refund') return { read, ...(await acceptedBy(deps, share, { ...read, subscription: null })) };
  await routes.keep(
    at,
    { hash: deps.ingestion.hashOf(share.integration, share.psp, read), ids, read: withoutMetadata(read) },
    nowMs(),
  );
  // Another process may have learnt in between whose it is, without finding it.
  const reconsidered = await reconsider(deps, share, ids);
  return reconsidered.find((one) => nameOf(one.read) === nameOf(read)) ?? { read, fate: 'waits', accepted: null };
}

/** What waits for its order comes first, in the order in which it came. */
async function taken(deps: RouteDeps, share: Share, read: ReadFact): Promise<RoutedFact> {
  const ids = idsOf(read);
  await takeWaiting(deps, share, await waitingWith(deps, share, ids));
  const accepted = await acceptedBy(deps, share, read);
  // What came in between.
  await takeWaiting(deps, share, await waitingWith(deps, share, ids));
  return { read, ...accepted };
}

async function acceptedBy({ ingestion, options }: RouteDeps, { integration, psp }: Share, read: ReadFact) {
  const [accepted = null] = await ingestion.accept(integration, psp, [withoutMetadata(read)], options);
  return { fate: 'taken', accepted } as const;
}

async function takeWaiting(deps: RouteDeps, share: Share, waiting: readonly WaitingFact[]): Promise<readonly RoutedFact[]> {
  const routed: RoutedFact[] = [];
  for (const one of waiting) {
    const accepted = await acceptedBy(deps, share, one.read);
    // Only once it is stored elsewhere.
    await deps.routes.remove(placeOf(share), [one]);
    routed.push({ read: one.read, ...accepted });
  }
  return routed;
}

/** Asks again of what waits under these ids: more is known now. */
async function reconsider(deps: RouteDeps, share: Share, ids: readonly string[]): Promise<readonly RoutedFact[]> {
  const at = placeOf(share);
  const routed: RoutedFact[] = [];
  for (const one of await deps.routes.waiting(at, ids)) {
    const place = await deps.routes.placeOf(at, one.ids);
    if (place === 'here') routed.push(...(await takeWaiting(deps, share, await waitingWith(deps, share, one.ids))));
    if (place === 'elsewhere') {
      await deps.routes.remove(at, [one]);
      routed.push({ read: one.read, fate: 'elsewhere', accepted: null });
    }
  }
  return routed;
}

/** All that waits for the same order: one fact names the payment, another the order of it. */
async function waitingWith({ routes }: RouteDeps, share: Share, ids: readonly string[]): Promise<readonly WaitingFact[]> {
  let known = new Set(ids);
  for (;;) {
    const waiting = await routes.waiting(placeOf(share), [...known]);
    const all = new Set([...known, ...waiting.flatMap((one) => one.ids)]);
    if (all.size === known.size) return waiting;
    known = all;
  }
}

/** By which a later fact may name the same order or payment. */
function idsOf({ fact, subscription, paymentIds }: ReadFact): readonly string[] {
  return [...new Set([subscription, fact.moneyId, ...paymentIds].flatMap((id) => id ?? []))];
}

function placeOf({ integration, psp, account }: Share): RoutePlace {
  return { integration, psp, account };
}

/** Metadata routes a fact and goes no further. */
function withoutMetadata({ metadata: _, ...read }: ReadFact): ReadFact {
  return read;
}
