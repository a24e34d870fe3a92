/**
 * Merges facts into the state of an order. Merging is commutative and idempotent: the same facts give the same payments, refunds
 * and context, in any order and with any repetition.
 */
import { deepEqual } from './deep-equal';
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from './fact';
import { isPayment } from './fact';
import type { UserKey } from './identity';
import { derivedEventId } from './purchase';
import type { DecidingSettings } from './settings';
import type { Context, Payment, Refund, Subscription, SubscriptionStatus } from './subscription';
import { paymentOf, withPayment } from './subscription';

/** The settings and the buyer's identifiers at the time when the service accepted a fact. */
export interface Acceptance {
  readonly acceptedAtMs: number;
  readonly settings: DecidingSettings;
  /** Older than `maxEventAgeHours` when it was accepted. */
  readonly tooOld: boolean;
  /** The user's identifiers that this fact carries. */
  readonly userKeys: readonly UserKey[];
  /** The checkout id, if it belongs to this order. */
  readonly checkoutId: string | null;
}

/** The order after a fact. A fact that is known already changes nothing but `lastAcceptedAtMs`. */
export function observe(subscription: Subscription, fact: SubscriptionFact, accepted: Acceptance): Subscription {
  const known: Subscription = {
    ...subscription,
    userKeys: unionOfKeys(subscription.userKeys, accepted.userKeys),
    checkoutId: subscription.checkoutId ?? accepted.checkoutId,
    lastAcceptedAtMs: Math.max(subscription.lastAcceptedAtMs, accepted.acceptedAtMs),
  };
  const observed = isPayment(fact)
    ? observePayment(known, fact, accepted)
    : fact.kind === 'refund'
      ? observeRefund(known, fact)
      : observeLifecycle(known, fact, accepted);
  return { ...observed, status: statusOf(observed) };
}

function observePayment(subscription: Subscription, fact: PaymentFact, accepted: Acceptance): Subscription {
  const before = paymentOf(subscription, fact.moneyId);
  // The first fact of a payment fixes its settings, age and time. A failed attempt to charge is no such fact.
  const isFirst = !before || before.observations.length === 0;
  const base = isFirst ? newPayment(subscription, fact.moneyId, accepted, before) : before;
  const payment: Payment = { ...base, observations: withObservation(base.observations, fact) };
  const next = withPayment(subscription, payment);
  return isFirst ? withSettings(next, accepted.settings) : next;
}

function newPayment(subscription: Subscription, moneyId: string, accepted: Acceptance, before?: Payment): Payment {
  return {
    moneyId,
    observations: [],
    failure: before?.failure ?? null,
    settingsVersion: accepted.settings.version,
    tooOld: accepted.tooOld,
    acceptedAtMs: accepted.acceptedAtMs,
    decidedFrom: null,
    phase: null,
    purchaseType: 'subscription',
    progress: null,
    event: { eventId: derivedEventId(subscription.psp, moneyId), eventName: accepted.settings.eventName, value: null },
    attempts: 0,
    lastError: null,
    revision: before?.revision ?? 0,
  };
}

function withObservation(observations: readonly PaymentFact[], fact: PaymentFact): readonly PaymentFact[] {
  // After the merchant changed the map of prices, a repetition has another role. The first role counts.
  const isKnown = observations.some((other) => deepEqual({ ...other, role: undefined }, { ...fact, role: undefined }));
  if (isKnown) return observations;
  return [...observations, fact].sort(
    (a, b) => kindRank[a.kind] - kindRank[b.kind] || a.occurredAtMs - b.occurredAtMs || (canonical(a) < canonical(b) ? -1 : 1),
  );
}

/** The order of preference where events of one payment disagree about its kind. */
const kindRank: Readonly<Record<PaymentFact['kind'], number>> = {
  trial_start: 0,
  conversion: 1,
  one_off: 2,
  // One event may name a change of plan that a later snapshot shows as an ordinary paid period.
  other_charge: 3,
  renewal: 4,
};

