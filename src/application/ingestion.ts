/**
 * From facts to signals: who bought is registered, then the order's workflow is signalled. When `accept` resolves, the database and
 * Temporal both have what they must have; when it throws, the provider is asked to send again, and the repetition changes nothing.
 */
import { compact } from '../domain/compact';
import { deepEqual } from '../domain/deep-equal';
import { hourMs } from '../domain/duration';
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from '../domain/fact';
import { isPayment } from '../domain/fact';
import type { IdentityHints } from '../domain/identity';
import { isLimited, mayBeFirstPhase, wasPurchase } from '../domain/first-purchase';
import type { PaymentRef } from '../domain/purchase';
import type { Acceptance } from '../domain/observe';
import { acceptedRecord } from '../domain/record';
import type { Settings } from '../domain/settings';
import { decidingSettings } from '../domain/settings';
import type { UserKeys } from '../crypto/user-keys';
import type { PaymentLink, ReadFact, Reading } from '../psp/adapter';
import type { Registered, Registration, Store } from '../store';
import { hashOf } from '../store';
import type { Telemetry } from '../telemetry/events';
import { identityFrom } from '../tiktok';
import type { Accepted, OrderRef } from '../../workflows/contract';
import { isTooLongForTemporal } from './refusal';
import { linkHash, readingHash } from './reading-hash';

/** A fact as the webhook's answer names it. */
export interface AcceptedFact {
  readonly kind: string;
  readonly moneyId: string | null;
  /** Null for a refund whose payment is not known yet: the refund is kept until the payment arrives. */
  readonly subscription: string | null;
}

export interface AcceptOptions {
  /** A payment that is too old to be sent becomes its user's first purchase all the same. Default: false. */
  readonly rememberFirstPurchases?: boolean;
  /** Leave out facts that were signalled lately: a repeated signal costs an Action and changes nothing. Default: false. */
  readonly skipAlreadySignalled?: boolean;
}

export interface Ingestion {
  /** Takes in what was read of a webhook; returns what was accepted. A repetition changes nothing. */
  take(integration: string, psp: string, reading: Taken): Promise<readonly AcceptedFact[]>;
  /** Registers and signals facts in their order; returns what was accepted. A repetition changes nothing. */
  accept(integration: string, psp: string, facts: readonly ReadFact[], options?: AcceptOptions): Promise<readonly AcceptedFact[]>;
  /** Stores other ids of payments, from events that are no facts. A kept refund that names one of them is signalled. */
  learn(integration: string, psp: string, links: readonly PaymentLink[]): Promise<void>;
  /** What of a page was not taken in lately, by this or another process: one query for all of it. */
  unseen(integration: string, psp: string, page: FactsAndLinks): Promise<FactsAndLinks>;
  /** Notes facts that are not to be taken in: a check need not look at them again. */
  seen(integration: string, psp: string, facts: readonly ReadFact[]): void;
  /** Tells one reading from another; of the buyer it holds HMACs. */
  hashOf(integration: string, psp: string, read: ReadFact): string;
}

/** A reading of which nothing has to go to the quarantine. */
export type Taken = Exclude<Reading, { kind: 'unreadable' }>;

export interface FactsAndLinks {
  readonly facts: readonly ReadFact[];
  readonly links: readonly PaymentLink[];
}

export interface IngestionDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly users: Pick<Store['users'], 'register' | 'registerSettled'>;
  readonly firstPurchases: Pick<Store['firstPurchases'], 'claim'>;
  readonly payments: Store['payments'];
  readonly purchases: Pick<Store['purchases'], 'remove'>;
  readonly openPayments: Pick<Store['openPayments'], 'seenAtMs' | 'remember' | 'forget'>;
  readonly signalledFacts: Pick<Store['signalledFacts'], 'wasSignalled' | 'marked'>;
  /** Notes what was taken in; nobody waits for it. What is not noted is taken in again, which changes nothing. */
  readonly note: (integration: string, factHashes: readonly string[]) => void;
  readonly orderRecords: Pick<Store['orderRecords'], 'keepFact'>;
  /** One signal-with-start: durable when it resolves. A known order whose workflow is gone starts again from its records. */
  readonly signal: (order: OrderRef, input: Accepted<SubscriptionFact>, isKnown: boolean) => Promise<void>;
  readonly keys: UserKeys;
  readonly telemetry: Pick<Telemetry, 'factSignalled' | 'usersJoined'>;
  readonly nowMs: () => number;
}

