/** Reads RevenueCat's events by their type. docs/providers/revenuecat.md has the decisions. */
import type { LifecycleFact, LifecycleKind, PaymentFact, RefundFact } from '../../domain/fact';
import type { Reading, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { facts, ignored, notNeeded, schemaMismatch, unreadable } from '../schema-mismatch';
import { boughtItem, boughtList } from '../../domain/bought-item';
import { minorOfPrice, netOf } from './amounts';
import { buyerOf } from './buyer';
import { bodySchema, eventSchema, typeSchema } from './schema';
import type { RevenuecatEvent } from './schema';

export function readEvent(body: unknown, context: ReadingContext): Reading {
  const wrapped = bodySchema.safeParse(body);
  if (!wrapped.success) return unreadable(schemaMismatch(wrapped.error, ''));
  const typed = typeSchema.safeParse(wrapped.data.event);
  if (!typed.success) return unreadable(schemaMismatch(typed.error, 'event'));
  const { type } = typed.data;
  const read = readers.get(type);
  if (!read) {
    const reason = otherwise.get(type);
    return reason === undefined ? notNeeded(type) : ignored(reason);
  }
  const event = eventSchema.safeParse(wrapped.data.event);
  return event.success ? read(event.data, context) : unreadable(schemaMismatch(event.error, 'event'));
}

const readers: ReadonlyMap<string, (event: RevenuecatEvent, context: ReadingContext) => Reading> = new Map([
  ['INITIAL_PURCHASE', readPayment],
  ['RENEWAL', readPayment],
  ['NON_RENEWING_PURCHASE', readPayment],
  ['CANCELLATION', readCancellation],
  ['REFUND_REVERSED', (event: RevenuecatEvent) => readRefund(event, 'dispute_won')],
  ['UNCANCELLATION', (event: RevenuecatEvent) => readState(event, 'cancellation_undone')],
  ['EXPIRATION', readExpiration],
  ['SUBSCRIPTION_PAUSED', (event: RevenuecatEvent) => readState(event, 'paused', event.expiration_at_ms)],
  ['BILLING_ISSUE', readBillingIssue],
  ['PRODUCT_CHANGE', (event: RevenuecatEvent) => readState(event, 'price_changed')],
  ['SUBSCRIPTION_EXTENDED', (event: RevenuecatEvent) => readState(event, 'updated')],
]);

/** The reasons for ignoring events that might seem to matter. */
const otherwise: ReadonlyMap<string, string> = new Map([
  ['TEST', "a test of RevenueCat's dashboard"],
  ['INVOICE_ISSUANCE', 'not paid yet; INITIAL_PURCHASE or RENEWAL follows'],
  ['TEMPORARY_ENTITLEMENT_GRANT', 'not known to be paid; INITIAL_PURCHASE follows'],
  ['TRANSFER', 'the purchase itself came before'],
]);

function readPayment(event: RevenuecatEvent, { roleOf }: ReadingContext): Reading {
  if (event.is_family_share === true) return ignored('shared within a family: nothing was paid');
  if (event.period_type === 'PROMOTIONAL') return ignored('granted by the merchant: nothing was paid');
  const { transaction_id: moneyId } = event;
  if (!moneyId) return unreadable('event.transaction_id: expected a text');
  const price = priceOf(event);
  if ('problem' in price) return unreadable(price.problem);
  const { amountMinor, currency, unpriced } = price;
  const classification = classify(event, amountMinor === 0 && !unpriced);
  const isOneOff = classification.kind === 'one_off';
  const { identity, declaredType, metadata } = buyerOf(event);
  const fact = compact<PaymentFact>({
    ...classification,
    moneyId,
    // Stores announce renewals up to a day before the period begins.
    occurredAtMs: Math.min(event.purchased_at_ms ?? Infinity, event.event_timestamp_ms),
    amountMinor,
    currency,
    unpriced,
    netMinor: netOf(amountMinor, event.tax_percentage),
    declaredType,
    role: roleOfPeriod(event, roleOf),
    bought: boughtList([boughtItem({ id: event.product_id, unitMinor: listedOf(event, price) })]),
    periodStartMs: isOneOff ? undefined : (event.purchased_at_ms ?? undefined),
    periodEndMs: isOneOff ? undefined : (event.expiration_at_ms ?? undefined),
  });
  const subscription = isOneOff ? moneyId : orderOf(event, moneyId);
  return facts({ fact, subscription, identity, paymentIds: [], metadata });
}

type Classification = Pick<PaymentFact, 'kind' | 'inferredType' | 'occasion' | 'trial' | 'paidPeriod'>;

/** A product has one id for its trial, its introductory price and its regular one: which of them was paid RevenueCat says, not the map. */
function roleOfPeriod(event: RevenuecatEvent, roleOf: ReadingContext['roleOf']): PaymentFact['role'] {
  const role = event.product_id ? roleOf(event.product_id) : undefined;
  return role === 'regular' && isTrialPeriod(event) ? undefined : role;
}

/** An introductory price may have several periods: they renew as INTRO, and the first NORMAL one is the conversion. */
function isTrialPeriod({ type, period_type: period }: RevenuecatEvent): boolean {
  return type !== 'NON_RENEWING_PURCHASE' && (period === 'TRIAL' || period === 'INTRO');
}

/** RevenueCat knows the history: the type of the period, and whether a trial came before. */
function classify(event: RevenuecatEvent, isForNothing: boolean): Classification {
  const { type, period_type: period, is_trial_conversion: isConversion } = event;
  if (type === 'NON_RENEWING_PURCHASE') return { kind: 'one_off', inferredType: 'lifetime' };
  const trial = isTrialPeriod(event);
  if (trial) {
    const inferredType = isForNothing ? 'free_trial' : 'paid_trial';
    if (type === 'INITIAL_PURCHASE') return { kind: 'trial_start', occasion: 'start', trial, inferredType };
    // A returning customer may get another trial.
    return { kind: period === 'TRIAL' ? 'trial_start' : 'renewal', trial, inferredType };
  }
  if (type === 'INITIAL_PURCHASE') return { kind: 'conversion', occasion: 'start', trial, inferredType: 'subscription' };
  return isConversion === true ? { kind: 'conversion', trial, inferredType: 'free_trial' } : { kind: 'renewal', trial };
}

type Price = { readonly amountMinor: number; readonly currency: string; readonly unpriced?: true } | { readonly problem: string };

/** The charged amount; in US dollars when RevenueCat knows no other currency. A trial costs nothing, and some stores tell no price. */
function priceOf({ price_in_purchased_currency: charged, currency, price, period_type: period }: RevenuecatEvent): Price {
  const [value, code] = typeof charged === 'number' && currency ? [charged, currency] : [price, 'USD'];
  if (typeof value !== 'number') {
    const unknown = { amountMinor: 0, currency: currency ?? 'USD' };
    return period === 'TRIAL' ? unknown : { ...unknown, unpriced: true };
  }
  const amountMinor = value < 0 ? null : minorOfPrice(value, code);
  return amountMinor === null
    ? { problem: 'event.price_in_purchased_currency: expected an amount' }
    : { amountMinor, currency: code };
}

/** What is charged for one product is its listed price, unless a trial, an introduction or an offer makes it another: that is not said. */
function listedOf(
  event: RevenuecatEvent,
  { amountMinor, unpriced }: Exclude<Price, { readonly problem: string }>,
): number | undefined {
  const isOffer = isTrialPeriod(event) || Boolean(event.offer_code);
  return unpriced || isOffer ? undefined : amountMinor;
}

/** RevenueCat sends refunds as cancellations too, with a negative price; those cancel nothing. A failed payment has an event of its own. */
function readCancellation(event: RevenuecatEvent): Reading {
  if ((event.price_in_purchased_currency ?? event.price ?? 0) < 0) return readRefund(event, 'refund');
  switch (event.cancel_reason) {
    case 'CUSTOMER_SUPPORT':
      return readRefund(event, 'refund');
    case 'BILLING_ERROR':
      return readBillingIssue(event);
    default:
      return readState(event, 'cancellation_scheduled', null, event.expiration_at_ms ?? undefined);
  }
}

function readRefund(event: RevenuecatEvent, cause: RefundFact['cause']): Reading {
  const { transaction_id: moneyId } = event;
  if (!moneyId) return unreadable('event.transaction_id: expected a text');
  const { price_in_purchased_currency: back, currency } = event;
  const amountMinor = typeof back === 'number' && back !== 0 && currency ? minorOfPrice(back, currency) : null;
  const fact = compact<RefundFact>({
    kind: 'refund',
    moneyId,
    occurredAtMs: event.event_timestamp_ms,
    // One for each transaction: the reversal of a refund names no other id.
    refundId: `${moneyId}:refund`,
    amountMinor: amountMinor ?? undefined,
    cause,
  });
  // Whether it was a one-off, which is an order of its own, the event does not say.
  return facts({ fact, subscription: null, identity: {}, paymentIds: [] });
}

/** A pause ends the period like an expiration, but not the subscription. */
function readExpiration(event: RevenuecatEvent): Reading {
  const isPause = event.expiration_reason === 'SUBSCRIPTION_PAUSED';
  return readState(event, isPause ? 'paused' : 'ended', event.expiration_at_ms);
}

/** Without a money id: the transaction that it names is the last one that was paid. */
function readBillingIssue(event: RevenuecatEvent): Reading {
  return readState(event, 'payment_failed');
}

function readState(event: RevenuecatEvent, kind: LifecycleKind, atMs?: number | null, endsAtMs?: number): Reading {
  const subscription = event.original_transaction_id ?? event.transaction_id;
  if (!subscription) return unreadable('event.original_transaction_id: expected a text');
  const { identity, declaredType, metadata } = buyerOf(event);
  const fact = compact<LifecycleFact>({ kind, occurredAtMs: atMs ?? event.event_timestamp_ms, declaredType, endsAtMs });
  return facts({ fact, subscription, identity, paymentIds: [], metadata });
}

function orderOf({ original_transaction_id: subscription }: RevenuecatEvent, moneyId: string): string {
  return subscription ?? moneyId;
}
