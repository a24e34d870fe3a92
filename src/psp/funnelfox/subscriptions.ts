/** Events of subscriptions: state and trial, which classify the orders. Only a free trial's start is a purchase here. */
import { hourMs } from '../../domain/duration';
import type { LifecycleFact, LifecycleKind, PaymentFact, RegularPrice, TrialWindow } from '../../domain/fact';
import { freeTrialMoneyId } from '../../domain/fact';
import type { ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { minorFromDecimal } from '../../domain/money';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { boughtAtPrice } from './bought';
import { buyerOf } from './buyer';
import type { Subscription, SubscriptionEvent } from './schema';

/** https://funnelfox.com/docs/develop/webhooks-billing */
export function readSubscription(event: SubscriptionEvent, subtype: string): Reading {
  const at = event.event_timestamp;
  if (at === undefined) return unreadable('event_timestamp: expected a time');
  switch (subtype) {
    case 'starting_trial':
      return readTrialStart(event, at);
    // The one is spelt so by FunnelFox, the other by one of its pages.
    case 'convertion':
    case 'conversion':
      return readConversion(event, at);
    case 'renewing':
    case 'unknown':
      return readRenewal(event, at);
    case 'unsubscription':
      return state(
        event,
        compact<LifecycleFact>({
          kind: 'cancellation_scheduled',
          occurredAtMs: at,
          endsAtMs: event.subscription.current_period_ends_at,
        }),
      );
    case 'recovering_autorenew':
      return state(event, { kind: 'cancellation_undone', occurredAtMs: at });
    case 'expiration':
      return state(event, { kind: 'ended', occurredAtMs: at });
    case 'pausing':
      return state(event, { kind: 'paused', occurredAtMs: at });
    case 'resuming':
      return state(event, { kind: 'resumed', occurredAtMs: at });
    case 'start_grace':
    case 'start_retry':
      return state(event, { kind: 'payment_failed', occurredAtMs: at });
    default:
      return ignored(quiet.get(subtype) ?? 'subscription events of this subtype are not needed');
  }
}

/** Why some subtypes say nothing. */
const quiet: ReadonlyMap<string, string> = new Map([
  ['defering', 'the next charge was put off'],
  ['deferring', 'the next charge was put off'],
  ['finish_grace', 'the order tells a payment, expiration an end'],
  ['recovering', 'the order carries the payment'],
  ['planning_postponed_subscription', 'nothing has begun yet'],
]);

function readTrialStart(event: SubscriptionEvent, at: number): Reading {
  const { subscription } = event;
  const kind = kindOfTrial(subscription);
  const trial = compact<TrialWindow>({
    kind,
    startsAtMs: subscription.started_at ?? at,
    endsAtMs: chargedAround(subscription.current_period_ends_at, subscription),
  });
  const occurredAtMs = subscription.started_at ?? at;
  const regularPrice = regularPriceOf(subscription);
  const began = compact<LifecycleFact>({ kind: 'began', occurredAtMs, trials: [trial], regularPrice });
  return kind === 'paid' ? state(event, began) : facts(freeTrial(event, occurredAtMs), withBuyer(event, began));
}

/** Undefined where the price point does not say it: then only an order of the trial tells. */
function kindOfTrial({ price_point: price }: Subscription): TrialWindow['kind'] {
  return price?.intro_type === 'free_trial' ? 'free' : price?.intro_type === 'paid_trial' ? 'paid' : undefined;
}

/** Most orders do not say it. */
function regularPriceOf({ price_point: price }: Subscription): RegularPrice | undefined {
  const currency = price?.currency?.code;
  const amountMinor = price?.next_price && currency ? minorFromDecimal(price.next_price, currency) : null;
  return currency && amountMinor !== null ? { amountMinor, currency } : undefined;
}

/** There is no money in it, and often no order. */
function freeTrial(event: SubscriptionEvent, occurredAtMs: number): ReadFact {
  const { subscription } = event;
  const { identity, declaredType, metadata } = buyerOf(event, subscription.initial_order_metadata);
  const fact = compact<PaymentFact>({
    kind: 'trial_start',
    moneyId: freeTrialMoneyId(subscription.subs_id),
    occurredAtMs,
    amountMinor: 0,
    currency: subscription.price_point?.currency?.code ?? 'USD',
    regularMinor: regularPriceOf(subscription)?.amountMinor,
    inferredType: 'free_trial',
    declaredType,
    occasion: 'start',
    trial: true,
    bought: soldBy(subscription)?.items,
    awaits: kindOfTrial(subscription) === undefined ? ['charge'] : undefined,
    periodStartMs: occurredAtMs,
    periodEndMs: subscription.current_period_ends_at,
  });
  return { fact, subscription: subscription.subs_id, identity, paymentIds: [], metadata };
}

/** The beginning is as old as the subscription; when its trial ended is said now: a trial may end before its time. */
function readConversion(event: SubscriptionEvent, at: number): Reading {
  const { subscription } = event;
  const trials = trialsBefore(subscription, at);
  const began: LifecycleFact = { kind: 'began', occurredAtMs: subscription.started_at ?? at };
  if (trials.length === 0) return state(event, { ...began, trials });
  return facts(withBuyer(event, began), withBuyer(event, { kind: 'updated', occurredAtMs: at, trials }));
}

/** No subtype is documented for a start without a trial, so any event of the first period counts as one. */
function readRenewal(event: SubscriptionEvent, at: number): Reading {
  const { subscription } = event;
  const intro = subscription.price_point?.intro_type ?? null;
  const isStart = isFirstPeriod(subscription) && (intro === 'no_intro' || intro === null);
  if (!isStart) return ignored('the order carries the payment');
  const began: LifecycleFact = { kind: 'began', occurredAtMs: subscription.started_at ?? at };
  return state(event, intro === null ? began : { ...began, trials: [] });
}

/** The trial that a conversion ended, or none where it is the first period of all. It was over when the conversion is told. */
function trialsBefore(subscription: Subscription, at: number): readonly TrialWindow[] {
  const intro = subscription.price_point?.intro_type;
  if (intro === 'no_intro' || isFirstPeriod(subscription)) return [];
  const trial = compact<TrialWindow>({
    kind: kindOfTrial(subscription),
    startsAtMs: subscription.started_at,
    endsAtMs: Math.min(chargedAround(subscription.current_period_starts_at, subscription) ?? subscription.started_at ?? at, at),
  });
  return [trial];
}

function isFirstPeriod({ iteration, started_at: started, current_period_starts_at: start }: Subscription): boolean {
  if (started !== undefined && start !== undefined) return Math.abs(start - started) <= sameMomentMs;
  return iteration === 1;
}

/**
 * FunnelFox charges before a period ends (`next_check_at`, two hours in its example), so an order of then is the next period's. The
 * trial counts as over from that moment on, or its conversion would look like a part of it.
 */
function chargedAround(end: number | undefined, subscription: Subscription): number | undefined {
  const { current_period_ends_at: periodEnd, next_check_at: check } = subscription;
  const lead = periodEnd === undefined || check === undefined ? 0 : periodEnd - check;
  return end === undefined ? undefined : end - (lead > 0 && lead <= longestLeadMs ? lead : 0);
}

const sameMomentMs = hourMs;
const longestLeadMs = 24 * sameMomentMs;

function state(event: SubscriptionEvent, fact: LifecycleFact): Reading {
  return facts(withBuyer(event, fact));
}

function withBuyer(event: SubscriptionEvent, fact: LifecycleFact & { readonly kind: LifecycleKind }): ReadFact {
  const { subscription } = event;
  const { identity, declaredType, metadata } = buyerOf(event, subscription.initial_order_metadata);
  return {
    fact: compact<LifecycleFact>({ ...fact, tells: ['buyer'], declaredType, bought: soldBy(subscription) }),
    subscription: subscription.subs_id,
    identity,
    paymentIds: [],
    metadata,
  };
}

function soldBy({ price_point: price }: Subscription): LifecycleFact['bought'] {
  const currency = price?.currency?.code ?? undefined;
  const items = boughtAtPrice(price, currency);
  return items && compact<NonNullable<LifecycleFact['bought']>>({ items, currency });
}