const defaults = { rememberFirstPurchases: false, skipAlreadySignalled: false } as const satisfies AcceptOptions;

/** Makes the ingestion, which webhooks, renewal checks and backfills share. */
export function createIngestion(deps: IngestionDeps): Ingestion {
  const ingestion: Ingestion = {
    async take(integration, psp, reading) {
      // First the links: they may say that a payment which is known already is one of these facts.
      await ingestion.learn(integration, psp, reading.links ?? []);
      if (reading.kind === 'facts') return ingestion.accept(integration, psp, reading.facts);
      if (reading.openPayment !== undefined) await rememberOpen(deps, integration, psp, reading.openPayment);
      return [];
    },
    async accept(integration, psp, facts, options = {}) {
      // The settings are read once, when facts are accepted, and travel with them.
      const settings = await deps.settings(integration);
      const accepted: AcceptedFact[] = [];
      for (const read of facts)
        accepted.push(await acceptOne(deps, { integration, psp, settings, ...defaults, ...options }, read));
      ingestion.seen(integration, psp, facts);
      return accepted;
    },
    seen(integration, psp, facts) {
      deps.note(
        integration,
        facts.map((read) => hashOfReading(deps, integration, psp, read)),
      );
    },
    hashOf: (integration, psp, read) => hashOfReading(deps, integration, psp, read),
    async learn(integration, psp, links) {
      if (links.length === 0) return;
      const at = { integration, psp, settings: await deps.settings(integration), ...defaults };
      for (const { id, moneyId } of links) {
        await deps.payments.link(integration, psp, id, moneyId);
        await withdrawInto(deps, at, id, moneyId);
        const order = await deps.payments.orderOf(integration, psp, id);
        if (order) await signalKeptRefunds(deps, at, order, [id]);
      }
      deps.note(
        integration,
        links.map((link) => linkHash(psp, link)),
      );
    },
    async unseen(integration, psp, { facts, links }) {
      const readings = facts.map((read) => ({ read, hash: hashOfReading(deps, integration, psp, read) }));
      const linked = links.map((link) => ({ link, hash: linkHash(psp, link) }));
      const seen = await deps.signalledFacts.marked(
        integration,
        [...readings, ...linked].map(({ hash }) => hash),
      );
      return {
        facts: readings.filter(({ hash }) => !seen.has(hash)).map(({ read }) => read),
        links: linked.filter(({ hash }) => !seen.has(hash)).map(({ link }) => link),
      };
    },
  };
  return ingestion;
}

/** Webhooks may come late: a payment that is known is open no longer. */
async function rememberOpen({ payments, openPayments, nowMs }: IngestionDeps, integration: string, psp: string, id: string) {
  const [known] = await payments.registered(integration, psp, [id]);
  if (!known) await openPayments.remember(integration, psp, [id], nowMs());
}

function hashOfReading({ keys }: IngestionDeps, integration: string, psp: string, read: ReadFact): string {
  const order = { integration, psp, subscription: read.subscription ?? read.fact.moneyId ?? '' };
  return readingHash(psp, read, keys.of(order, read.identity, identityFrom(read.identity, 0)));
}

interface AcceptContext extends Required<AcceptOptions> {
  readonly integration: string;
  readonly psp: string;
  readonly settings: Settings;
}

/** A money or state fact, whose order is known. */
interface OrderFact extends ReadFact {
  readonly fact: PaymentFact | LifecycleFact;
  readonly subscription: string;
}

function acceptOne(deps: IngestionDeps, at: AcceptContext, read: ReadFact): Promise<AcceptedFact> {
  const { fact, subscription } = read;
  if (fact.kind === 'refund') return acceptRefund(deps, at, fact, read);
  if (subscription === null) throw new Error(`a ${fact.kind} of ${at.psp} names no order`);
  return acceptOfOrder(deps, at, { ...read, fact, subscription });
}

async function acceptOfOrder(deps: IngestionDeps, at: AcceptContext, read: OrderFact): Promise<AcceptedFact> {
  const settled = mayBeSettled(at, read) ? await registerSettled(deps, at, read) : null;
  if (settled?.isRepeated) return { kind: read.fact.kind, moneyId: read.fact.moneyId ?? null, subscription: read.subscription };
  if (settled) return acceptRegistered(deps, at, read, settled);
  const same = await samePayments(deps, at, read);
  if (same.countedAs) return acceptDuplicate(deps, at, read, same.countedAs);
  for (const payment of same.replaced) await withdraw(deps, at, payment, read.fact);
  return acceptRegistered(deps, at, read, await register(deps, at, read));
}

