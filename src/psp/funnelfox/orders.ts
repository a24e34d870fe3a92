/** Orders, refunds and disputes. The subscription's events say whether an order paid a trial or a period. */
import type { LifecycleFact, PaymentFact, RefundFact } from '../../domain/fact';
import { minorFromDecimal } from '../../domain/money';
import type { Reading, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { minorFromRefundedDecimal } from '../money';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { namesBuyer } from '../metadata';
import { boughtByOrder } from './bought';
import { buyerOf } from './buyer';
import type { DisputeEvent, OneoffEvent, Order, OrderEvent, RefundEvent } from './schema';

export function readSettledOrder(event: OrderEvent, context: ReadingContext): Reading {
  const { order } = event;
  const { identity, declaredType, metadata } = buyerOfOrder(event);
  const currency = currencyOf(order);
  if (!currency) return unreadable('order.currency_code: expected string');
  const amountMinor = minorFromDecimal(order.amount, currency);
  if (amountMinor === null) return unreadable('order.amount: expected a decimal with no more digits than the currency has');
  const occurredAtMs = event.event_timestamp ?? order.created_at;
  if (occurredAtMs === undefined) return unreadable('event_timestamp: expected a time');
  const paid = {
    occurredAtMs,
    amountMinor,
    currency,
    declaredType,
    ...priceOf(order, currency, context),
    bought: boughtByOrder(order, currency),
  };
  const subscription = order.subs_id;
  if (!subscription) {
    const fact = compact<PaymentFact>({ kind: 'one_off', moneyId: order.order_id, inferredType: 'lifetime', ...paid });
    const paymentIds = order.oneoff_id ? [order.oneoff_id] : [];
    return facts({ fact, subscription: order.order_id, identity, paymentIds, metadata });
  }
  const fact = compact<PaymentFact>({
    kind: 'renewal',
    moneyId: order.order_id,
    // The first of a paid trial looks like any other.
    awaits: namesBuyer(identity) ? ['trial'] : ['trial', 'buyer'],
    ...paid,
  });
  return facts({ fact, subscription, identity, paymentIds: [], metadata });
}

export function readDeclinedOrder(event: OrderEvent): Reading {
  const { order } = event;
  if (!order.subs_id) return ignored('a failed attempt; nothing was bought');
  const occurredAtMs = event.event_timestamp ?? order.created_at;
  if (occurredAtMs === undefined) return unreadable('event_timestamp: expected a time');
  const currency = currencyOf(order);
  const { identity, declaredType, metadata } = buyerOfOrder(event);
  const fact = compact<LifecycleFact>({
    kind: 'payment_failed',
    occurredAtMs,
    moneyId: order.order_id,
    amountMinor: currency ? (minorFromDecimal(order.amount, currency) ?? undefined) : undefined,
    currency,
    declaredType,
  });
  return facts({ fact, subscription: order.subs_id, identity, paymentIds: [], metadata });
}

/** Access was granted or revoked: the order carries the money. */
export function readOneoff({ oneoff }: OneoffEvent): Reading {
  const links = oneoff?.oneoff_id && oneoff.order_id ? [{ id: oneoff.oneoff_id, moneyId: oneoff.order_id }] : [];
  return ignored('access to a one-off; the order carries the payment, a refund what went back', links);
}

export function readRefund(event: RefundEvent): Reading {
  const occurredAtMs = event.event_timestamp ?? event.created_at;
  if (occurredAtMs === undefined) return unreadable('event_timestamp: expected a time');
  const refundId = event.trx_id ?? event.event_id;
  if (!refundId) return unreadable('trx_id: expected string');
  // Older events name no currency. Two digits are right for nearly all; where they are not, it counts as more than all.
  const currency = event.currency_code ?? event.order?.currency_code ?? 'USD';
  const refunded = event.amount_refunded;
  const amountMinor = refunded === null || refunded === undefined ? undefined : minorFromRefundedDecimal(refunded, currency);
  if (amountMinor === null) return unreadable('amount_refunded: expected a decimal with no more digits than the currency has');
  const fact = compact<RefundFact>({
    kind: 'refund',
    moneyId: event.order_id,
    occurredAtMs,
    refundId,
    amountMinor,
    cause: 'refund',
  });
  return facts({ fact, subscription: event.order?.subs_id ?? null, identity: {}, paymentIds: [] });
}

/** FunnelFox sends a dispute once, when it is opened, and never its outcome. It concerns the whole order. */
export function readDispute(event: DisputeEvent): Reading {
  const { event_timestamp: occurredAtMs } = event;
  if (occurredAtMs === undefined) return unreadable('event_timestamp: expected a time');
  const fact: RefundFact = {
    kind: 'refund',
    moneyId: event.order_id,
    occurredAtMs,
    refundId: event.dispute_id,
    cause: 'dispute',
  };
  return facts({ fact, subscription: event.order?.subs_id ?? null, identity: {}, paymentIds: [] });
}

function currencyOf({ currency_code: code, currency, price_point: price }: Order): string | undefined {
  const named = typeof currency === 'string' ? currency : currency?.code;
  return code ?? named ?? price?.currency?.code ?? undefined;
}

/** Most orders do not name their price point. A trial is part of it: which of the two was paid FunnelFox's events say, not the map. */
function priceOf(
  { price_point: price }: Order,
  currency: string,
  context: ReadingContext,
): Pick<PaymentFact, 'role' | 'regularMinor'> {
  const role = price?.ident ? context.roleOf(price.ident) : undefined;
  const hasTrial = price?.intro_type === 'free_trial' || price?.intro_type === 'paid_trial';
  return compact<Pick<PaymentFact, 'role' | 'regularMinor'>>({
    role: hasTrial && (role === 'regular' || role === 'trial') ? undefined : role,
    regularMinor: price?.next_price ? (minorFromDecimal(price.next_price, currency) ?? undefined) : undefined,
  });
}

function buyerOfOrder(event: OrderEvent) {
  const { order } = event;
  return buyerOf(
    { external_id: event.external_id || order.external_id, user: event.user },
    order.initial_order_metadata,
    order.order_metadata,
    order.metadata,
    order.client_metadata,
  );
}
