/** Reads Lemon Squeezy's events by their type. docs/providers/lemonsqueezy.md has the decisions. */
import type { z } from 'zod';
import type { Reading, ReadingContext } from '../adapter';
import { ignored, notNeeded, schemaMismatch, unreadable } from '../schema-mismatch';
import { readFailedInvoice, readPaidInvoice, readRefundedInvoice } from './invoices';
import { readOrder, readRefundedOrder } from './orders';
import { eventSchema, invoiceSchema, orderSchema, subscriptionSchema } from './schema';
import { readCreated, readState } from './subscriptions';
import type { EventContext } from './schema';

/** The `X-Event-Name` header is not signed, so the name in the body counts. */
export function readEvent(body: unknown, context: ReadingContext): Reading {
  const event = eventSchema.safeParse(body);
  if (!event.success) return unreadable(schemaMismatch(event.error, ''));
  const { meta, data } = event.data;
  const read = readers.get(meta.event_name);
  if (read) return read(data.attributes, { ...context, id: data.id, customData: meta.custom_data });
  const reason = otherwise.get(meta.event_name);
  return reason === undefined ? notNeeded(meta.event_name) : ignored(reason);
}

type ObjectReader = (attributes: unknown, context: EventContext) => Reading;

function reader<S extends z.ZodType>(schema: S, read: (object: z.infer<S>, context: EventContext) => Reading): ObjectReader {
  return (attributes, context) => {
    const object = schema.safeParse(attributes);
    return object.success ? read(object.data, context) : unreadable(schemaMismatch(object.error, 'data.attributes'));
  };
}

const readers: ReadonlyMap<string, ObjectReader> = new Map([
  ['order_created', reader(orderSchema, readOrder)],
  ['order_refunded', reader(orderSchema, readRefundedOrder)],
  ['subscription_payment_success', reader(invoiceSchema, readPaidInvoice)],
  ['subscription_payment_failed', reader(invoiceSchema, readFailedInvoice)],
  ['subscription_payment_refunded', reader(invoiceSchema, readRefundedInvoice)],
  ['subscription_created', reader(subscriptionSchema, readCreated)],
  ['subscription_updated', reader(subscriptionSchema, readState('updated'))],
  ['subscription_cancelled', reader(subscriptionSchema, readState('cancellation_scheduled'))],
  ['subscription_resumed', reader(subscriptionSchema, readState('cancellation_undone'))],
  ['subscription_expired', reader(subscriptionSchema, readState('ended'))],
  ['subscription_paused', reader(subscriptionSchema, readState('paused'))],
  ['subscription_unpaused', reader(subscriptionSchema, readState('resumed'))],
  ['subscription_plan_changed', reader(subscriptionSchema, readState('price_changed'))],
]);

/** The reasons for ignoring events that might seem to matter. */
const otherwise: ReadonlyMap<string, string> = new Map([
  ['subscription_payment_recovered', 'subscription_payment_success always comes with it'],
]);