/** A fact whose order and buyer the database has. */
interface RegisteredFact {
  readonly nowMs: number;
  /** `settledLaterAtMs`. */
  readonly settledAtMs: number | null;
  readonly buyer: ReturnType<typeof buyerOf>;
  readonly registered: Omit<Registered, 'joined' | 'evidence'>;
  /** True when the fact is kept already, of an order that was known before. */
  readonly isKept: boolean;
}

interface SettledFact extends RegisteredFact {
  /** True when its workflow has nothing to hear of it: it was told, and has decided. Most events about a renewal repeat it. */
  readonly isRepeated: boolean;
}

/** One-offs may be other payments; what is read anew at a provider may have been told before, or be old. */
function mayBeSettled({ skipAlreadySignalled, rememberFirstPurchases }: AcceptContext, { fact }: OrderFact): boolean {
  const settledLater = isPayment(fact) && fact.settledLater === true;
  return !skipAlreadySignalled && !rememberFirstPurchases && !settledLater && fact.kind !== 'one_off';
}

/** The short way, of a known order whose buyer has said all of it before. Null where it is not open. */
async function registerSettled(deps: IngestionDeps, at: AcceptContext, read: OrderFact): Promise<SettledFact | null> {
  const { integration, psp, settings } = at;
  const { fact, subscription } = read;
  const nowMs = deps.nowMs();
  const buyer = buyerOf(deps, { integration, psp, subscription }, read.identity);
  const registration = registrationOf(at, read, { nowMs, settledAtMs: null, buyer });
  const kept = { fact, settingsVersion: settings.version, tooOld: isTooOld(at, fact, nowMs), acceptedAtMs: nowMs };
  const settled = await deps.users.registerSettled(registration, kept);
  if (!settled) return null;
  const registered = { ...settled, isErased: false, isOthersKey: false };
  return { nowMs, settledAtMs: null, buyer, registered, isKept: true, isRepeated: settled.isRepeated };
}

async function register(deps: IngestionDeps, at: AcceptContext, read: OrderFact): Promise<RegisteredFact> {
  const { integration, psp } = at;
  const { fact, subscription } = read;
  const nowMs = deps.nowMs();
  const settledAtMs = await settledLaterAtMs(deps, at, fact);
  const order = { integration, psp, subscription };
  // What was known of the buyer of a replaced payment is known of this one's.
  const merged = fact.moneyId === undefined ? [] : await deps.payments.mergedInto(integration, psp, fact.moneyId);
  const mergedCheckout = merged.find(({ checkoutId }) => checkoutId !== null)?.checkoutId ?? undefined;
  const hints: IdentityHints = { ...compact<IdentityHints>({ checkoutId: mergedCheckout }), ...read.identity };
  const told = buyerOf(deps, order, hints);
  const buyer = { ...told, keys: [...told.keys, ...merged.flatMap((one) => deps.keys.of({ ...order, ...one }, {}, {}))] };
  const registered = await deps.users.register(registrationOf(at, read, { nowMs, settledAtMs, buyer }));
  if (registered.joined > 0) deps.telemetry.usersJoined(integration, registered.evidence, registered.joined);
  return { nowMs, settledAtMs, buyer, registered, isKept: false };
}

function registrationOf(
  { integration, psp, settings }: AcceptContext,
  read: OrderFact,
  { nowMs, settledAtMs, buyer }: Pick<RegisteredFact, 'nowMs' | 'settledAtMs' | 'buyer'>,
): Registration {
  const { fact, subscription } = read;
  const order = { integration, psp, subscription };
  return {
    ...order,
    moneyId: fact.moneyId ?? subscription,
    ...buyer,
    paymentIds: paymentIdsOf(read),
    pending: isPayment(fact)
      ? acceptedRecord(order, fact, {
          settings: decidingSettings(settings),
          occurredAtMs: settledAtMs ?? Math.min(fact.occurredAtMs, nowMs),
        })
      : null,
    dueAtMs: dueAtMs(fact),
    saidAtMs: fact.occurredAtMs,
    endedAtMs: fact.kind === 'ended' ? fact.occurredAtMs : null,
    resumedAtMs: fact.kind === 'resumed' || fact.kind === 'cancellation_undone' ? fact.occurredAtMs : null,
    firstPhaseAtMs: mayBeFirstPhase(fact) ? fact.occurredAtMs : null,
    limited: isLimited(fact, settings),
    atMs: nowMs,
  };
}

