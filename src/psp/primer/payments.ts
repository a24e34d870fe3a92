/** Payments and their refunds. One object holds both, the same in webhooks and in the API. */
import type { LifecycleFact, PaymentFact, RefundFact } from '../../domain/fact';
import type { ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { boughtItem, boughtList } from '../../domain/bought-item';
import { boughtInMetadata } from '../bought';
import { readMetadata, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { instantOf } from '../instants';
import { classify } from './classification';
import type { Payment, Transaction } from './schema';

/** `PAYMENT.STATUS`. https://primer.io/docs/api/introduction/api-responses#payment-status */
export function readStatus(payment: Payment): Reading {
  switch (payment.status) {
    case 'SETTLED':
    case 'PARTIALLY_SETTLED':
      return readPaid(payment);
    case 'AUTHORIZED':
      // Without an amount to capture, the payment only saves a payment method for a free trial.
      return payment.amount === 0 ? readPaid(payment) : openPayment(payment, 'authorized is not paid; SETTLED follows');
    case 'DECLINED':
    case 'FAILED':
      return readFailed(payment);
    case 'PENDING':
    case 'SETTLING':
      return openPayment(payment, 'not paid yet; SETTLED follows');
    case 'CANCELLED':
      return ignored('cancelled before it was paid');
    default:
      return ignored('a payment status that is not known');
  }
}

function openPayment({ id }: Payment, reason: string): Reading {
  return { kind: 'ignored', reason, openPayment: id };
}

/** `PAYMENT.REFUND`: a refund succeeded or failed. The newest refund of the payment is the one that did. */
export function readRefund(payment: Payment): Reading {
  const refunds = refundsOf(payment);
  const newest = [...refunds].sort((a, b) => (instantOf(a.date) ?? 0) - (instantOf(b.date) ?? 0)).at(-1);
  if (!newest) return unreadable('payment.transactions: expected one of type REFUND');
  if (newest.processorStatus !== 'SETTLED') return ignored('the refund is not made');
  const refunded = settledRefunds(payment);
  return refunded ? facts(...refunded) : unreadable('payment.transactions: expected a time and an amount of every refund');
}

/** Every refund that was made, with the same ids in every event and answer. Null when one of them has no time or no amount. */
export function settledRefunds(payment: Payment): readonly ReadFact[] | null {
  const { order, ...of } = orderOf(payment);
  const read = refundsOf(payment)
    .filter(({ processorStatus }) => processorStatus === 'SETTLED')
    .map(({ id, date, amount }): ReadFact | null => {
      const occurredAtMs = instantOf(date);
      if (occurredAtMs === undefined || typeof amount !== 'number') return null;
      const fact: RefundFact = {
        kind: 'refund',
        moneyId: payment.id,
        occurredAtMs,
        // Transactions have no id of their own in the documents; of one payment no two happen in the same microsecond.
        refundId: id ?? `${payment.id}:refund:${date ?? ''}`,
        amountMinor: amount,
        cause: 'refund',
      };
      return { fact, subscription: order, ...of };
    });
  const dated = read.filter((one) => one !== null);
  return dated.length < read.length ? null : dated;
}

function refundsOf({ transactions }: Payment): readonly Transaction[] {
  return (transactions ?? []).filter(({ transactionType }) => transactionType === 'REFUND');
}

function readPaid(payment: Payment): Reading {
  const occurredAtMs = instantOf(payment.date);
  if (occurredAtMs === undefined) return unreadable('payment.date: expected a time');
  const { purchaseType } = readMetadata(payment.metadata);
  const { order, ...classification } = classify(payment, purchaseType);
  const captured = payment.processor?.amountCaptured ?? 0;
  if (payment.status === 'PARTIALLY_SETTLED' && captured === 0)
    return openPayment(payment, 'nothing is captured yet; SETTLED follows');
  const { identity, metadata } = orderOf(payment);
  const fact = compact<PaymentFact>({
    ...classification,
    moneyId: payment.id,
    occurredAtMs,
    // Primer says when the payment was made, not when it settled, which may be days later.
    settledLater: payment.status === 'AUTHORIZED' ? undefined : true,
    amountMinor: captured > 0 ? captured : payment.amount,
    currency: payment.currencyCode,
    declaredType: purchaseType,
    bought: boughtBy(payment),
  });
  return facts({ fact, subscription: order, identity, paymentIds: [], metadata });
}

/** The line items that the merchant passed at the checkout, else its metadata: a later payment has only that. */
function boughtBy({ order, metadata }: Payment): PaymentFact['bought'] {
  const items = (order?.lineItems ?? []).map(({ itemId, name, description, amount, quantity }) =>
    boughtItem({ id: itemId, name: name ?? description, quantity, unitMinor: amount }),
  );
  return boughtList(items) ?? boughtInMetadata(metadata);
}

function readFailed(payment: Payment): Reading {
  const occurredAtMs = instantOf(payment.date);
  if (occurredAtMs === undefined) return unreadable('payment.date: expected a time');
  const { order, ...of } = orderOf(payment);
  const fact = compact<LifecycleFact>({
    kind: 'payment_failed',
    occurredAtMs,
    moneyId: payment.id,
    amountMinor: payment.amount,
    currency: payment.currencyCode,
    declaredType: readMetadata(payment.metadata).purchaseType,
  });
  return facts({ fact, subscription: order, ...of });
}

/** The order and the buyer of a payment. */
function orderOf(
  payment: Payment,
): Required<Pick<ReadFact, 'identity' | 'paymentIds' | 'metadata'>> & { readonly order: string } {
  const { hints, purchaseType, metadata } = readMetadata(payment.metadata);
  const identity = withCustomer(hints, {
    customerId: payment.customerId,
    email: payment.customer?.emailAddress,
    phone: payment.customer?.mobileNumber,
  });
  return { order: classify(payment, purchaseType).order, identity, paymentIds: [], metadata };
}
