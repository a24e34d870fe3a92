/** Subscription invoices: the money of subscriptions. https://docs.lemonsqueezy.com/api/subscription-invoices/the-subscription-invoice-object */
import type { LifecycleFact, PaymentFact, PaymentLine, RefundFact } from '../../domain/fact';
import { freeTrialMoneyId } from '../../domain/fact';
import type { Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { minorFromInteger } from '../money';
import { facts, unreadable } from '../schema-mismatch';
import { netOf } from './amounts';
import { buyerOf } from './buyer';
import type { EventContext, Invoice } from './schema';

export function readPaidInvoice(invoice: Invoice, context: EventContext): Reading {
  const { currency, subscription_id: subscription } = invoice;
  const amountMinor = minorFromInteger(invoice.total);
  if (amountMinor === null) return unreadable('data.attributes.total: expected an amount');
  const occurredAtMs = paidAtMs(invoice);
  if (occurredAtMs === undefined) return unreadable('data.attributes.updated_at: expected a date');
  const { identity, declaredType, metadata } = buyerOf(invoice, context.customData);
  const fact = compact<PaymentFact>({
    ...classify(invoice),
    moneyId: moneyIdOf(invoice, context),
    occurredAtMs,
    amountMinor,
    currency,
    netMinor: netOf(invoice),
    declaredType,
    lines: linesOf(invoice, amountMinor),
  });
  return facts({ fact, subscription, identity, paymentIds: [], metadata });
}

export function readFailedInvoice(invoice: Invoice, context: EventContext): Reading {
  const { currency, subscription_id: subscription } = invoice;
  const occurredAtMs = paidAtMs(invoice);
  if (occurredAtMs === undefined) return unreadable('data.attributes.updated_at: expected a date');
  const { identity, declaredType, metadata } = buyerOf(invoice, context.customData);
  const fact = compact<LifecycleFact>({
    kind: 'payment_failed',
    occurredAtMs,
    moneyId: moneyIdOf(invoice, context),
    amountMinor: minorFromInteger(invoice.total) ?? undefined,
    currency,
    declaredType,
  });
  return facts({ fact, subscription, identity, paymentIds: [], metadata });
}

export function readRefundedInvoice(invoice: Invoice, context: EventContext): Reading {
  const occurredAtMs = invoice.refunded_at ?? invoice.updated_at;
  if (occurredAtMs === undefined) return unreadable('data.attributes.refunded_at: expected a date');
  const amountMinor = typeof invoice.refunded_amount === 'number' ? minorFromInteger(invoice.refunded_amount) : null;
  if (amountMinor === null && invoice.refunded !== true) return unreadable('data.attributes.refunded_amount: expected an amount');
  const moneyId = moneyIdOf(invoice, context);
  // The total refunded so far, under one id: the latest event counts.
  const fact = compact<RefundFact>({
    kind: 'refund',
    moneyId,
    occurredAtMs,
    refundId: `${moneyId}:refunded`,
    amountMinor: amountMinor ?? undefined,
    cause: 'refund',
  });
  return facts({ fact, subscription: invoice.subscription_id, identity: {}, paymentIds: [] });
}

/** An invoice is made when payment is due, and may be paid two weeks later. */
function paidAtMs({ created_at: createdAtMs, updated_at: updatedAtMs }: Invoice): number | undefined {
  return updatedAtMs ?? createdAtMs;
}

type Classification = Pick<PaymentFact, 'kind' | 'inferredType' | 'otherCharge' | 'occasion' | 'awaits'>;

function classify(invoice: Invoice): Classification {
  switch (invoice.billing_reason) {
    case 'initial':
      // The invoice does not say whether a trial begins; the subscription does.
      return { kind: 'conversion', occasion: 'start', inferredType: 'subscription', awaits: ['trial'] };
    case 'renewal':
      // Only the order's history decides between conversion and renewal.
      return { kind: 'renewal', occasion: 'cycle' };
    case 'updated':
      // For the rest of a period: whether anything was paid before it does not say.
      return { kind: 'other_charge', otherCharge: 'plan_change', occasion: 'change' };
    default:
      return { kind: 'other_charge', otherCharge: 'other_charge' };
  }
}

/** Invoices list no lines; two kinds of them say what their only one is. */
function linesOf(invoice: Invoice, amountMinor: number): readonly PaymentLine[] | undefined {
  if (invoice.billing_reason === 'updated') return [{ amountMinor, of: 'period', proration: true }];
  return isOfNothing(invoice) ? [{ amountMinor: 0, of: 'period' }] : undefined;
}

/** Nothing was charged, and no discount paid: a trial, a price of zero, or a period in which nothing was used. */
function isOfNothing({ total, discount_total: discount }: Invoice): boolean {
  return total === 0 && (discount ?? 0) === 0;
}

/** The invoice of a free trial and the subscription that begins with it are one purchase. */
function moneyIdOf(invoice: Invoice, { id }: EventContext): string {
  return invoice.billing_reason === 'initial' && isOfNothing(invoice)
    ? freeTrialMoneyId(invoice.subscription_id)
    : `invoice_${id}`;
}
