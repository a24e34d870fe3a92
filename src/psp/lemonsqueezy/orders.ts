/**
 * Orders: the money of one-offs. The checkout of a subscription makes an order as well, whose money comes again as its first invoice,
 * and nothing in an order says that it did. So an order waits a little for a subscription that names it, unless the merchant says that
 * it is a one-off. https://docs.lemonsqueezy.com/api/orders/the-order-object
 */
import type { PaymentFact, PurchaseType, RefundFact } from '../../domain/fact';
import type { Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { minorFromInteger } from '../money';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { netOf } from './amounts';
import { boughtByOrder } from './bought';
import { buyerOf } from './buyer';
import { orderMoneyId } from './money-ids';
import type { EventContext, Order } from './schema';

export function readOrder(order: Order, context: EventContext): Reading {
  const { identity, declaredType, metadata } = buyerOf(order, context.customData);
  if (isOfSubscription(order, context, declaredType)) return notOurs;
  const { status } = order;
  if (status && unpaid.has(status)) return ignored(`the order is ${status}`);
  const { currency, created_at: occurredAtMs } = order;
  const amountMinor = minorFromInteger(order.total);
  if (amountMinor === null) return unreadable('data.attributes.total: expected an amount');
  if (occurredAtMs === undefined) return unreadable('data.attributes.created_at: expected a date');
  const moneyId = orderMoneyId(context.id);
  const fact = compact<PaymentFact>({
    kind: 'one_off',
    moneyId,
    occurredAtMs,
    amountMinor,
    currency,
    netMinor: netOf(order),
    inferredType: 'lifetime',
    declaredType,
    role: roleOf(order, context),
    bought: boughtByOrder(order),
    awaits: declaredType === 'lifetime' || roleOf(order, context) === 'lifetime' ? undefined : ['order'],
  });
  return facts({ fact, subscription: moneyId, identity, paymentIds: [], metadata });
}

export function readRefundedOrder(order: Order, context: EventContext): Reading {
  const { declaredType } = buyerOf(order, context.customData);
  if (isOfSubscription(order, context, declaredType)) return notOurs;
  const occurredAtMs = order.refunded_at ?? order.updated_at;
  if (occurredAtMs === undefined) return unreadable('data.attributes.refunded_at: expected a date');
  const moneyId = orderMoneyId(context.id);
  const amountMinor = typeof order.refunded_amount === 'number' ? minorFromInteger(order.refunded_amount) : null;
  if (amountMinor === null && order.refunded !== true) return unreadable('data.attributes.refunded_amount: expected an amount');
  // The total refunded so far, under one id: the latest event counts.
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

const notOurs = ignored("a subscription's, by the merchant's word: its invoice carries the payment");

const unpaid: ReadonlySet<string> = new Set(['pending', 'failed', 'fraudulent']);

function isOfSubscription(order: Order, context: EventContext, declared: PurchaseType | undefined): boolean {
  if (declared !== undefined) return declared !== 'lifetime';
  const role = roleOf(order, context);
  return role === 'trial' || role === 'regular';
}

function roleOf({ first_order_item: item }: Order, { roleOf: roleOfPrice }: EventContext): PaymentFact['role'] {
  const roles = [item?.variant_id, item?.price_id].map((id) => (id ? roleOfPrice(id) : undefined));
  return roles.find((role) => role !== undefined);
}
