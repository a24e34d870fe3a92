/**
 * Subscriptions: the start of a free trial, which needs no payment, and what happens beside payments.
 * https://docs.lemonsqueezy.com/api/subscriptions/the-subscription-object
 */
import type { LifecycleFact, LifecycleKind, PaymentFact, PurchaseType, TrialWindow } from '../../domain/fact';
import { freeTrialMoneyId } from '../../domain/fact';
import type { PaymentLink, ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { facts, unreadable } from '../schema-mismatch';
import { soldBySubscription } from './bought';
import { buyerOf } from './buyer';
import { orderMoneyId } from './money-ids';
import type { EventContext, Subscription } from './schema';

/** The only event that says that there is *no* trial: later its traces may be gone. */
export function readCreated(subscription: Subscription, context: EventContext): Reading {
  const beginning = beginningOf(subscription, context);
  if (beginning === null) return unreadable('data.attributes.created_at: expected a date');
  return { ...facts(...beginning), links: orderOf(subscription, context) };
}

/** Reads the other events of subscriptions; `kind` is that of the event's name. While the trial lasts they tell of its start as well. */
export function readState(kind: LifecycleKind): (subscription: Subscription, context: EventContext) => Reading {
  return (subscription, context) => {
    const happened = kindOf(kind, subscription);
    const changedAtMs = subscription.updated_at ?? subscription.created_at;
    const occurredAtMs = happened === 'ended' ? (subscription.ends_at ?? changedAtMs) : changedAtMs;
    if (occurredAtMs === undefined) return unreadable('data.attributes.updated_at: expected a date');
    const { identity, declaredType, metadata } = buyerOf(subscription, context.customData);
    const trial = trialOf(subscription, declaredType);
    const fact = compact<LifecycleFact>({
      kind: happened,
      occurredAtMs,
      // Once the trial is over `trial_ends_at` may be null, so a later event that shows none says nothing.
      trials: trial && [trial],
      declaredType,
      endsAtMs: happened === 'cancellation_scheduled' ? subscription.ends_at : undefined,
      bought: soldBy(subscription),
    });
    const state = { fact, subscription: context.id, identity, paymentIds: [], metadata };
    const beginning = trial && subscription.created_at !== undefined ? beginningOf(subscription, context) : null;
    return { ...facts(...(beginning ?? []), state), links: orderOf(subscription, context) };
  };
}

function soldBy(subscription: Subscription): LifecycleFact['bought'] {
  const items = soldBySubscription(subscription);
  return items && { items };
}

/** That the subscription began, and the start of a free trial; null without a time. */
function beginningOf(subscription: Subscription, context: EventContext): readonly ReadFact[] | null {
  const occurredAtMs = subscription.created_at ?? subscription.updated_at;
  if (occurredAtMs === undefined) return null;
  const { identity, declaredType, metadata } = buyerOf(subscription, context.customData);
  const trial = trialOf(subscription, declaredType);
  const began = compact<LifecycleFact>({
    kind: 'began',
    occurredAtMs,
    trials: trial ? [trial] : [],
    tells: ['trial'],
    declaredType,
    bought: soldBy(subscription),
  });
  const start = trial && isFree(declaredType) ? trialStart(subscription, context, occurredAtMs, declaredType) : null;
  // The start comes first, so that an invoice of nothing which waits for the beginning finds it.
  return [...(start ? [start] : []), began].map((fact) => ({
    fact,
    subscription: context.id,
    identity,
    paymentIds: [],
    metadata,
  }));
}

/** The checkout's order is paid by the subscription's first invoice. */
function orderOf({ order_id: orderId }: Subscription, { id }: EventContext): readonly PaymentLink[] {
  return orderId ? [{ id: orderMoneyId(orderId), moneyId: `subscription_${id}` }] : [];
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

function trialOf(subscription: Subscription, declared: PurchaseType | undefined): TrialWindow | undefined {
  if (subscription.status !== 'on_trial') return undefined;
  return compact<TrialWindow>({
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
    unpriced: true,
    inferredType: 'free_trial',
    declaredType,
    // The trial costs nothing at the regular price.
    role: role === 'regular' ? undefined : role,
    occasion: 'start',
    trial: true,
    bought: soldBySubscription(subscription),
    // A set-up fee comes as the first invoice, at the same moment: then the trial is not free.
    awaits: declaredType === undefined ? ['charge'] : undefined,
    periodStartMs: subscription.created_at,
    periodEndMs: subscription.trial_ends_at,
  });
}
