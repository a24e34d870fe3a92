/**
 * Orders: the money of one-offs. The checkout of a subscription makes an order as well, whose money comes again as its first invoice,
 * and nothing in an order says that it did. So only what the merchant says is a one-off is read as one.
 * https://docs.lemonsqueezy.com/api/orders/the-order-object
 */
import type { PaymentFact, PurchaseType, RefundFact } from '../../domain/fact';
import type { Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { minorOf, netOf } from './amounts';
import { buyerOf } from './buyer';
import type { Telling } from './telling';
import { orderMoneyId } from './ids';
import type { Order } from './schema';

export function readOrder(order: Order, telling: Telling): Reading {
  const { identity, declaredType } = buyerOf(order, telling.customData);
  if (!isOneOff(order, telling, declaredType)) return notOurs;
  const { status } = order;
  if (status && unpaid.has(status)) return ignored(`the order is ${status}`);
  const { currency, created_at: occurredAtMs } = order;
  const amountMinor = minorOf(order.total, currency);
  if (amountMinor === null) return unreadable('data.attributes.total: expected an amount');
  if (occurredAtMs === undefined) return unreadable('data.attributes.created_at: expected a date');
  const moneyId = orderMoneyId(telling.id);
  const fact = compact<PaymentFact>({
    kind: 'one_off',
    moneyId,
    occurredAtMs,
    amountMinor,
    currency,
    netMinor: netOf(order, currency),
    inferredType: 'lifetime',
    declaredType,
    role: roleOf(order, telling),
  });
  return facts({ fact, subscription: moneyId, identity, paymentIds: [] });
}

export function readRefundedOrder(order: Order, telling: Telling): Reading {
  const { declaredType } = buyerOf(order, telling.customData);
  if (!isOneOff(order, telling, declaredType)) return notOurs;
  const occurredAtMs = order.refunded_at ?? order.updated_at;
  if (occurredAtMs === undefined) return unreadable('data.attributes.refunded_at: expected a date');
  const moneyId = orderMoneyId(telling.id);
  const amountMinor = typeof order.refunded_amount === 'number' ? minorOf(order.refunded_amount, order.currency) : null;
  if (amountMinor === null && order.refunded !== true) return unreadable('data.attributes.refunded_amount: expected an amount');
  // What went back in total so far, under one id: the latest word counts.
  const fact = compact<RefundFact>({
    kind: 'refund',
    moneyId,
    occurredAtMs,
    refundId: `${moneyId}:refunded`,
    amountMinor: amountMinor ?? undefined,
    cause: 'refund',
  });
  return facts({ fact, subscription: null, identity: {}, paymentIds: [] });
}

const notOurs = ignored(
  "maybe a subscription's, whose invoice tells the payment; a one-off needs its variant as lifetime in the prices, or purchase_type lifetime",
);

const unpaid: ReadonlySet<string> = new Set(['pending', 'failed', 'fraudulent']);

function isOneOff(order: Order, telling: Telling, declared: PurchaseType | undefined): boolean {
  if (declared !== undefined) return declared === 'lifetime';
  return roleOf(order, telling) === 'lifetime';
}

function roleOf({ first_order_item: item }: Order, { roleOf: roleOfPrice }: Telling): PaymentFact['role'] {
  const roles = [item?.variant_id, item?.price_id].map((id) => (id ? roleOfPrice(id) : undefined));
  return roles.find((role) => role !== undefined);
}
