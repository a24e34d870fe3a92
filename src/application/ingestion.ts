/**
 * From facts to signals: who bought is registered, then the order's workflow is signalled. When `accept` resolves, the database and
 * Temporal both have what they must have; when it throws, the provider is asked to send again, and the repetition changes nothing.
 */
import { deepEqual } from '../domain/deep-equal';
import { hourMs } from '../domain/duration';
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from '../domain/fact';
import { isPayment } from '../domain/fact';
import { isLimited, mayBeFirstPhase, wasPurchase } from '../domain/first-purchase';
import type { PaymentRef } from '../domain/purchase';
import type { Acceptance } from '../domain/observe';
import { acceptedRecord } from '../domain/record';
import type { Settings } from '../domain/settings';
import { decidingSettings } from '../domain/settings';
import type { UserKeys } from '../crypto/user-keys';
import type { PaymentLink, ReadFact } from '../psp/adapter';
import type { Store } from '../store';
import type { Telemetry } from '../telemetry/events';
import { identityFrom } from '../tiktok';
import type { Accepted, OrderRef } from '../../workflows/contract';

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
  /** Registers and signals facts in their order; returns what was accepted. A repetition changes nothing. */
  accept(integration: string, psp: string, facts: readonly ReadFact[], options?: AcceptOptions): Promise<readonly AcceptedFact[]>;
  /** Stores other ids of payments, from events that are no facts. A kept refund that names one of them is signalled. */
  learn(integration: string, psp: string, links: readonly PaymentLink[]): Promise<void>;
}

export interface IngestionDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly users: Pick<Store['users'], 'register'>;
  readonly firstPurchases: Pick<Store['firstPurchases'], 'claim'>;
  readonly payments: Store['payments'];
  readonly signalledFacts: Pick<Store['signalledFacts'], 'wasSignalled' | 'markSignalled'>;
  /** One signal-with-start: durable when it resolves. `user` is for the search attribute. */
  readonly signal: (order: OrderRef, input: Accepted<SubscriptionFact>) => Promise<void>;
  readonly keys: UserKeys;
  readonly telemetry: Pick<Telemetry, 'factSignalled'>;
  readonly nowMs: () => number;
}

const defaults = { rememberFirstPurchases: false, skipAlreadySignalled: false } as const satisfies AcceptOptions;

/** Makes the ingestion, which webhooks, renewal checks and backfills share. */
export function createIngestion(deps: IngestionDeps): Ingestion {
  return {
    async accept(integration, psp, facts, options = {}) {
      // The settings are read once, when facts are accepted, and travel with them.
      const settings = await deps.settings(integration);
      const accepted: AcceptedFact[] = [];
      for (const read of facts)
        accepted.push(await acceptOne(deps, { integration, psp, settings, ...defaults, ...options }, read));
      return accepted;
    },
    async learn(integration, psp, links) {
      for (const { id, moneyId } of links) {
        await deps.payments.link(integration, psp, id, moneyId);
        const order = await deps.payments.orderOf(integration, psp, id);
        if (!order) continue;
        const settings = await deps.settings(integration);
        await signalKeptRefunds(deps, { integration, psp, settings, ...defaults }, order, [id]);
      }
    },
  };
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
  const { integration, psp, settings } = at;
  const { fact, subscription, identity: hints } = read;
  const duplicated = fact.kind === 'one_off' ? await otherPaymentOf(deps, at, fact.moneyId) : null;
  if (duplicated) return acceptDuplicate(deps, at, read, duplicated);

  const nowMs = deps.nowMs();
  const order = { integration, psp, subscription };
  // The provider does not know the time of the click: 0, so that its click fills a gap and never replaces the browser's.
  const identity = identityFrom(hints, 0);
  const userKeys = deps.keys.of(order, hints, identity);
  const moneyId = fact.moneyId ?? null;
  const { ownsCheckout, adoptedCheckoutId, isErased } = await deps.users.register({
    ...order,
    moneyId: moneyId ?? subscription,
    keys: userKeys,
    identity,
    checkout: userKeys.find(({ kind }) => kind === 'checkout') ?? null,
    paymentIds: paymentIdsOf(read),
    pending: isPayment(fact) ? acceptedRecord(psp, subscription, fact, decidingSettings(settings)) : null,
    dueAtMs: dueAtMs(fact),
    endedAtMs: fact.kind === 'ended' ? fact.occurredAtMs : null,
    firstPhaseAtMs: mayBeFirstPhase(fact) ? fact.occurredAtMs : null,
    limited: isLimited(fact, settings),
    atMs: nowMs,
  });
  // Refunds come before the payment, so that a refunded payment is not sent.
  if (moneyId !== null) await signalKeptRefunds(deps, at, { psp, subscription, moneyId }, paymentIdsOf(read));
  // The workflow of an erased buyer gets no identifiers again.
  const knownKeys = isErased ? userKeys.filter(({ kind }) => kind === 'order') : userKeys;
  const checkoutId = ownsCheckout ? (hints.checkoutId?.trim() ?? null) : adoptedCheckoutId;
  const accepted = acceptance(at, fact, nowMs, { userKeys: knownKeys, checkoutId });
  if (at.rememberFirstPurchases && accepted.tooOld && isPayment(fact) && wasPurchase(fact)) {
    const payment = { psp, subscription, moneyId: fact.moneyId };
    const atMs = fact.occurredAtMs;
    await deps.firstPurchases.claim({ integration, keys: knownKeys, payment, mode: 'take_if_free', atMs });
  }
  await signal(deps, at, order, { fact, accepted });
  return { kind: fact.kind, moneyId, subscription };
}

