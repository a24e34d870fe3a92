/**
 * Facts become knowledge. Merging is commutative and idempotent: any order and any repetition of the same facts give the
 * same payments, refunds and context.
 */
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from './fact';
import { isPayment } from './fact';
import type { UserKey } from './identity';
import { derivedEventId } from './purchase';
import type { DecidingSettings } from './settings';
import type { Context, Payment, Refund, Subscription, SubscriptionStatus } from './subscription';
import { paymentOf } from './subscription';

/** What the service knew when it accepted a fact. */
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
  // Settings, age and time are those of the fact that came first; a failed attempt to charge does not count as that.
  const isFirst = !before || before.observations.length === 0;
  const base = isFirst ? newPayment(subscription, fact.moneyId, accepted, before) : before;
  const payment: Payment = { ...base, observations: withObservation(base.observations, fact) };
  const next = { ...subscription, payments: { ...subscription.payments, [fact.moneyId]: payment } };
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
    decisionKey: null,
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
  // A repetition after the merchant's map of prices has changed brings another role: what was said first counts.
  const key = canonical({ ...fact, role: undefined });
  if (observations.some((other) => canonical({ ...other, role: undefined }) === key)) return observations;
  return [...observations, fact].sort(
    (a, b) => kindRank[a.kind] - kindRank[b.kind] || a.occurredAtMs - b.occurredAtMs || (canonical(a) < canonical(b) ? -1 : 1),
  );
}

/** Which reading of one payment says more, where events of one payment disagree. */
const kindRank: Readonly<Record<PaymentFact['kind'], number>> = {
  trial_start: 0,
  conversion: 1,
  one_off: 2,
  // A change of plan that one event names is still one when a later snapshot repeats it as just another paid period.
  other_charge: 3,
  renewal: 4,
};

function canonical(fact: { readonly [K in keyof PaymentFact]: PaymentFact[K] | undefined }): string {
  return JSON.stringify(Object.entries(fact).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The observations of a payment as one fact: the one that says most, its gaps filled by the others. */
export function mergedFact(payment: Payment): PaymentFact | null {
  const [first, ...rest] = payment.observations;
  if (!first) return null;
  return rest.reduce<PaymentFact>((merged, other) => ({ ...other, ...merged }), first);
}

function observeRefund(subscription: Subscription, fact: RefundFact): Subscription {
  const refunds = subscription.refunds[fact.moneyId] ?? {};
  const refund: Refund = { amountMinor: fact.amountMinor ?? null, cause: fact.cause, occurredAtMs: fact.occurredAtMs };
  const before = refunds[fact.refundId];
  if (before && !isLaterWord(refund, before)) return subscription;
  return { ...subscription, refunds: { ...subscription.refunds, [fact.moneyId]: { ...refunds, [fact.refundId]: refund } } };
}

/** Which of two words on one refund counts, whichever is heard first. A dispute that was won stays won. */
function isLaterWord(word: Refund, before: Refund): boolean {
  if (word.cause !== before.cause && [word.cause, before.cause].includes('dispute_won')) return word.cause === 'dispute_won';
  if (word.occurredAtMs !== before.occurredAtMs) return word.occurredAtMs > before.occurredAtMs;
  return (word.amountMinor ?? Infinity) > (before.amountMinor ?? Infinity);
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
  return withSettings(
    { ...subscription, payments: { ...subscription.payments, [moneyId]: { ...base, failure } } },
    accepted.settings,
  );
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

/** One of two that may disagree, the same whichever comes first. */
function lesser<T extends string>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function statusOf({ context, payments }: Subscription): SubscriptionStatus {
  const facts = Object.values(payments).flatMap(({ observations }) => observations);
  const heard = (kind: string): number => context.latest[kind] ?? -Infinity;
  const lastPaid = Math.max(-Infinity, ...facts.map(({ occurredAtMs }) => occurredAtMs));
  if (facts.some(({ kind }) => kind === 'one_off')) return 'ended';
  // Some providers can bring back what has ended.
  if (heard('ended') > heard('resumed')) return 'ended';
  // Not every provider says that a pause is over; a payment does.
  if (heard('paused') > Math.max(heard('resumed'), lastPaid)) return 'paused';
  if (heard('cancellation_scheduled') > heard('cancellation_undone')) return 'cancelling';
  if (heard('payment_failed') > lastPaid) return 'past_due';
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