/** What has met the payment meanwhile is told first, then the fact itself. */
async function acceptRegistered(
  deps: IngestionDeps,
  at: AcceptContext,
  read: OrderFact,
  { nowMs, settledAtMs, buyer, registered, isKept }: RegisteredFact,
): Promise<AcceptedFact> {
  const { integration, psp } = at;
  const { fact, subscription } = read;
  const order = { integration, psp, subscription };
  const moneyId = fact.moneyId ?? null;
  const ids = paymentIdsOf(read);
  const mayHaveMet =
    fact.kind === 'one_off' || (moneyId !== null && (await deps.payments.hasMet(integration, psp, moneyId, ids)));
  if (mayHaveMet && moneyId !== null) {
    const met = await metMeanwhile(deps, at, read);
    for (const payment of met.replaced) await withdraw(deps, at, payment, fact);
    if (met.countedAs) {
      const { occurredAtMs } = fact;
      await withdraw(deps, at, { psp, subscription, moneyId }, { moneyId: met.countedAs.moneyId, occurredAtMs });
      return acceptDuplicate(deps, at, read, met.countedAs);
    }
    // Refunds come before the payment, so that a refunded payment is not sent.
    await signalKeptRefunds(deps, at, { psp, subscription, moneyId }, ids);
  }
  // The workflow of an erased buyer gets no identifiers again.
  const { keys, ownsCheckout, adoptedCheckoutId, isErased, isOthersKey } = registered;
  const own = isOthersKey ? keys.filter(({ kind }) => kind !== 'user_id') : keys;
  const knownKeys = isErased ? own.filter(({ kind }) => kind === 'order') : own;
  const checkout = buyer.checkoutId;
  const checkoutId = ownsCheckout ? checkout : adoptedCheckoutId;
  const lost = checkout !== null && !ownsCheckout ? { lostCheckoutId: checkout } : {};
  const settled = settledAtMs === null ? {} : { paidAtMs: settledAtMs };
  const accepted = acceptance(at, fact, nowMs, { userKeys: knownKeys, checkoutId, ...lost, ...settled });
  if (at.rememberFirstPurchases && accepted.tooOld && isPayment(fact) && wasPurchase(fact)) {
    const payment = { psp, subscription, moneyId: fact.moneyId };
    const atMs = fact.occurredAtMs;
    await deps.firstPurchases.claim({ integration, keys: knownKeys, payment, mode: 'take_if_free', atMs });
  }
  if (isKept) await tell(deps, order, { fact, accepted }, true);
  else await signal(deps, at, order, { fact, accepted });
  // Only now: when it is taken in again, it must still be seen to have settled late.
  if (settledAtMs !== null && moneyId !== null) await deps.openPayments.forget(integration, psp, [moneyId]);
  return { kind: fact.kind, moneyId, subscription };
}

/** What the hints say of the buyer, as the store takes it. */
function buyerOf({ keys }: IngestionDeps, order: OrderRef, hints: IdentityHints) {
  // The provider does not know the time of the click: 0, so that its click fills a gap and never replaces the browser's.
  const isReference = hints.userId === undefined && hints.reference !== undefined;
  const named: IdentityHints = isReference ? { ...hints, userId: hints.reference } : hints;
  const identity = identityFrom(named, 0);
  const all = keys.of(order, named, identity);
  return {
    keys: all,
    doubtfulKey: isReference ? (all.find(({ kind }) => kind === 'user_id') ?? null) : null,
    identity,
    checkout: all.find(({ kind }) => kind === 'checkout') ?? null,
    checkoutId: hints.checkoutId?.trim() ?? null,
  };
}

/** All ids of the fact's payment; none for a fact without a payment. */
function paymentIdsOf({ fact, paymentIds }: OrderFact): readonly string[] {
  return fact.moneyId === undefined ? [] : [fact.moneyId, ...paymentIds];
}