/** All ids of the fact's payment; none for a fact without a payment. */
function paymentIdsOf({ fact, paymentIds }: OrderFact): readonly string[] {
  return fact.moneyId === undefined ? [] : [fact.moneyId, ...paymentIds];
}

/** When the order's next payment is due, Unix milliseconds; null when the fact does not say. */
function dueAtMs(fact: PaymentFact | LifecycleFact): number | null {
  if (isPayment(fact)) return fact.periodEndMs ?? null;
  return typeof fact.trial === 'object' ? (fact.trial.endsAtMs ?? null) : null;
}

/** The payment that a one-off repeats: its id is known as another id of that payment, for example an invoice's PaymentIntent. */
async function otherPaymentOf(deps: IngestionDeps, at: AcceptContext, moneyId: string): Promise<PaymentRef | null> {
  const known = await knownPayment(deps, at, [moneyId]);
  return known && known.moneyId !== moneyId ? known : null;
}

/** Takes the buyer's identity and the ids from a repeated payment; it is no second purchase. */
async function acceptDuplicate(
  deps: IngestionDeps,
  at: AcceptContext,
  read: OrderFact,
  payment: PaymentRef,
): Promise<AcceptedFact> {
  const { subscription, moneyId } = payment;
  const { kind, occurredAtMs } = read.fact;
  for (const id of paymentIdsOf(read)) await deps.payments.link(at.integration, at.psp, id, moneyId);
  if (Object.keys(read.identity).length > 0) {
    const fact: LifecycleFact = { kind: 'updated', occurredAtMs };
    await acceptOfOrder(deps, at, { fact, subscription, identity: read.identity, paymentIds: [] });
  }
  await signalKeptRefunds(deps, at, payment, paymentIdsOf(read));
  return { kind, moneyId, subscription };
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
  if (order === null) {
    for (const paymentId of ids) await deps.payments.keepUnmatchedRefund({ integration, psp, paymentId, fact, atMs: nowMs });
    // Another process may have registered the payment in between, without finding the refund.
    if (await knownPayment(deps, at, ids)) return acceptRefund(deps, at, fact, { subscription, paymentIds });
    return { kind: fact.kind, moneyId: fact.moneyId, subscription: null };
  }
  const moneyId = known?.moneyId ?? fact.moneyId;
  const accepted = acceptance(at, fact, nowMs, nobody);
  await signal(deps, at, { integration, psp, subscription: order }, { fact: { ...fact, moneyId }, accepted });
  return { kind: fact.kind, moneyId, subscription: order };
}

async function signal(
  deps: IngestionDeps,
  { skipAlreadySignalled }: AcceptContext,
  order: OrderRef,
  input: Accepted<SubscriptionFact>,
): Promise<void> {
  const { fact, accepted } = input;
  if (skipAlreadySignalled && (await deps.signalledFacts.wasSignalled(order, fact))) return;
  await deps.signal(order, input);
  deps.telemetry.factSignalled({ ...order, kind: fact.kind, moneyId: fact.moneyId ?? null });
  // Not awaited: a fact that is not marked is signalled again, which changes nothing.
  deps.signalledFacts.markSignalled(order, fact, accepted.acceptedAtMs).catch(() => undefined);
}

/** Of a fact that does not identify the buyer. */
const nobody = { userKeys: [], checkoutId: null } as const;

function acceptance(
  { settings }: AcceptContext,
  { occurredAtMs }: SubscriptionFact,
  nowMs: number,
  buyer: Pick<Acceptance, 'userKeys' | 'checkoutId'>,
): Acceptance {
  // TikTok does not say how old an event may be; the setting is this service's own rule.
  const tooOld = nowMs - occurredAtMs > settings.maxEventAgeHours * hourMs;
  return { acceptedAtMs: nowMs, settings: decidingSettings(settings), tooOld, ...buyer };
}
