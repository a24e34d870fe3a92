/**
 * Subscriptions: the start of a free trial, which needs no payment, and what happens beside payments.
 * https://docs.lemonsqueezy.com/api/subscriptions/the-subscription-object
 */
import type { LifecycleFact, LifecycleKind, PaymentFact, PurchaseType, TrialKnowledge } from '../../domain/fact';
import { freeTrialMoneyId } from '../../domain/fact';
import type { Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { facts, unreadable } from '../schema-mismatch';
import { buyerOf } from './buyer';
import type { EventContext, Subscription } from './schema';

/** The only event that says that there is *no* trial: later its traces may be gone. */
export function readCreated(subscription: Subscription, context: EventContext): Reading {
  const occurredAtMs = subscription.created_at ?? subscription.updated_at;
  if (occurredAtMs === undefined) return unreadable('data.attributes.created_at: expected a date');
  const { identity, declaredType } = buyerOf(subscription, context.customData);
  const order = { subscription: context.id, identity, paymentIds: [] };
  const trial = trialOf(subscription, declaredType);
  const began = compact<LifecycleFact>({ kind: 'began', occurredAtMs, trial: trial ?? 'none', declaredType });
  const start = trial && isFree(declaredType) ? trialStart(subscription, context, occurredAtMs, declaredType) : null;
  return facts({ fact: began, ...order }, ...(start ? [{ fact: start, ...order }] : []));
}

/** Reads the other events of subscriptions; `kind` is that of the event's name. */
export function readState(kind: LifecycleKind): (subscription: Subscription, context: EventContext) => Reading {
  return (subscription, context) => {
    const happened = kindOf(kind, subscription);
    const changedAtMs = subscription.updated_at ?? subscription.created_at;
    const occurredAtMs = happened === 'ended' ? (subscription.ends_at ?? changedAtMs) : changedAtMs;
    if (occurredAtMs === undefined) return unreadable('data.attributes.updated_at: expected a date');
    const { identity, declaredType } = buyerOf(subscription, context.customData);
    const fact = compact<LifecycleFact>({
      kind: happened,
      occurredAtMs,
      trial: trialOf(subscription, declaredType),
      declaredType,
      endsAtMs: happened === 'cancellation_scheduled' ? subscription.ends_at : undefined,
    });
    return facts({ fact, subscription: context.id, identity, paymentIds: [] });
  };
}

/** `subscription_updated` comes with every other event and has the state, so the other event can be ignored. */
function kindOf(kind: LifecycleKind, { status }: Subscription): LifecycleKind {
  if (kind !== 'updated') return kind;
  switch (status) {
    case 'expired':
      return 'ended';
    case 'cancelled':
      return 'cancellation_scheduled';
    case 'paused':
      return 'paused';
    default:
      return 'updated';
  }
}

/** In a trial and after it: once it is over `trial_ends_at` may be null. */
function trialOf(subscription: Subscription, declared: PurchaseType | undefined): Exclude<TrialKnowledge, 'none'> | undefined {
  if (subscription.status !== 'on_trial') return undefined;
  return compact<Exclude<TrialKnowledge, 'none'>>({
    kind: declared === 'paid_trial' ? 'paid' : undefined,
    startsAtMs: subscription.created_at,
    endsAtMs: subscription.trial_ends_at,
  });
}

/** A trial that the merchant declares as paid comes with its invoice. */
function isFree(declared: PurchaseType | undefined): boolean {
  return declared === undefined || declared === 'free_trial';
}

function trialStart(
  subscription: Subscription,
  { id, roleOf }: EventContext,
  occurredAtMs: number,
  declaredType: PurchaseType | undefined,
): PaymentFact {
  const ids = [subscription.variant_id, subscription.first_subscription_item?.price_id];
  const role = ids.map((price) => (price ? roleOf(price) : undefined)).find((one) => one !== undefined);
  return compact<PaymentFact>({
    kind: 'trial_start',
    moneyId: freeTrialMoneyId(id),
    occurredAtMs,
    amountMinor: 0,
    // A subscription does not say its currency, and nothing was paid in any.
    currency: 'USD',
    inferredType: 'free_trial',
    declaredType,
    // The trial costs nothing at the regular price.
    role: role === 'regular' ? undefined : role,
    initial: true,
    periodStartMs: subscription.created_at,
    periodEndMs: subscription.trial_ends_at,
  });
}
