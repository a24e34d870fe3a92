/**
 * Subscriptions: what is known of the trial, and what happens beside payments. Never money: `trialing` → `active` comes about an
 * hour before the conversion is charged, and also when that fails. https://docs.stripe.com/billing/subscriptions/webhooks
 */
import type { LifecycleFact, LifecycleKind, RegularPrice, TrialWindow } from '../../domain/fact';
import type { Reading, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { mayBeRegular } from '../../domain/phase';
import { readMetadata, withCustomer } from '../metadata';
import { facts } from '../schema-mismatch';
import { minorOf, unitAmountOf } from './amounts';
import { previousSubscriptionSchema } from './schema';
import type { StripeEvent, StripeSubscription } from './schema';

/** The only state event that says that there is *no* trial: later its traces may be gone. */
export function readCreated(subscription: StripeSubscription, event: StripeEvent, context: ReadingContext): Reading {
  const trials = trialsOf(subscription);
  return lifecycle(subscription, 'began', {
    occurredAtMs: (subscription.created ?? event.created) * 1000,
    trials,
    regularPrice: trials.length > 0 ? regularPriceOf(subscription, context) : undefined,
  });
}

/** Since basil the invoice of a free trial does not say it. A price may be in several currencies, and shows one of them. */
function regularPriceOf({ items, currency }: StripeSubscription, { roleOf }: ReadingContext): RegularPrice | undefined {
  const billed = (items?.data ?? []).filter(({ price, plan }) => mayBeRegular(roleOf(price?.id ?? plan?.id ?? '')));
  const isPlain = billed.every(
    (item) => unitAmountOf(item) !== undefined && !item.current_trial && (item.price?.currency ?? currency) === currency,
  );
  if (!currency || !isPlain) return undefined;
  const sum = billed.reduce((total, item) => total + (unitAmountOf(item) ?? 0) * (item.quantity ?? 1), 0);
  const amountMinor = minorOf(sum, currency);
  return amountMinor === null || amountMinor === 0 ? undefined : { amountMinor, currency };
}

export function readUpdated(subscription: StripeSubscription, event: StripeEvent): Reading {
  const kind = updateOf(subscription, event);
  const ended = offersEnded(subscription, event);
  return lifecycle(subscription, kind, {
    occurredAtMs: event.created * 1000,
    ...(ended.length > 0 ? { trials: [...trialsOf(subscription), ...ended] } : {}),
    ...(kind === 'cancellation_scheduled' ? { endsAtMs: millis(endOf(subscription)) } : {}),
  });
}

export function readPaused(subscription: StripeSubscription, event: StripeEvent): Reading {
  return lifecycle(subscription, 'paused', { occurredAtMs: event.created * 1000 });
}

export function readResumed(subscription: StripeSubscription, event: StripeEvent): Reading {
  return lifecycle(subscription, 'resumed', { occurredAtMs: event.created * 1000 });
}

export function readEnded(subscription: StripeSubscription, event: StripeEvent): Reading {
  return lifecycle(subscription, 'ended', { occurredAtMs: (subscription.ended_at ?? event.created) * 1000 });
}

/** The most telling of what changed. */
function updateOf(subscription: StripeSubscription, { data }: StripeEvent): LifecycleKind {
  const raw = data.previous_attributes;
  const changed = (name: string): boolean => typeof raw === 'object' && raw !== null && Object.hasOwn(raw, name);
  const previous = previousSubscriptionSchema.parse(raw ?? {});
  const { status } = subscription;

  // A start that was never paid; it has no `deleted` event.
  if (status === 'incomplete_expired' || status === 'canceled') return 'ended';
  if (changed('cancel_at_period_end') || changed('cancel_at')) {
    const willEnd = typeof subscription.cancel_at === 'number' || subscription.cancel_at_period_end === true;
    return willEnd ? 'cancellation_scheduled' : 'cancellation_undone';
  }
  if (changed('pause_collection')) return subscription.pause_collection ? 'paused' : 'resumed';
  if (changed('status') && status === 'paused') return 'paused';
  if (changed('status') && previous.status === 'paused') return 'resumed';
  const before = priceIds(previous.items?.data ?? []);
  if (before !== '' && before !== priceIds(subscription.items?.data ?? [])) return 'price_changed';
  return 'updated';
}

function priceIds(items: readonly Pick<Item, 'price' | 'plan'>[]): string {
  return items
    .map(({ price, plan }) => price?.id ?? plan?.id ?? '')
    .sort()
    .join();
}

type Item = NonNullable<NonNullable<StripeSubscription['items']>['data']>[number];

/** When the current period ends, and the next payment is due. Since basil the items have their periods. */
function periodEndOf({ current_period_end: end, items }: StripeSubscription): number | undefined {
  const ends = (items?.data ?? []).flatMap((item) => item.current_period_end ?? []);
  return end ?? (ends.length > 0 ? Math.min(...ends) : undefined);
}

/** When a subscription that is set to end will end. Since basil its items have the periods: it ends with the last of them. */
function endOf({ cancel_at: at, current_period_end: end, items }: StripeSubscription): number | undefined {
  const ends = (items?.data ?? []).flatMap((item) => item.current_period_end ?? []);
  return at ?? end ?? (ends.length > 0 ? Math.max(...ends) : undefined);
}

/** A free trial is the subscription's; a Trial Offer, which may cost something, its items'. https://docs.stripe.com/billing/subscriptions/trials */
function trialsOf(subscription: StripeSubscription): readonly TrialWindow[] {
  const { trial_start: start, trial_end: end, items } = subscription;
  if (typeof end !== 'number') return offersOf(items?.data ?? []);
  // Free time that is given later is no trial of what was sold.
  if (typeof start === 'number' && start > (subscription.created ?? start) + hourSeconds) return [];
  return [compact<TrialWindow>({ kind: 'free', startsAtMs: millis(start), endsAtMs: millis(end) })];
}

const hourSeconds = 3600;

function offersOf(items: readonly Pick<Item, 'id' | 'price' | 'current_trial'>[]): readonly TrialWindow[] {
  return items.flatMap(({ id, price, current_trial: offer }) => {
    if (!offer) return [];
    const kind = price?.unit_amount === 0 ? 'free' : 'paid';
    const item = id ?? price?.id;
    return [compact<TrialWindow>({ item, kind, startsAtMs: millis(offer.start_date), endsAtMs: millis(offer.end_date) })];
  });
}

/** The Trial Offers that an update took from their items before they were over. */
function offersEnded({ items }: StripeSubscription, { created, data }: StripeEvent): readonly TrialWindow[] {
  const endedAtMs = created * 1000;
  const now = new Set(offersOf(items?.data ?? []).map(({ item }) => item));
  const before = offersOf(previousSubscriptionSchema.parse(data.previous_attributes ?? {}).items?.data ?? []);
  return before.flatMap((offer) =>
    !now.has(offer.item) && (offer.endsAtMs ?? 0) > endedAtMs ? [{ ...offer, endsAtMs: endedAtMs }] : [],
  );
}

function lifecycle(
  subscription: StripeSubscription,
  kind: LifecycleKind,
  more: Pick<LifecycleFact, 'occurredAtMs' | 'trials'> & {
    readonly endsAtMs?: number | undefined;
    readonly regularPrice?: RegularPrice | undefined;
  },
): Reading {
  const { hints, purchaseType, metadata } = readMetadata(subscription.metadata);
  const trials = trialsOf(subscription);
  const fact = compact<LifecycleFact>({
    kind,
    // Only the first event says that there is no trial: later its traces may be gone.
    trials: trials.length > 0 ? trials : undefined,
    declaredType: purchaseType,
    nextDueAtMs: kind === 'ended' ? undefined : millis(periodEndOf(subscription)),
    ...more,
  });
  const identity = withCustomer(hints, { customerId: subscription.customer ?? subscription.customer_account });
  return facts({ fact, subscription: subscription.id, identity, paymentIds: [], metadata });
}

function millis(seconds: number | null | undefined): number | undefined {
  return typeof seconds === 'number' ? seconds * 1000 : undefined;
}