/** When the order's next payment is due, Unix milliseconds; null when the fact does not say. */
export function dueAtMs(fact: PaymentFact | LifecycleFact): number | null {
  if (fact.nextDueAtMs !== undefined) return fact.nextDueAtMs;
  if (isPayment(fact)) return fact.periodEndMs ?? null;
  // Providers go on naming a trial long after it is over: only an end that is still to come says when a payment is due.
  const ends = (fact.trials ?? []).flatMap(({ endsAtMs = 0 }) => (endsAtMs > fact.occurredAtMs ? [endsAtMs] : []));
  return ends.length === 0 ? null : Math.min(...ends);
}

/** Payments that this one turns out to be, by the ids that its event names. */
interface SamePayments {
  /** It is counted as this payment; `subscription` is null while only the payment's id is known. */
  readonly countedAs: { readonly moneyId: string; readonly subscription: string | null } | null;
  /** One-offs that are this payment: they are counted here. */
  readonly replaced: readonly PaymentRef[];
}

const noOther: SamePayments = { countedAs: null, replaced: [] };

/** One payment may come as a PaymentIntent, a session and an invoice, in any order. The first that was registered keeps it. */
async function samePayments(deps: IngestionDeps, at: AcceptContext, read: OrderFact): Promise<SamePayments> {
  const related = await relatedPayments(deps, at, read);
  if (related === null) return noOther;
  const { moneyId, isOneOff, ids, isRegistered, others, oneOffs } = related;
  if (!isOneOff || isRegistered) return { countedAs: null, replaced: oneOffs };
  const other = others[0] ?? (await knownPayment(deps, at, ids)) ?? (await linkedPayment(deps, at, moneyId, ids));
  return { countedAs: other, replaced: [] };
}

/**
 * The same question once the payment is registered: another process may have registered the other one, or the link, between the first answer
 * and now. Whoever comes last finds it. Of two one-offs both processes keep the same.
 */
async function metMeanwhile(deps: IngestionDeps, at: AcceptContext, read: OrderFact): Promise<SamePayments> {
  const related = await relatedPayments(deps, at, read);
  if (related === null) return noOther;
  const { moneyId, isOneOff, ids, others, oneOffs } = related;
  if (!isOneOff) return { countedAs: null, replaced: oneOffs };
  const isKeptBefore = (other: PaymentRef): boolean => !oneOffs.includes(other) || other.moneyId < moneyId;
  const other = others.find(isKeptBefore) ?? (await linkedPayment(deps, at, moneyId, ids));
  return other ? { countedAs: other, replaced: [] } : { countedAs: null, replaced: oneOffs };
}

/** The registered payments that share an id with the fact's. Null for a fact whose payment is no other one. */
async function relatedPayments(
  { payments }: IngestionDeps,
  { integration, psp }: AcceptContext,
  { fact, paymentIds }: OrderFact,
) {
  const isOneOff = fact.kind === 'one_off';
  if (!isPayment(fact) || (!isOneOff && paymentIds.length === 0)) return null;
  const { moneyId } = fact;
  const ids = [moneyId, ...paymentIds];
  const known = await payments.registered(integration, psp, ids);
  const others = known.filter((other) => other.moneyId !== moneyId);
  // Only a one-off is an order of its own that another payment can replace.
  const oneOffs = others.filter((other) => other.moneyId === other.subscription);
  return { moneyId, isOneOff, ids, isRegistered: others.length < known.length, others, oneOffs };
}

/** The payment that an event has named one of the ids for, without an order: none of its facts has come. Null when there is no other. */
async function linkedPayment(
  { payments }: IngestionDeps,
  { integration, psp }: AcceptContext,
  own: string,
  ids: readonly string[],
): Promise<SamePayments['countedAs']> {
  for (const id of ids) {
    const moneyId = await payments.linkedTo(integration, psp, id, own);
    if (moneyId !== null) return { moneyId, subscription: null };
  }
  return null;
}

/** Takes the one-offs that have this id out of their orders, since they are another payment. What is known of their buyer is told to it. */
async function withdrawInto(deps: IngestionDeps, at: AcceptContext, id: string, moneyId: string): Promise<void> {
  const { integration, psp } = at;
  const oneOffs = (await deps.payments.registered(integration, psp, [id])).filter((one) => one.moneyId === one.subscription);
  if (oneOffs.length === 0) return;
  const into = await deps.payments.registered(integration, psp, [moneyId]);
  const own = oneOffs.filter((one) => !into.some((other) => other.moneyId === one.moneyId));
  const occurredAtMs = deps.nowMs();
  for (const payment of own) await withdraw(deps, at, payment, { moneyId, occurredAtMs });
  const heir = into.find((one) => one.moneyId === moneyId);
  if (own.length === 0 || !heir) return;
  const fact: LifecycleFact = { kind: 'updated', moneyId, occurredAtMs };
  await acceptOfOrder(deps, at, { fact, subscription: heir.subscription, identity: {}, paymentIds: [] });
}

