/**
 * From facts to signals: who bought is registered, then the order's workflow is signalled. When `accept` resolves, the database and
 * Temporal both have what they must have; when it throws, the provider is asked to send again, and the repetition changes nothing.
 */
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from '../domain/fact';
import { isPayment } from '../domain/fact';
import { isLimited, mayBeFirstPhase, wasPurchase } from '../domain/first-purchase';
import type { IdentityHints, UserKey } from '../domain/identity';
import type { PaymentRef } from '../domain/purchase';
import type { Acceptance } from '../domain/observe';
import { acceptedRecord } from '../domain/record';
import type { Settings } from '../domain/settings';
import { decidingSettings } from '../domain/settings';
import type { UserKeys } from '../crypto/user-keys';
import type { PaymentLink, ReadFact } from '../psp/adapter';
import type { Store } from '../store/store';
import type { Telemetry } from '../telemetry/events';
import { identityFrom } from '../tiktok';
import type { Accepted, OrderRef } from '../../workflows/contract';

/** A fact as the webhook's answer names it. */
export interface AcceptedFact {
  readonly kind: string;
  readonly moneyId: string | null;
  /** Null for a refund whose payment is not known yet: it is kept until that comes. */
  readonly subscription: string | null;
}

export interface AcceptOptions {
  /** A payment that is too old to be sent is remembered as its user's first purchase all the same. */
  readonly rememberFirstPurchases?: boolean;
  /** A fact that the workflow was told lately is not told again, which would cost an Action and change nothing. */
  readonly skipAlreadySignalled?: boolean;
}

export interface Ingestion {
  accept(integration: string, psp: string, facts: readonly ReadFact[], options?: AcceptOptions): Promise<readonly AcceptedFact[]>;
  /** Other ids of payments, from events that are no facts; a refund that waits for one of them finds its order. */
  learn(integration: string, psp: string, links: readonly PaymentLink[]): Promise<void>;
}

export interface IngestionDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly users: Store['users'];
  readonly signalledFacts: Pick<Store['signalledFacts'], 'wasSignalled' | 'markSignalled'>;
  /** One signal-with-start: durable when it resolves. `user` is for the search attribute. */
  readonly signal: (order: OrderRef, input: Accepted<SubscriptionFact>) => Promise<void>;
  readonly keys: UserKeys;
  readonly telemetry: Pick<Telemetry, 'factSignalled'>;
  readonly nowMs: () => number;
}

export function createIngestion(deps: IngestionDeps): Ingestion {
  return {
    async accept(integration, psp, facts, { rememberFirstPurchases = false, skipAlreadySignalled = false } = {}) {
      // The settings are read once per fact, when it is accepted, and travel with it.
      const settings = await deps.settings(integration);
      const accepted: AcceptedFact[] = [];
      for (const read of facts)
        accepted.push(await acceptOne(deps, { integration, psp, settings, rememberFirstPurchases, skipAlreadySignalled }, read));
      return accepted;
    },
    async learn(integration, psp, links) {
      for (const { id, moneyId } of links) {
        await deps.users.linkPayment(integration, psp, id, moneyId);
        const order = await deps.users.orderOfPayment(integration, psp, id);
        if (order)
          await signalWaitingRefunds(
            deps,
            {
              integration,
              psp,
              settings: await deps.settings(integration),
              rememberFirstPurchases: false,
              skipAlreadySignalled: false,
            },
            order,
            [id],
          );
      }
    },
  };
}

interface AcceptContext {
  readonly integration: string;
  readonly psp: string;
  readonly settings: Settings;
  readonly rememberFirstPurchases: boolean;
  readonly skipAlreadySignalled: boolean;
}

function acceptOne(deps: IngestionDeps, at: AcceptContext, read: ReadFact): Promise<AcceptedFact> {
  const { fact, subscription } = read;
  if (fact.kind === 'refund') return acceptRefund(deps, at, fact, read);
  if (subscription === null) throw new Error(`a ${fact.kind} of ${at.psp} names no order`);
  return acceptOfOrder(deps, at, fact, subscription, read);
}

async function acceptOfOrder(
  deps: IngestionDeps,
  at: AcceptContext,
  fact: PaymentFact | LifecycleFact,
  subscription: string,
  { identity: hints, paymentIds }: ReadFact,
): Promise<AcceptedFact> {
  const { integration, psp, settings } = at;
  const nowMs = deps.nowMs();
  const order = { integration, psp, subscription };
  // When a click was made the provider does not know: it fills a gap, and never takes the place of one that the browser has seen.
  const identity = identityFrom(hints, 0);
  const userKeys = deps.keys.of(order, hints, identity);
  const moneyId = fact.moneyId ?? null;
  const ids = moneyId === null ? [] : [moneyId, ...paymentIds];
  const duplicate = fact.kind === 'one_off' ? await otherPaymentOf(deps, at, fact.moneyId) : null;
  if (duplicate) return acceptDuplicate(deps, at, fact, duplicate, hints, ids);
  const { ownsCheckout, adoptedCheckoutId, isErased } = await deps.users.register({
    ...order,
    moneyId: moneyId ?? subscription,
    keys: userKeys,
    identity,
    checkout: userKeys.find(({ kind }) => kind === 'checkout') ?? null,
    paymentIds: ids,
    pending: isPayment(fact) ? acceptedRecord(psp, subscription, fact, decidingSettings(settings)) : null,
    dueAtMs: dueAtMs(fact),
    endedAtMs: fact.kind === 'ended' ? fact.occurredAtMs : null,
    firstPhaseAtMs: mayBeFirstPhase(fact) ? fact.occurredAtMs : null,
    limited: isLimited(fact, settings),
    atMs: nowMs,
  });
  // Before the payment: what is known to be refunded is not sent.
  if (moneyId !== null) await signalWaitingRefunds(deps, at, { psp, subscription, moneyId }, ids);
  const checkoutId = ownsCheckout ? (hints.checkoutId?.trim() ?? null) : adoptedCheckoutId;
  // A workflow that was told to forget who bought is not told again.
  const knownBy = isErased ? userKeys.filter(({ kind }) => kind === 'order') : userKeys;
  const accepted = acceptance(at, fact, nowMs, knownBy, checkoutId);
  if (at.rememberFirstPurchases && accepted.tooOld && isPayment(fact) && wasPurchase(fact)) {
    const first = { psp, subscription, moneyId: fact.moneyId };
    await deps.users.claimFirstPurchase(integration, knownBy, first, 'take_if_free', fact.occurredAtMs);
  }
  await signal(deps, at, order, fact, accepted);
  return { kind: fact.kind, moneyId, subscription };
}

