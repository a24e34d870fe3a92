/** Subscriptions: what is known of the trial, the start of a free one, and what happens beside payments. */
import { dayMs } from '../../domain/duration';
import type { LifecycleFact, LifecycleKind, PaymentFact } from '../../domain/fact';
import { freeTrialMoneyId } from '../../domain/fact';
import type { ReadFact, Reading, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { withCustomer } from '../metadata';
import { facts, unreadable } from '../schema-mismatch';
import { moneyOf } from './amounts';
import { soldBySubscription } from './bought';
import { readCustomId } from './custom-id';
import { firstInstant, instantOf } from '../instants';
import { regularPriceOf } from './plan';
import type { PaypalEvent, PaypalSubscription } from './schema';
import { cyclesOf, freeTrialUntil, isTrialFree, mayBeCharged } from './trials';

/**
 * The buyer has approved, or the merchant reactivates what was suspended: then it is no beginning, and a subscription that is older
 * than this service stays of unknown beginning.
 */
export function readActivated(subscription: PaypalSubscription, event: PaypalEvent, context: ReadingContext): Reading {
  if (isReactivation(subscription)) return readResumed(subscription, event, context);
  const began = beginningOf(subscription, event.create_time, context);
  if (began.length === 0) return unreadable('resource.create_time: expected a time');
  const resumed = mayBeResumed(subscription) ? readResumed(subscription, event, context) : null;
  return facts(...began, ...(resumed?.kind === 'facts' ? resumed.facts : []));
}

/** The beginning, with or without a trial; and the start of a free trial, which is the only purchase without money. */
export function beginningOf(
  subscription: PaypalSubscription,
  toldAt: string | null | undefined,
  context: ReadingContext,
): readonly ReadFact[] {
  const occurredAtMs = beganAtMs(subscription) ?? firstInstant(subscription.status_update_time, toldAt);
  if (occurredAtMs === undefined) return [];
  const who = buyerOf(subscription);
  const began = stateFact(subscription, context, {
    kind: 'began',
    occurredAtMs,
    isBeginning: true,
  });
  const isFree = isTrialFree(subscription) && context.roleOf(subscription.plan_id ?? '') !== 'trial';
  const start = isFree ? freeTrialStart(subscription, startedAtMs(subscription, toldAt) ?? occurredAtMs) : null;
  const of = { subscription: subscription.id, identity: who.identity, metadata: who.metadata, paymentIds: [] };
  return [...(start ? [{ fact: start, ...of }] : []), { fact: began, ...of }];
}

/** A buyer may approve days after the checkout was made. PayPal moves the start to that moment, unless it is set for later. */
function startedAtMs(subscription: PaypalSubscription, toldAt: string | null | undefined): number | undefined {
  const madeAtMs = beganAtMs(subscription);
  const changedAtMs = firstInstant(subscription.status_update_time, toldAt);
  const startsAtMs = instantOf(subscription.start_time);
  if (madeAtMs === undefined || changedAtMs === undefined || startsAtMs === undefined) return madeAtMs;
  return Math.max(madeAtMs, Math.min(startsAtMs, changedAtMs));
}

/** When the checkout was: it never changes, whatever happens to the subscription later. */
export function beganAtMs({ create_time: created, start_time: starts }: PaypalSubscription): number | undefined {
  return firstInstant(created, starts);
}

export function readResumed(subscription: PaypalSubscription, event: PaypalEvent, context: ReadingContext): Reading {
  return state(subscription, 'resumed', event, context);
}

export function readUpdated(subscription: PaypalSubscription, event: PaypalEvent, context: ReadingContext): Reading {
  const changedAtMs = firstInstant(subscription.update_time, event.create_time, subscription.status_update_time);
  return stateAt(subscription, 'updated', changedAtMs, context);
}

/** By the merchant, or by PayPal after too many failed payments. */
export function readPaused(subscription: PaypalSubscription, event: PaypalEvent, context: ReadingContext): Reading {
  return state(subscription, 'paused', event, context);
}

/** Cancelled takes effect at once, there is no end of the period to wait for; expired: all cycles of the plan are paid. */
export function readEnded(subscription: PaypalSubscription, event: PaypalEvent, context: ReadingContext): Reading {
  return state(subscription, 'ended', event, context);
}

/** PayPal tries again; the attempt has no id. */
export function readFailedPayment(subscription: PaypalSubscription, event: PaypalEvent, context: ReadingContext): Reading {
  const failed = subscription.billing_info?.last_failed_payment;
  const occurredAtMs = firstInstant(failed?.time, event.create_time, subscription.status_update_time);
  if (occurredAtMs === undefined) return unreadable('resource.billing_info.last_failed_payment.time: expected a time');
  const money = failed?.amount ? moneyOf(failed.amount.value, failed.amount.currency_code) : null;
  const fact = compact<LifecycleFact>({
    ...stateFact(subscription, context, { kind: 'payment_failed', occurredAtMs }),
    amountMinor: money?.amountMinor,
    currency: money?.currency,
  });
  const { identity, metadata } = buyerOf(subscription);
  return facts({ fact, subscription: subscription.id, identity, metadata, paymentIds: [] });
}

function state(
  subscription: PaypalSubscription,
  kind: LifecycleKind,
  event: Pick<PaypalEvent, 'create_time'>,
  context: ReadingContext,
): Reading {
  const changedAtMs = firstInstant(subscription.status_update_time, event.create_time, subscription.update_time);
  return stateAt(subscription, kind, changedAtMs, context);
}

function stateAt(
  subscription: PaypalSubscription,
  kind: LifecycleKind,
  occurredAtMs: number | undefined,
  context: ReadingContext,
): Reading {
  if (occurredAtMs === undefined) return unreadable('resource.status_update_time: expected a time');
  const fact = stateFact(subscription, context, { kind, occurredAtMs });
  const { identity, metadata } = buyerOf(subscription);
  return facts({ fact, subscription: subscription.id, identity, metadata, paymentIds: [] });
}

function stateFact(
  subscription: PaypalSubscription,
  context: ReadingContext,
  { kind, occurredAtMs, isBeginning = false }: Pick<LifecycleFact, 'kind' | 'occurredAtMs'> & { readonly isBeginning?: boolean },
): LifecycleFact {
  const { declaredType } = buyerOf(subscription);
  const cycles = cyclesOf(subscription);
  const hasTrial = cycles !== undefined && cycles.trialsBilled + cycles.trialsLeft.length > 0;
  const role = subscription.plan_id ? context.roleOf(subscription.plan_id) : undefined;
  const isBilled = kind !== 'ended' && kind !== 'paused';
  return compact<LifecycleFact>({
    kind,
    occurredAtMs,
    trials: isBeginning && !hasTrial ? [] : undefined,
    cycles: cycles && (role === 'trial' ? { ...cycles, trialKind: 'paid' } : cycles),
    // A plan has the prices of its trial and the regular one: which of them a payment paid the cycles say, not the map.
    planRole: !subscription.plan_id ? undefined : role === 'ignore' || role === 'lifetime' ? role : null,
    // A count without the beginning does not tell which payments are the first ones.
    tells: isBeginning ? ['buyer', 'trial'] : ['buyer'],
    regularPrice: isBeginning && hasTrial ? regularPriceOf(subscription) : undefined,
    bought: soldBySubscription(subscription),
    declaredType,
    nextDueAtMs: isBilled ? instantOf(subscription.billing_info?.next_billing_time) : undefined,
  });
}

/** PayPal reports a trial's own charge some seconds after the activation, seen up to half a minute. */
const chargeFollowsMs = 60_000;

function freeTrialStart(subscription: PaypalSubscription, occurredAtMs: number): PaymentFact {
  const { declaredType } = buyerOf(subscription);
  return compact<PaymentFact>({
    kind: 'trial_start',
    moneyId: freeTrialMoneyId(subscription.id),
    occurredAtMs,
    amountMinor: 0,
    currency: subscription.billing_info?.outstanding_balance?.currency_code ?? 'USD',
    regularMinor: regularPriceOf(subscription)?.amountMinor,
    inferredType: 'free_trial',
    declaredType,
    occasion: 'start',
    trial: true,
    bought: soldBySubscription(subscription)?.items,
    periodEndMs: freeTrialUntil(subscription),
    // The beginning comes in the same event, and may tell that a payment was the start.
    ...(mayBeCharged(subscription) ? { awaits: ['trial', 'charge'], patienceMs: chargeFollowsMs } : { awaits: ['trial'] }),
  });
}

export function buyerOf(
  subscription: PaypalSubscription,
): Pick<ReadFact, 'identity'> & Required<Pick<ReadFact, 'metadata'>> & Pick<LifecycleFact, 'declaredType'> {
  const { hints, purchaseType, metadata } = readCustomId(subscription.custom_id);
  const agreementPayer = subscription.payer?.payer_info;
  const identity = withCustomer(hints, {
    customerId: subscription.subscriber?.payer_id ?? agreementPayer?.payer_id,
    email: subscription.subscriber?.email_address ?? agreementPayer?.email,
  });
  return purchaseType === undefined ? { identity, metadata } : { identity, metadata, declaredType: purchaseType };
}

/** Activated a day after it was made or later: approved late, or suspended before. As a first activation it does no harm to call it resumed. */
function mayBeResumed({ create_time: created, status_update_time: changed }: PaypalSubscription): boolean {
  return (instantOf(changed) ?? 0) - (instantOf(created) ?? Infinity) >= dayMs;
}

/** The activation of what was billed more than once: the merchant reactivates a subscription that was suspended. */
function isReactivation(subscription: PaypalSubscription): boolean {
  return (cyclesOf(subscription)?.regularBilled ?? 0) > 1;
}
