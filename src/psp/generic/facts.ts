import type { LifecycleKind, PaymentFact, PurchaseType, RefundFact, SubscriptionFact } from '../../domain/fact';
import { freeTrialMoneyId } from '../../domain/fact';
import { minorFromDecimal } from '../../domain/money';
import type { Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { readMetadata, withCustomer } from '../metadata';
import { facts, problemsOf, reasonOf, unreadable } from '../schema-mismatch';
import { boughtBy, listedMinor } from './bought';
import { lackingIn } from './lacking';
import { genericSchema } from './schema';
import type { GenericEvent } from './schema';

/** Reads events that the merchant's own code sends after our documentation: an event that does not fit is quarantined with the names of its fields. */
export function readGeneric(body: unknown): Reading {
  const parsed = genericSchema.safeParse(body);
  // All of it at once, so that whoever writes the sender corrects it once.
  const lacking = lackingIn(body);
  if (!parsed.success || lacking.length > 0) {
    const misfits = parsed.success ? [] : problemsOf(parsed.error, '');
    const isNamed = (path: string) => lacking.some((one) => one.path === path);
    return unreadable(reasonOf([...misfits.filter(({ path }) => !isNamed(path)), ...lacking]));
  }
  const event = parsed.data;
  const { hints, purchaseType, metadata } = readMetadata(event.metadata);
  const fact = factOf(event, event.purchase_type ?? purchaseType);
  if ('missing' in fact) return unreadable(fact.missing);
  const identity = withCustomer(hints, { customerId: event.customer_id });
  return facts({ fact, subscription: orderOf(event), identity, paymentIds: [], metadata });
}

/** A field that keeps an event from being a fact, and what is expected of it. */
interface Missing {
  readonly missing: string;
}

function factOf(event: GenericEvent, declaredType: PurchaseType | undefined): SubscriptionFact | Missing {
  switch (event.kind) {
    case 'trial_start':
      return trialStartOf(event, declaredType);
    case 'conversion':
    case 'renewal':
      return required(event, 'subscription_id') ?? paymentOf(event, event.kind, declaredType);
    case 'one_off':
      return paymentOf(event, 'one_off', declaredType);
    case 'refund':
      return refundOf(event);
    case 'payment_failed':
      return failureOf(event, declaredType);
    case 'cancelled':
      // The subscription will not renew; `ended` comes when it is over.
      return stateOf(event, 'cancellation_scheduled', declaredType);
    case 'ended':
      return stateOf(event, 'ended', declaredType);
  }
}

function paymentOf(
  event: GenericEvent,
  kind: PaymentFact['kind'],
  declaredType: PurchaseType | undefined,
): PaymentFact | Missing {
  const money = moneyOf(event);
  if ('missing' in money) return money;
  const { money_id: moneyId } = event;
  if (!moneyId) return missing('money_id');
  const bought = boughtBy(event);
  return compact<PaymentFact>({
    kind,
    moneyId,
    occurredAtMs: event.occurred_at,
    ...money,
    inferredType: inferredType(kind, money.amountMinor),
    declaredType,
    // What a trial leads to costs what its items are listed at.
    regularMinor: kind === 'trial_start' ? listedMinor(bought) : undefined,
    bought,
  });
}

function inferredType(kind: PaymentFact['kind'], amountMinor: number): PurchaseType | undefined {
  if (kind === 'one_off') return 'lifetime';
  if (kind === 'trial_start') return amountMinor > 0 ? 'paid_trial' : 'free_trial';
  // Only the history says whether a trial came before a conversion.
  return undefined;
}

/** A trial that costs nothing needs no payment: neither money id, nor amount, nor currency. */
function trialStartOf(event: GenericEvent, declaredType: PurchaseType | undefined): PaymentFact | Missing {
  const lacking = required(event, 'subscription_id');
  if (lacking) return lacking;
  const isFree = isNothing(event.amount) && declaredType !== 'paid_trial';
  if (!isFree) return paymentOf(event, 'trial_start', declaredType);
  const subscription = event.subscription_id ?? '';
  return paymentOf(
    { ...event, money_id: event.money_id ?? freeTrialMoneyId(subscription), amount: '0', currency: event.currency ?? 'USD' },
    'trial_start',
    declaredType,
  );
}

function isNothing(amount: string | null | undefined): boolean {
  return amount === undefined || amount === null || /^0+(\.0+)?$/.test(amount);
}

function refundOf(event: GenericEvent): RefundFact | Missing {
  const { money_id: moneyId, occurred_at: occurredAtMs } = event;
  if (!moneyId) return missing('money_id');
  // What goes back is written with a minus sign or without.
  const amount = event.amount?.replace(/^-/, '');
  const money = amount === undefined ? null : moneyOf({ ...event, amount });
  if (money && 'missing' in money) return money;
  // Without an id of its own a refund is the same refund when payment, time and amount are the same.
  const refundId = event.refund_id ?? `${moneyId}:refund:${occurredAtMs}:${money?.amountMinor ?? 'all'}`;
  return compact<RefundFact>({
    kind: 'refund',
    moneyId,
    occurredAtMs,
    refundId,
    amountMinor: money?.amountMinor,
    cause: 'refund',
  });
}

function failureOf(event: GenericEvent, declaredType: PurchaseType | undefined): SubscriptionFact | Missing {
  if (!event.subscription_id && !event.money_id) return missing('subscription_id');
  const money = event.amount === undefined || event.amount === null ? null : moneyOf(event);
  if (money && 'missing' in money) return money;
  return compact<SubscriptionFact>({
    kind: 'payment_failed',
    occurredAtMs: event.occurred_at,
    moneyId: event.money_id ?? undefined,
    declaredType,
    amountMinor: money?.amountMinor,
    currency: event.currency ?? undefined,
  });
}

function stateOf(event: GenericEvent, kind: LifecycleKind, declaredType: PurchaseType | undefined): SubscriptionFact | Missing {
  return required(event, 'subscription_id') ?? compact<SubscriptionFact>({ kind, occurredAtMs: event.occurred_at, declaredType });
}

function moneyOf({ amount, currency }: GenericEvent): { readonly amountMinor: number; readonly currency: string } | Missing {
  if (!currency) return missing('currency');
  if (amount === undefined || amount === null) return missing('amount');
  const amountMinor = minorFromDecimal(amount, currency);
  return amountMinor === null
    ? { missing: 'amount: expected a decimal with no more digits than the currency has' }
    : { amountMinor, currency };
}

/** A one-off is its own order; of a refund without a subscription ingestion finds the order by the payment. */
function orderOf({ kind, subscription_id: subscription, money_id: moneyId }: GenericEvent): string | null {
  if (kind === 'one_off') return moneyId ?? null;
  if (kind === 'refund') return subscription ?? null;
  return subscription ?? moneyId ?? null;
}

function required(event: GenericEvent, field: 'subscription_id'): Missing | null {
  return event[field] ? null : missing(field);
}

function missing(field: string): Missing {
  return { missing: `${field}: required` };
}
