/** Money: sales (of subscriptions, and one-offs of the old API) and captures (one-offs). */
import type { LifecycleFact, PaymentFact } from '../../domain/fact';
import type { IdentityHints } from '../../domain/identity';
import type { ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import type { Money } from './amounts';
import { moneyOf } from './amounts';
import { readCustomId } from './custom-id';
import { firstInstant, instantOf } from '../instants';
import type { Capture, Order, PaypalEvent, Sale } from './schema';

export function readSale(sale: Sale, event: PaypalEvent): Reading {
  const money = moneyOf(sale.amount.total, sale.amount.currency);
  if (!money) return unreadable('resource.amount.total: expected an amount');
  const occurredAtMs = firstInstant(sale.create_time, sale.update_time, event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const { hints, purchaseType } = readCustomId(sale.custom, sale.custom_id);
  const tax = sale.amount.details?.tax;
  const net = tax === null || tax === undefined ? null : netOf(money, tax);
  const paymentIds = sale.parent_payment ? [sale.parent_payment] : [];
  if (!sale.billing_agreement_id) {
    const fact = compact<PaymentFact>({
      ...oneOff({ moneyId: sale.id, occurredAtMs, money }),
      netMinor: net ?? undefined,
      declaredType: purchaseType,
    });
    return facts({ fact, subscription: sale.id, identity: hints, paymentIds });
  }
  const subscription = sale.billing_agreement_id;
  const fact = subscriptionPayment({ moneyId: sale.id, occurredAtMs, money, netMinor: net });
  const declared = purchaseType === undefined ? fact : { ...fact, declaredType: purchaseType };
  return facts({ fact: declared, subscription, identity: hints, paymentIds });
}

/** A payment, from a sale or from a transaction of the API. */
export interface SubscriptionPayment {
  readonly moneyId: string;
  readonly occurredAtMs: number;
  readonly money: Money;
  readonly netMinor: number | null;
}

/**
 * PayPal does not say which cycle was paid. Only the subscription's own events say whether it was the trial's, so the payment waits a
 * little for them; after that the order's history decides.
 */
export function subscriptionPayment({ moneyId, occurredAtMs, money, netMinor }: SubscriptionPayment): PaymentFact {
  return compact<PaymentFact>({
    kind: 'renewal',
    moneyId,
    occurredAtMs,
    ...money,
    netMinor: netMinor ?? undefined,
    awaitsState: true,
  });
}

/** Gross less tax; null where that is no amount. */
export function netOf({ amountMinor, currency }: Money, tax: string): number | null {
  const taxed = moneyOf(tax, currency);
  return taxed && taxed.amountMinor <= amountMinor ? amountMinor - taxed.amountMinor : null;
}

export function readFailedSale(sale: Sale, event: PaypalEvent): Reading {
  const { hints } = readCustomId(sale.custom, sale.custom_id);
  const money = moneyOf(sale.amount.total, sale.amount.currency);
  return failure({ moneyId: sale.id, subscription: sale.billing_agreement_id ?? sale.id, identity: hints, money }, sale, event);
}

/** https://developer.paypal.com/docs/api/payments/v2/#captures_get */
export function readCapture(capture: Capture, event: PaypalEvent): Reading {
  const money = moneyOf(capture.amount.value, capture.amount.currency_code);
  if (!money) return unreadable('resource.amount.value: expected an amount');
  const occurredAtMs = firstInstant(capture.create_time, capture.update_time, event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const { hints, purchaseType } = readCustomId(capture.custom_id);
  const fact = compact<PaymentFact>({
    ...oneOff({ moneyId: capture.id, occurredAtMs, money }),
    declaredType: purchaseType,
  });
  const order = capture.supplementary_data?.related_ids?.order_id;
  return facts({ fact, subscription: capture.id, identity: hints, paymentIds: order ? [order] : [] });
}

export function readFailedCapture(capture: Capture, event: PaypalEvent): Reading {
  const { hints } = readCustomId(capture.custom_id);
  const money = moneyOf(capture.amount.value, capture.amount.currency_code);
  return failure({ moneyId: capture.id, subscription: capture.id, identity: hints, money }, capture, event);
}

/** Captures carry the money; only the order names the buyer. */
export function readOrder(order: Order, event: PaypalEvent): Reading {
  const occurredAtMs = firstInstant(order.update_time, order.create_time, event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const { payer } = order;
  const phone = payer?.phone?.phone_number;
  const read = (order.purchase_units ?? []).flatMap(({ custom_id: customId, payments }): readonly ReadFact[] => {
    const identity = withCustomer(readCustomId(customId).hints, {
      customerId: payer?.payer_id,
      email: payer?.email_address,
      phone: phone?.national_number && phone.country_code ? `+${phone.country_code}${phone.national_number}` : undefined,
    });
    if (Object.keys(identity).length === 0) return [];
    const captures = (payments?.captures ?? []).filter(({ status }) => status === 'COMPLETED');
    return captures.map(({ id }) => ({ fact: { kind: 'updated', occurredAtMs }, subscription: id, identity, paymentIds: [] }));
  });
  return read.length > 0 ? facts(...read) : ignored('PAYMENT.CAPTURE.COMPLETED carries the payment');
}

function oneOff({ moneyId, occurredAtMs, money }: Omit<SubscriptionPayment, 'netMinor'>): PaymentFact {
  return { kind: 'one_off', moneyId, occurredAtMs, ...money, inferredType: 'lifetime' };
}

interface FailedPayment {
  readonly moneyId: string;
  readonly subscription: string;
  readonly identity: IdentityHints;
  readonly money: Money | null;
}

function failure(
  { moneyId, subscription, identity, money }: FailedPayment,
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
  return facts({ fact, subscription, identity, paymentIds: [] });
}
