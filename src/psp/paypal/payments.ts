/** Money: sales (of subscriptions, and one-offs of the old API) and captures (one-offs). */
import type { LifecycleFact, PaymentFact } from '../../domain/fact';
import type { ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { boughtInMetadata } from '../bought';
import { namesBuyer, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import type { Money } from './amounts';
import { moneyOf } from './amounts';
import { boughtByUnit } from './bought';
import { readCustomId } from './custom-id';
import { firstInstant, instantOf } from '../instants';
import type { Capture, Order, PaypalEvent, Sale } from './schema';

export function readSale(sale: Sale, event: PaypalEvent): Reading {
  const money = moneyOf(sale.amount.total, sale.amount.currency);
  if (!money) return unreadable('resource.amount.total: expected an amount');
  // An eCheck is made days before it is paid.
  const occurredAtMs = firstInstant(sale.update_time, sale.create_time, event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const { hints, purchaseType, metadata } = readCustomId(sale.custom, sale.custom_id);
  const tax = sale.amount.details?.tax;
  const netMinor = tax === null || tax === undefined ? null : netOf(money, tax);
  const madeAtMs = instantOf(sale.create_time);
  const paid = { moneyId: sale.id, occurredAtMs, madeAtMs, money, netMinor };
  const { billing_agreement_id: agreement, parent_payment: parent } = sale;
  // A sale of a subscription may lack its agreement: only the old API's payment says that it is a one-off.
  if (!agreement && !parent) return unreadable('resource.billing_agreement_id: expected string');
  const fact = agreement ? ofAgreement(agreement, paid, namesBuyer(hints)) : { ...oneOff(paid), netMinor: netMinor ?? undefined };
  return facts({
    fact: compact<PaymentFact>({ ...fact, declaredType: purchaseType }),
    subscription: agreement ?? sale.id,
    identity: hints,
    paymentIds: parent ? [parent] : [],
    metadata,
  });
}

/**
 * Of a billing agreement for reference transactions (`B-…`) there are no events but its charges, which the merchant makes himself: the
 * first one that is known is taken for the first. https://developer.paypal.com/docs/archive/reference-transactions/
 */
function ofAgreement(agreement: string, paid: SubscriptionPayment, isNamed: boolean): PaymentFact {
  if (/^B-/i.test(agreement)) {
    const { awaits: _, ...fact } = subscriptionPayment(paid);
    return { ...fact, kind: 'conversion', inferredType: 'subscription' };
  }
  return { ...subscriptionPayment(paid), awaits: isNamed ? ['trial'] : ['trial', 'buyer'] };
}

/** A payment, from a sale or from a transaction of the API. */
export interface SubscriptionPayment {
  readonly moneyId: string;
  readonly occurredAtMs: number;
  /** When its cycle was billed, where it was paid later. */
  readonly madeAtMs?: number | undefined;
  readonly money: Money;
  readonly netMinor: number | null;
}

/**
 * PayPal does not say which cycle was paid. Only the subscription's own events count the cycles, so the payment waits a little for them;
 * after that the order's history decides.
 */
export function subscriptionPayment({ moneyId, occurredAtMs, madeAtMs, money, netMinor }: SubscriptionPayment): PaymentFact {
  return compact<PaymentFact>({
    kind: 'renewal',
    moneyId,
    occurredAtMs,
    ...money,
    netMinor: netMinor ?? undefined,
    periodStartMs: madeAtMs === occurredAtMs ? undefined : madeAtMs,
    awaits: ['trial', 'buyer'],
  });
}

/** Gross less tax; null where that is no amount. */
export function netOf({ amountMinor, currency }: Money, tax: string): number | null {
  const taxed = moneyOf(tax, currency);
  return taxed && taxed.amountMinor <= amountMinor ? amountMinor - taxed.amountMinor : null;
}

export function readFailedSale(sale: Sale, event: PaypalEvent): Reading {
  const who = buyerOf(sale.custom, sale.custom_id);
  const money = moneyOf(sale.amount.total, sale.amount.currency);
  return failure({ moneyId: sale.id, subscription: sale.billing_agreement_id ?? sale.id, ...who, money }, sale, event);
}

/** https://developer.paypal.com/docs/api/payments/v2/#captures_get */
export function readCapture(capture: Capture, event: PaypalEvent): Reading {
  const money = moneyOf(capture.amount.value, capture.amount.currency_code);
  if (!money) return unreadable('resource.amount.value: expected an amount');
  // As with sales, one by eCheck completes days later.
  const occurredAtMs = firstInstant(capture.update_time, capture.create_time, event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const { hints, purchaseType, metadata } = readCustomId(capture.custom_id);
  const fact = compact<PaymentFact>({
    ...oneOff({ moneyId: capture.id, occurredAtMs, money }),
    declaredType: purchaseType,
    bought: boughtInMetadata(metadata),
    awaits: namesBuyer(hints) ? undefined : ['buyer'],
  });
  // Not under the order's id: an order may have several captures, each a payment.
  return facts({ fact, subscription: capture.id, identity: hints, paymentIds: [], metadata });
}

export function readFailedCapture(capture: Capture, event: PaypalEvent): Reading {
  const who = buyerOf(capture.custom_id);
  const money = moneyOf(capture.amount.value, capture.amount.currency_code);
  return failure({ moneyId: capture.id, subscription: capture.id, ...who, money }, capture, event);
}

/** Captures carry the money; only the order names the buyer. */
export function readOrder(order: Order, event: PaypalEvent): Reading {
  const occurredAtMs = firstInstant(order.update_time, order.create_time, event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const { payer } = order;
  const phone = payer?.phone?.phone_number;
  const read = (order.purchase_units ?? []).flatMap(({ custom_id: customId, items, payments }): readonly ReadFact[] => {
    const { hints, metadata } = readCustomId(customId);
    const identity = withCustomer(hints, {
      customerId: payer?.payer_id,
      email: payer?.email_address,
      phone: phone?.national_number && phone.country_code ? `+${phone.country_code}${phone.national_number}` : undefined,
    });
    const bought = boughtByUnit(items);
    if (Object.keys(identity).length === 0 && metadata === undefined && !bought) return [];
    const captures = (payments?.captures ?? []).filter(({ status }) => status === 'COMPLETED');
    const fact = compact<LifecycleFact>({ kind: 'updated', occurredAtMs, tells: ['buyer'], bought });
    return captures.map(({ id }) => ({ fact, subscription: id, identity, paymentIds: [], metadata }));
  });
  return read.length > 0 ? facts(...read) : ignored('PAYMENT.CAPTURE.COMPLETED carries the payment');
}

function oneOff({ moneyId, occurredAtMs, money }: Omit<SubscriptionPayment, 'netMinor'>): PaymentFact {
  return { kind: 'one_off', moneyId, occurredAtMs, ...money, inferredType: 'lifetime' };
}

function buyerOf(...texts: readonly (string | null | undefined)[]): Buyer {
  const { hints, metadata } = readCustomId(...texts);
  return { identity: hints, metadata };
}

type Buyer = Pick<ReadFact, 'identity' | 'metadata'>;

interface FailedPayment extends Buyer {
  readonly moneyId: string;
  readonly subscription: string;
  readonly money: Money | null;
}

function failure(
  { moneyId, subscription, money, ...who }: FailedPayment,
  times: { readonly update_time?: string | null | undefined; readonly create_time?: string | null | undefined },
  event: PaypalEvent,
): Reading {
  const occurredAtMs = firstInstant(times.update_time, times.create_time) ?? instantOf(event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const fact = compact<LifecycleFact>({
    kind: 'payment_failed',
    occurredAtMs,
    moneyId,
    amountMinor: money?.amountMinor,
    currency: money?.currency,
  });
  return facts({ fact, subscription, ...who, paymentIds: [] });
}