/** Takes a payment out of its own order, since it is another one's. */
async function withdraw(
  deps: IngestionDeps,
  at: AcceptContext,
  { subscription, moneyId }: PaymentRef,
  { moneyId: into, occurredAtMs }: { readonly moneyId?: string | undefined; readonly occurredAtMs: number },
): Promise<void> {
  if (into === undefined) return;
  const { integration, psp } = at;
  const fact: LifecycleFact = { kind: 'merged', moneyId, occurredAtMs };
  const order = { integration, psp, subscription };
  await signal(deps, at, order, { fact, accepted: acceptance(at, fact, deps.nowMs(), nobody) });
  // Only now: a repetition finds the payment, and tells its order again, until the order was told.
  await deps.payments.merge(integration, psp, moneyId, into);
}

/** Takes the buyer's identity and the ids from a repeated payment; it is no second purchase. */
async function acceptDuplicate(
  deps: IngestionDeps,
  at: AcceptContext,
  read: OrderFact,
  { subscription, moneyId }: NonNullable<SamePayments['countedAs']>,
): Promise<AcceptedFact> {
  const { kind, occurredAtMs } = read.fact;
  for (const id of paymentIdsOf(read)) if (id !== moneyId) await deps.payments.link(at.integration, at.psp, id, moneyId);
  if (subscription === null) {
    await rememberBuyer(deps, at, read);
    return { kind, moneyId, subscription };
  }
  const { awaits } = read.fact as PaymentFact; // only payments are repeated
  const tells = (['buyer', 'order'] as const).filter((awaited) => !awaits?.includes(awaited));
  if (Object.keys(read.identity).length > 0 || tells.length > 0) {
    const fact: LifecycleFact = { kind: 'updated', occurredAtMs, tells };
    await acceptOfOrder(deps, at, { fact, subscription, identity: read.identity, paymentIds: [] });
  }
  await signalKeptRefunds(deps, at, { psp: at.psp, subscription, moneyId }, paymentIdsOf(read));
  return { kind, moneyId, subscription };
}

/** Keeps what a payment says of its buyer until the payment that it is counted as is told. A customer id alone that one has, too. */
async function rememberBuyer(
  deps: IngestionDeps,
  { integration, psp }: AcceptContext,
  { subscription, identity: { customerId: _, ...hints } }: OrderFact,
): Promise<void> {
  if (Object.keys(hints).length === 0) return;
  const order = { integration, psp, subscription };
  const nothing = { paymentIds: [], pending: null } as const;
  await deps.users.register({ ...order, moneyId: subscription, ...buyerOf(deps, order, hints), ...nothing, atMs: deps.nowMs() });
}

/** The payment that has one of these ids; the first known id decides. */
async function knownPayment(
  deps: IngestionDeps,
  { integration, psp }: AcceptContext,
  ids: readonly string[],
): Promise<PaymentRef | null> {
  for (const id of ids) {
    const known = await deps.payments.orderOf(integration, psp, id);
    if (known) return known;
  }
  return null;
}

/** Signals the refunds that arrived before their payment, by any of the payment's ids. */
async function signalKeptRefunds(
  deps: IngestionDeps,
  at: AcceptContext,
  payment: PaymentRef,
  ids: readonly string[],
): Promise<void> {
  const { integration, psp } = at;
  const { subscription, moneyId } = payment;
  // A refund is kept under every id that it names.
  const signalled: SubscriptionFact[] = [];
  for (const kept of await deps.payments.unmatchedRefundsOf(integration, psp, ids)) {
    if (kept.kind !== 'refund' || signalled.some((fact) => deepEqual(fact, kept))) continue;
    signalled.push(kept);
    const accepted = acceptance(at, kept, deps.nowMs(), nobody);
    await signal(deps, at, { integration, psp, subscription }, { fact: { ...kept, moneyId }, accepted });
  }
}

