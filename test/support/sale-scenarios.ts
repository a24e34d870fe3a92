/** What comes of a whole life's webhooks, read by an adapter and played through the domain: in this order or in that one. */
import type { SubscriptionFact } from '../../src/domain/fact';
import type { PurchaseRecord } from '../../src/domain/purchase';
import type { PspAdapter, ReadFact, WebhookHeaders } from '../../src/psp/adapter';
import { Order } from './order-scenario';

/** As it comes over the wire, with no role set for any price. */
export function readOf(adapter: PspAdapter, event: unknown, headers?: WebhookHeaders): readonly ReadFact[] {
  const reading = adapter.read(JSON.parse(JSON.stringify(event)), { roleOf: () => undefined }, headers);
  if (reading.kind === 'unreadable') throw new Error(reading.reason);
  return reading.kind === 'facts' ? reading.facts : [];
}

export function factsOf(adapter: PspAdapter, event: unknown, headers?: WebhookHeaders): readonly SubscriptionFact[] {
  return readOf(adapter, event, headers).map(({ fact }) => fact);
}

/** The facts of each webhook, in the order in which they come. */
export type Told = readonly (readonly SubscriptionFact[])[];

/** Each webhook is dealt with, and what it makes is sent, before the next one comes. */
export function oneByOne(told: Told, id = 'sub_1'): Order {
  const order = new Order(id);
  for (const facts of told) order.receives(...facts).finish();
  return order;
}

/** All are heard before anything is decided. */
export function together(told: Told, id = 'sub_1'): Order {
  return oneByOne([told.flat()], id);
}

/** The payments in the order in which they happened. */
export function inTime(order: Order): readonly PurchaseRecord[] {
  return Object.values(order.records()).sort((a, b) => a.occurredAtMs - b.occurredAtMs);
}

/**
 * What is the same in any order, also when the webhooks come one by one: the payments, as what they were sold and what was sent of
 * them, and how many there are of each phase. Not which has which: what was sent keeps its phase, so that of two that came the wrong
 * way round the later one may be the conversion.
 */
export function accountOf(order: Order): unknown {
  const records = Object.values(order.records());
  return {
    phases: records.map(({ phase }) => phase).sort(),
    payments: records
      .map(({ moneyId, state, reason, value, currency, purchaseType }) => [moneyId, state, reason, value, currency, purchaseType])
      .sort(),
    sent: order.sent.map(({ record }) => record.moneyId).sort(),
  };
}