/** A text that is the same for the same fact, to order facts that nothing else orders. */
function canonical(fact: PaymentFact): string {
  return JSON.stringify(Object.entries(fact).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The observations of a payment as one fact: the preferred one, its missing fields filled from the others. Null without observations. */
export function mergedFact(payment: Payment): PaymentFact | null {
  const [first, ...rest] = payment.observations;
  if (!first) return null;
  return rest.reduce<PaymentFact>((merged, other) => ({ ...other, ...merged }), first);
}

function observeRefund(subscription: Subscription, fact: RefundFact): Subscription {
  const refunds = subscription.refunds[fact.moneyId] ?? {};
  const refund: Refund = { amountMinor: fact.amountMinor ?? null, cause: fact.cause, occurredAtMs: fact.occurredAtMs };
  const before = refunds[fact.refundId];
  if (before && !supersedes(refund, before)) return subscription;
  return { ...subscription, refunds: { ...subscription.refunds, [fact.moneyId]: { ...refunds, [fact.refundId]: refund } } };
}

/** True when a message about a refund replaces the one before, whichever arrived first. A dispute that was won stays won. */
function supersedes(next: Refund, before: Refund): boolean {
  if (next.cause !== before.cause && [next.cause, before.cause].includes('dispute_won')) return next.cause === 'dispute_won';
  if (next.occurredAtMs !== before.occurredAtMs) return next.occurredAtMs > before.occurredAtMs;
  return (next.amountMinor ?? Infinity) > (before.amountMinor ?? Infinity);
}

function observeLifecycle(subscription: Subscription, fact: LifecycleFact, accepted: Acceptance): Subscription {
  const context = withLifecycle(subscription.context, fact);
  const next = { ...subscription, context };
  return fact.kind === 'payment_failed' && fact.moneyId !== undefined ? observeFailure(next, fact, fact.moneyId, accepted) : next;
}

function observeFailure(subscription: Subscription, fact: LifecycleFact, moneyId: string, accepted: Acceptance): Subscription {
  const base = paymentOf(subscription, moneyId) ?? newPayment(subscription, moneyId, accepted);
  const earliest = base.failure && base.failure.occurredAtMs <= fact.occurredAtMs ? base.failure : null;
  const failure = earliest ?? { occurredAtMs: fact.occurredAtMs, currency: fact.currency ?? 'USD' };
  return withSettings(withPayment(subscription, { ...base, failure }), accepted.settings);
}

function withLifecycle(context: Context, fact: LifecycleFact): Context {
  const trial = typeof fact.trial === 'object' ? fact.trial : null;
  return {
    beganAtMs: fact.kind === 'began' ? Math.min(context.beganAtMs ?? Infinity, fact.occurredAtMs) : context.beganAtMs,
    noTrial: context.noTrial || fact.trial === 'none',
    hasTrial: context.hasTrial || trial !== null,
    trialKind: context.trialKind === 'paid' || trial?.kind === 'paid' ? 'paid' : (context.trialKind ?? trial?.kind ?? null),
    trialStartsAtMs:
      trial?.startsAtMs === undefined ? context.trialStartsAtMs : Math.min(context.trialStartsAtMs ?? Infinity, trial.startsAtMs),
    trialEndsAtMs:
      trial?.endsAtMs === undefined || context.trialEndsAtMs.includes(trial.endsAtMs)
        ? context.trialEndsAtMs
        : [...context.trialEndsAtMs, trial.endsAtMs].sort((a, b) => a - b),
    declaredType: lesser(context.declaredType, fact.declaredType ?? null),
    latest: { ...context.latest, [fact.kind]: Math.max(context.latest[fact.kind] ?? -Infinity, fact.occurredAtMs) },
  };
}

/** The lesser of two values that may disagree, so that their order of arrival does not matter. */
function lesser<T extends string>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function statusOf({ context, payments }: Subscription): SubscriptionStatus {
  const facts = Object.values(payments).flatMap(({ observations }) => observations);
  const latest = (kind: string): number => context.latest[kind] ?? -Infinity;
  const lastPaid = Math.max(-Infinity, ...facts.map(({ occurredAtMs }) => occurredAtMs));
  if (facts.some(({ kind }) => kind === 'one_off')) return 'ended';
  // Some providers can bring back what has ended.
  if (latest('ended') > latest('resumed')) return 'ended';
  // Not every provider says that a pause is over; a payment does.
  if (latest('paused') > Math.max(latest('resumed'), lastPaid)) return 'paused';
  if (latest('cancellation_scheduled') > latest('cancellation_undone')) return 'cancelling';
  if (latest('payment_failed') > lastPaid) return 'past_due';
  const onTrial = facts.length > 0 ? facts.every(({ kind }) => kind === 'trial_start') : context.hasTrial;
  if (onTrial) return 'trialing';
  return facts.length > 0 || context.beganAtMs !== null ? 'active' : 'unknown';
}

function withSettings(subscription: Subscription, settings: DecidingSettings): Subscription {
  const version = String(settings.version);
  return version in subscription.settings
    ? subscription
    : { ...subscription, settings: { ...subscription.settings, [version]: settings } };
}

function unionOfKeys(known: readonly UserKey[], more: readonly UserKey[]): readonly UserKey[] {
  const fresh = more.filter(({ hmac }) => !known.some((key) => key.hmac === hmac));
  return fresh.length === 0 ? known : [...known, ...fresh];
}