async function acceptRefund(
  deps: IngestionDeps,
  at: AcceptContext,
  fact: RefundFact,
  { subscription, paymentIds }: Pick<ReadFact, 'subscription' | 'paymentIds'>,
): Promise<AcceptedFact> {
  const { integration, psp } = at;
  const nowMs = deps.nowMs();
  const ids = [fact.moneyId, ...paymentIds];
  const known = await knownPayment(deps, at, ids);
  const order = known?.subscription ?? subscription;
  // A one-off may turn out to be another payment, which then looks for its refunds.
  const mayBeReplaced = known !== null && known.moneyId === known.subscription;
  if (order === null || mayBeReplaced) {
    for (const paymentId of ids) await deps.payments.keepUnmatchedRefund({ integration, psp, paymentId, fact, atMs: nowMs });
  }
  if (order === null) {
    // Another process may have registered the payment in between, without finding the refund.
    if (await knownPayment(deps, at, ids)) return acceptRefund(deps, at, fact, { subscription, paymentIds });
    return { kind: fact.kind, moneyId: fact.moneyId, subscription: null };
  }
  const moneyId = known?.moneyId ?? fact.moneyId;
  const accepted = acceptance(at, fact, nowMs, nobody);
  await signal(deps, at, { integration, psp, subscription: order }, { fact: { ...fact, moneyId }, accepted });
  return { kind: fact.kind, moneyId, subscription: order };
}

/** Keeps the fact and tells it to the order's workflow. */
async function signal(
  deps: IngestionDeps,
  { skipAlreadySignalled }: AcceptContext,
  order: OrderRef,
  input: Accepted<SubscriptionFact>,
): Promise<void> {
  const { fact, accepted } = input;
  if (skipAlreadySignalled && (await deps.signalledFacts.wasSignalled(order, fact))) return;
  const { settings, tooOld, acceptedAtMs, checkoutId } = accepted;
  const kept = { fact, settingsVersion: settings.version, tooOld, acceptedAtMs, checkoutId };
  await tell(deps, order, input, await deps.orderRecords.keepFact(order, kept));
}

async function tell(deps: IngestionDeps, order: OrderRef, input: Accepted<SubscriptionFact>, isKnown: boolean): Promise<void> {
  const { fact } = input;
  try {
    await deps.signal(order, input, isKnown);
  } catch (error) {
    // No workflow will ever decide what is shown as pending.
    if (isTooLongForTemporal(error) && isPayment(fact))
      await deps.purchases.remove(order.integration, { ...order, moneyId: fact.moneyId });
    throw error;
  }
  deps.telemetry.factSignalled({ ...order, kind: fact.kind, moneyId: fact.moneyId ?? null });
  deps.note(order.integration, [hashOf(order.psp, order.subscription, fact)]);
}

/** Of a fact that does not identify the buyer. */
const nobody = { userKeys: [], checkoutId: null } as const;

function acceptance(
  at: AcceptContext,
  fact: SubscriptionFact,
  nowMs: number,
  known: Pick<Acceptance, 'userKeys' | 'checkoutId' | 'lostCheckoutId' | 'paidAtMs'>,
): Acceptance {
  const tooOld = isTooOld(at, fact, nowMs, known.paidAtMs);
  return { acceptedAtMs: nowMs, settings: decidingSettings(at.settings), tooOld, ...known };
}

/** TikTok does not say how old an event may be; the setting is this service's own rule. */
function isTooOld({ settings }: AcceptContext, { occurredAtMs }: SubscriptionFact, nowMs: number, paidAtMs?: number): boolean {
  return nowMs - (paidAtMs ?? occurredAtMs) > settings.maxEventAgeHours * hourMs;
}

/**
 * When a payment settled that was seen open before, Unix milliseconds; null for all others. The provider says when it was made: it
 * settled as much later as it is seen settled after it was seen open.
 */
async function settledLaterAtMs(
  deps: IngestionDeps,
  { integration, psp }: AcceptContext,
  fact: SubscriptionFact,
): Promise<number | null> {
  if (!isPayment(fact) || fact.settledLater !== true) return null;
  const seenAtMs = await deps.openPayments.seenAtMs(integration, psp, fact.moneyId);
  if (seenAtMs === null) return null;
  const nowMs = deps.nowMs();
  return Math.min(nowMs, fact.occurredAtMs + (nowMs - seenAtMs));
}
