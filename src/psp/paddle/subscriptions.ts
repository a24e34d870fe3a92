/**
 * Subscriptions: what is known of the trial, and what happens beside payments. Never money, but for the start of a trial that takes
 * no payment method and so may have no transaction. https://developer.paddle.com/api-reference/subscriptions/overview
 */
import type { LifecycleFact, LifecycleKind, PaymentFact, TrialWindow } from '../../domain/fact';
import { freeTrialMoneyId } from '../../domain/fact';
import type { ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { mayBeRegular } from '../../domain/phase';
import { readMetadata, withCustomer } from '../metadata';
import { facts, unreadable } from '../schema-mismatch';
import { sumOfPrices } from './amounts';
import { boughtItems } from './bought';
import type { EventContext, PaddleSubscription } from './schema';

/** The only event that says that there is *no* trial, and which transaction the subscription came of. */
export function readCreated(subscription: PaddleSubscription, context: EventContext, path: string): Reading {
  const began = lifecycle(subscription, 'began', beganAtMs(subscription, context), { trials: trialsOf(subscription) });
  if (began === null) return undated(path);
  const start = trialWithoutTransaction(subscription, began, context);
  return start ? facts(began, start) : facts(began);
}

export function readTrialing(subscription: PaddleSubscription, context: EventContext, path: string): Reading {
  return factOrUndated(
    lifecycle(subscription, 'began', beganAtMs(subscription, context), { trials: laterTrialsOf(subscription) }),
    path,
  );
}

/** The first full period is due, or has just been paid. Also after a trial, so it says nothing of a beginning. */
export function readActivated(subscription: PaddleSubscription, context: EventContext, path: string): Reading {
  return factOrUndated(
    lifecycle(subscription, 'updated', changedAtMs(subscription, context), { trials: laterTrialsOf(subscription) }),
    path,
  );
}

/** Brought from another system, where it may have been paid for years: its next payment is a renewal, not a conversion. */
export function readImported(subscription: PaddleSubscription, context: EventContext, path: string): Reading {
  return factOrUndated(
    lifecycle(subscription, 'updated', changedAtMs(subscription, context), { trials: laterTrialsOf(subscription) }),
    path,
  );
}

export function readResumed(subscription: PaddleSubscription, context: EventContext, path: string): Reading {
  return factOrUndated(
    lifecycle(subscription, 'resumed', changedAtMs(subscription, context), { trials: laterTrialsOf(subscription) }),
    path,
  );
}

/** The event names no transaction; `transaction.past_due` does. */
export function readPastDue(subscription: PaddleSubscription, context: EventContext, path: string): Reading {
  return factOrUndated(
    lifecycle(subscription, 'payment_failed', changedAtMs(subscription, context), { trials: laterTrialsOf(subscription) }),
    path,
  );
}

/**
 * `subscription.updated`, `.paused` and `.canceled`. Paddle does not say what changed, so the state itself is read: an update without a
 * scheduled cancellation undoes an earlier one.
 */
export function readState(subscription: PaddleSubscription, context: EventContext, path: string): Reading {
  const { status, scheduled_change: change, paused_at: pausedAtMs, canceled_at: canceledAtMs } = subscription;
  const changed = changedAtMs(subscription, context);
  const trials = laterTrialsOf(subscription);
  if (status === 'canceled') return factOrUndated(lifecycle(subscription, 'ended', canceledAtMs ?? changed, { trials }), path);
  if (status === 'paused') return factOrUndated(lifecycle(subscription, 'paused', pausedAtMs ?? changed, { trials }), path);
  if (change?.action === 'cancel') {
    return factOrUndated(
      lifecycle(subscription, 'cancellation_scheduled', changed, { trials, endsAtMs: change.effective_at }),
      path,
    );
  }
  return factOrUndated(lifecycle(subscription, 'cancellation_undone', changed, { trials }), path);
}

function beganAtMs(
  { started_at: startedAtMs, created_at: createdAtMs }: PaddleSubscription,
  context: EventContext,
): number | undefined {
  return startedAtMs ?? createdAtMs ?? context.occurredAtMs;
}

/** The entity's own time first, so that a webhook and the API agree. */
function changedAtMs({ updated_at: updatedAtMs }: PaddleSubscription, context: EventContext): number | undefined {
  return updatedAtMs ?? context.occurredAtMs;
}

/** Once a trial is over its traces may be gone: only `subscription.created` says that there is none. */
function laterTrialsOf(subscription: PaddleSubscription): readonly TrialWindow[] | undefined {
  const trials = trialsOf(subscription);
  return trials.length === 0 ? undefined : trials;
}

function trialsOf({ items }: PaddleSubscription): readonly TrialWindow[] {
  const onTrial = (items ?? []).filter(({ trial_dates: dates }) => dates);
  if (onTrial.length === 0) return [];
  const starts = onTrial.flatMap(({ trial_dates: dates }) => dates?.starts_at ?? []);
  const ends = onTrial.flatMap(({ trial_dates: dates }) => dates?.ends_at ?? []);
  const isPaid = onTrial.some(({ price }) => Number(price?.trial_period?.unit_price?.amount ?? 0) > 0);
  const trial = compact<TrialWindow>({
    // A fee beside a free trial is not the subscription's: without a price of its own a trial may still have been paid for.
    kind: isPaid ? 'paid' : isCardless(onTrial) ? 'free' : undefined,
    startsAtMs: starts.length === 0 ? undefined : Math.min(...starts),
    endsAtMs: ends.length === 0 ? undefined : Math.max(...ends),
  });
  return [trial];
}

type Item = NonNullable<PaddleSubscription['items']>[number];

/** https://developer.paddle.com/build/trials/cardless-trials */
function isCardless(items: readonly Item[]): boolean {
  return items.some(({ price }) => price?.trial_period?.requires_payment_method === false);
}

function regularItems({ items }: PaddleSubscription, roleOf: EventContext['roleOf']): readonly Item[] {
  return (items ?? []).filter(({ price }) => price?.billing_cycle && mayBeRegular(price.id ? roleOf(price.id) : undefined));
}

/** If `subscription.created` names a transaction, the transaction carries the trial's start. */
function trialWithoutTransaction(subscription: PaddleSubscription, began: ReadFact, context: EventContext): ReadFact | null {
  const { status, transaction_id: transaction, id } = subscription;
  const currency = subscription.currency_code ?? 'USD';
  const [trial] = trialsOf(subscription);
  if (transaction || status !== 'trialing' || !trial || trial.kind === 'paid') return null;
  const { declaredType, occurredAtMs } = began.fact as LifecycleFact; // made by `lifecycle`
  const fact = compact<PaymentFact>({
    kind: 'trial_start',
    moneyId: freeTrialMoneyId(id),
    occurredAtMs,
    amountMinor: 0,
    currency,
    regularMinor: sumOfPrices(regularItems(subscription, context.roleOf), currency),
    bought: boughtItems(
      (subscription.items ?? []).map((item) => ({ ...item, priceId: item.price?.id ?? undefined })),
      currency,
      context,
    ),
    inferredType: 'free_trial',
    declaredType,
    occasion: 'start',
    trial: true,
    periodStartMs: trial.startsAtMs,
    periodEndMs: trial.endsAtMs,
  });
  return { ...began, fact };
}

function lifecycle(
  subscription: PaddleSubscription,
  kind: LifecycleKind,
  occurredAtMs: number | undefined,
  { trials, endsAtMs }: { readonly trials?: readonly TrialWindow[] | undefined; readonly endsAtMs?: number | undefined },
): ReadFact | null {
  if (occurredAtMs === undefined) return null;
  const { hints, purchaseType, metadata } = readMetadata(subscription.custom_data);
  // The beginning is read again later, from the entity as it is then: its payment or its trial says when the next one is due.
  const nextDueAtMs = kind === 'began' ? undefined : subscription.next_billed_at;
  const fact = compact<LifecycleFact>({ kind, occurredAtMs, trials, declaredType: purchaseType, endsAtMs, nextDueAtMs });
  return {
    fact,
    subscription: subscription.id,
    identity: withCustomer(hints, { customerId: subscription.customer_id }),
    paymentIds: [],
    metadata,
  };
}

/** The fact, or `unreadable` when it has no time. */
function factOrUndated(fact: ReadFact | null, path: string): Reading {
  return fact ? facts(fact) : undated(path);
}

function undated(path: string): Reading {
  return unreadable(`${path === '' ? '' : `${path}.`}updated_at: expected a date`);
}