/** When the order's next payment is due, as far as a fact tells. */
function dueAtMs(fact: PaymentFact | LifecycleFact): number | null {
  if (isPayment(fact)) return fact.periodEndMs ?? null;
  return typeof fact.trial === 'object' ? (fact.trial.endsAtMs ?? null) : null;
}

/** A one-off under an id that is known to be another payment's (an invoice's PaymentIntent) is that payment, told again. */
async function otherPaymentOf(deps: IngestionDeps, at: AcceptContext, moneyId: string): Promise<PaymentRef | null> {
  const known = await knownPayment(deps, at, [moneyId]);
  return known && known.moneyId !== moneyId ? known : null;
}

/** No second payment; but what it says of the buyer, and its ids, are news. */
async function acceptDuplicate(
  deps: IngestionDeps,
  at: AcceptContext,
  { kind, occurredAtMs }: PaymentFact | LifecycleFact,
  payment: PaymentRef,
  hints: IdentityHints,
  ids: readonly string[],
): Promise<AcceptedFact> {
  const { subscription, moneyId } = payment;
  for (const id of ids) await deps.users.linkPayment(at.integration, at.psp, id, moneyId);
  if (Object.keys(hints).length > 0) {
    const updated: LifecycleFact = { kind: 'updated', occurredAtMs };
    await acceptOfOrder(deps, at, updated, subscription, { fact: updated, subscription, identity: hints, paymentIds: [] });
  }
  await signalWaitingRefunds(deps, at, payment, ids);
  return { kind, moneyId, subscription };
}

/** The payment that has one of these ids; the first that is known decides. */
async function knownPayment(
  deps: IngestionDeps,
  { integration, psp }: AcceptContext,
  ids: readonly string[],
): Promise<PaymentRef | null> {
  for (const id of ids) {
    const known = await deps.users.orderOfPayment(integration, psp, id);
    if (known) return known;
  }
  return null;
}

/** Refunds that came before the payment they name was known, by any of its ids. */
async function signalWaitingRefunds(
  deps: IngestionDeps,
  at: AcceptContext,
  payment: PaymentRef,
  ids: readonly string[],
): Promise<void> {
  const { integration, psp } = at;
  const { subscription, moneyId } = payment;
  // Kept under every id that it names, and yet one refund.
  const seen = new Set<string>();
  for (const waiting of await deps.users.unmatchedRefundsOf(integration, psp, ids)) {
    const key = JSON.stringify(waiting);
    if (waiting.kind !== 'refund' || seen.has(key)) continue;
    seen.add(key);
    await signal(
      deps,
      at,
      { integration, psp, subscription },
      { ...waiting, moneyId },
      acceptance(at, waiting, deps.nowMs(), [], null),
    );
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
    for (const id of ids) await deps.users.keepUnmatchedRefund(integration, psp, id, fact, nowMs);
    // The payment may have been registered in between, by a process that found nothing waiting.
    if (await knownPayment(deps, at, ids)) return acceptRefund(deps, at, fact, { subscription, paymentIds });
    return { kind: fact.kind, moneyId: fact.moneyId, subscription: null };
  }
  const moneyId = known?.moneyId ?? fact.moneyId;
  await signal(deps, at, { integration, psp, subscription: order }, { ...fact, moneyId }, acceptance(at, fact, nowMs, [], null));
  return { kind: fact.kind, moneyId, subscription: order };
}

async function signal(
  deps: IngestionDeps,
  { skipAlreadySignalled }: AcceptContext,
  order: OrderRef,
  fact: SubscriptionFact,
  accepted: Acceptance,
): Promise<void> {
  const { integration, psp, subscription } = order;
  if (skipAlreadySignalled && (await deps.signalledFacts.wasSignalled(integration, psp, subscription, fact))) return;
  await deps.signal(order, { fact, accepted });
  deps.telemetry.factSignalled({ integration, psp, subscription, kind: fact.kind, moneyId: fact.moneyId ?? null });
  // Nobody waits for it: what is not noted is told again, and changes nothing.
  deps.signalledFacts.markSignalled(integration, psp, subscription, fact, accepted.acceptedAtMs).catch(() => undefined);
}

const hour = 60 * 60 * 1000;

function acceptance(
  { settings }: AcceptContext,
  fact: SubscriptionFact,
  nowMs: number,
  userKeys: readonly UserKey[],
  checkoutId: string | null,
): Acceptance {
  return {
    acceptedAtMs: nowMs,
    settings: decidingSettings(settings),
    // TikTok does not say how old an event may be; this is our own policy.
    tooOld: nowMs - fact.occurredAtMs > settings.maxEventAgeHours * hour,
    userKeys,
    checkoutId,
  };
}
