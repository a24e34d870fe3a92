/**
 * Orders: one-offs, refunds, and the buyer. The money of a subscription's order comes with its invoice; the order adds only what the
 * invoice lacks: the buyer's IP and browser.
 */
import type { LifecycleFact, PaymentFact, RefundFact } from '../../domain/fact';
import type { IdentityHints } from '../../domain/identity';
import type { ReadFact, Reading, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { boughtItem, boughtList } from '../../domain/bought-item';
import { minorFromInteger } from '../money';
import { readMetadata, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import type { OrderEvent, Transaction } from './schema';

/**
 * https://docs.solidgate.com/payments/card-payments/card-payments-insights/payment-lifecycle/ ·
 * https://docs.solidgate.com/payments/alternative-payments/apms-insights/payment-lifecycle/
 */
export function readOrder(event: OrderEvent, context: ReadingContext): Reading {
  const payment = event.order.subscription_id ? readBuyer(event) : readOneOff(event, context);
  if (typeof payment === 'string') return unreadable(payment);
  const refunds = refundsOf(event);
  if (refunds === null) return unreadable('order.currency: expected string');
  // First what went back, so that a payment that was refunded before it was told is not sent.
  const read = [...refunds, ...(payment ? [payment] : [])];
  return read.length > 0 ? facts(...read) : nothingIn(event);
}

const paid: ReadonlySet<string> = new Set(['settle_ok', 'partial_settled', 'approved', 'refunded']);

function nothingIn(event: OrderEvent): Reading {
  const { order_id: id, status } = event.order;
  const isOpen = status === 'settle_pending' || status === 'processing';
  return isOpen ? { kind: 'ignored', reason: whyNothing(event), openPayment: id } : ignored(whyNothing(event));
}

function whyNothing({ order }: OrderEvent): string {
  switch (order.status) {
    case 'auth_ok':
      return 'authorised, not settled yet';
    case 'settle_pending':
      return 'confirmed, but the money has not come in yet';
    case 'void_ok':
      return 'only verified: what was authorised was given back';
    case 'auth_failed':
    case 'declined':
      return order.subscription_id ? 'the subscription reports a failed payment' : 'a failed attempt; nothing was bought';
    default:
      return 'the payment is under way';
  }
}

/** The buyer of a subscription, once something was authorised at least: before that there may never be a subscription. */
function readBuyer(event: OrderEvent): ReadFact | string | null {
  const { order } = event;
  const hasBought = paid.has(order.status ?? '') || order.status === 'auth_ok' || order.status === 'void_ok';
  if (!hasBought) return null;
  const occurredAtMs = chargedAt(event);
  if (occurredAtMs === undefined) return 'transactions.created_at: expected a time';
  const { identity, purchaseType, metadata } = buyerOf(event);
  const fact = compact<LifecycleFact>({ kind: 'updated', occurredAtMs, tells: ['buyer'], declaredType: purchaseType });
  return { fact, subscription: order.subscription_id ?? null, identity, paymentIds: [], metadata };
}

function readOneOff(event: OrderEvent, context: ReadingContext): ReadFact | string | null {
  const { order } = event;
  if (!paid.has(order.status ?? '')) return null;
  const { currency } = order;
  if (!currency) return 'order.currency: expected string';
  const amountMinor = minorFromInteger(chargedAmount(event) ?? NaN);
  if (amountMinor === null) return 'order.amount: expected an amount';
  const occurredAtMs = chargedAt(event);
  if (occurredAtMs === undefined) return 'transactions.created_at: expected a time';
  const { identity, purchaseType, metadata } = buyerOf(event);
  const fact = compact<PaymentFact>({
    kind: 'one_off',
    moneyId: order.order_id,
    occurredAtMs,
    // Nothing dates the end of a charge that is no settlement: a bank's may succeed days after it was made.
    settledLater: settlements(event).length === 0 ? true : undefined,
    amountMinor,
    currency,
    inferredType: 'lifetime',
    declaredType: purchaseType,
    role: order.product_id ? context.roleOf(order.product_id) : undefined,
    // Without a price: the order says what was charged, and not what is listed.
    bought: boughtList([boughtItem({ id: order.product_id, name: order.product_name })]),
  });
  return { fact, subscription: order.order_id, identity, paymentIds: [], metadata };
}

/** Every refund under the id of its transaction; an order that is refunded and shows none went back as a whole. */
function refundsOf(event: OrderEvent): readonly ReadFact[] | null {
  const { order } = event;
  const { currency } = order;
  const listed = transactionsOf(event).filter((one) => operationOf(one) === 'refund' && one.status === 'success');
  if (listed.length > 0 && !currency) return null;
  const refundOf = (refundId: string, occurredAtMs: number, amount: number | null | undefined): ReadFact => {
    const amountMinor = currency && typeof amount === 'number' ? (minorFromInteger(amount) ?? undefined) : undefined;
    const fact = compact<RefundFact>({
      kind: 'refund',
      moneyId: order.order_id,
      occurredAtMs,
      refundId,
      amountMinor,
      cause: 'refund',
    });
    const subscription = order.subscription_id ?? (paid.has(order.status ?? '') ? order.order_id : null);
    return { fact, subscription, identity: {}, paymentIds: [] };
  };
  if (listed.length > 0) {
    return listed.map((one) => refundOf(one.id, one.created_at ?? one.updated_at ?? chargedAt(event) ?? 0, one.amount));
  }
  if (order.status !== 'refunded') return [];
  return [refundOf(`${order.order_id}:refunded`, chargedAt(event) ?? 0, order.refunded_amount)];
}

function chargedAmount(event: OrderEvent): number | null | undefined {
  if (event.order.status !== 'partial_settled') return event.order.amount;
  const settles = settlements(event);
  return settles.length > 0 ? settles.reduce((sum, { amount }) => sum + (amount ?? NaN), 0) : event.order.amount;
}

/**
 * When the money was taken: the creation of the first settlement, else of the first charge. A creation time stays the same in later
 * events of the order; update times change.
 */
function chargedAt(event: OrderEvent): number | undefined {
  const settles = settlements(event);
  const times = (settles.length > 0 ? settles : charges(event)).flatMap((one) => one.created_at ?? one.updated_at ?? []);
  const listed = transactionsOf(event).flatMap((one) => one.created_at ?? one.updated_at ?? []);
  return times.length > 0
    ? Math.min(...times)
    : (event.order.created_at ?? (listed.length > 0 ? Math.min(...listed) : undefined));
}

function settlements(event: OrderEvent): readonly Transaction[] {
  return charges(event).filter((one) => operationOf(one) === 'settle');
}

function charges(event: OrderEvent): readonly Transaction[] {
  return transactionsOf(event).filter((one) => one.status === 'success' && !['refund', 'void'].includes(operationOf(one)));
}

function transactionsOf({ transaction, transactions }: OrderEvent): readonly Transaction[] {
  const isListed = transactions.some(({ id }) => id === transaction?.id);
  return transaction && !isListed ? [...transactions, transaction] : transactions;
}

function operationOf({ operation, type }: Transaction): string {
  return operation ?? type ?? '';
}

/** The only provider that returns the buyer's IP and browser by itself. */
function buyerOf({ order, device_info: device, order_metadata: place }: OrderEvent) {
  const { hints, purchaseType, metadata } = readMetadata(place);
  const identity: IdentityHints = withCustomer(hints, {
    userId: order.customer_account_id,
    customerId: order.customer_account_id,
    email: order.customer_email,
    ip: order.ip_address,
    userAgent: device?.user_agent,
  });
  return { identity, purchaseType, metadata };
}
