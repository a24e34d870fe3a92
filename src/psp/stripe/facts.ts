/** Reads Stripe's events by their type, of every API version. docs/providers/stripe.md has the decisions. */
import type { z } from 'zod';
import type { Reading, ReadingContext } from '../adapter';
import { ignored, notNeeded, schemaMismatch, unreadable } from '../schema-mismatch';
import { readFailedInvoice, readInvoicePayment, readPaidInvoice } from './invoices';
import { readCharge, readFailedSession, readPaymentIntent, readSession, readSessionPaidLater } from './checkouts';
import { readDispute, readRefund, readRefundedCharge } from './refunds';
import {
  chargeSchema,
  disputeSchema,
  eventSchema,
  invoicePaymentSchema,
  invoiceSchema,
  namedSchema,
  paymentIntentSchema,
  refundSchema,
  sessionSchema,
  subscriptionSchema,
} from './schema';
import type { StripeEvent } from './schema';
import { readCreated, readEnded, readPaused, readResumed, readUpdated } from './subscriptions';

export function readEvent(body: unknown, context: ReadingContext): Reading {
  if (isThin(body)) {
    return unreadable('a thin event, which carries no data: in Stripe switch the event destination to snapshot payloads');
  }
  const named = namedSchema.safeParse(body);
  if (!named.success) return unreadable(schemaMismatch(named.error, ''));
  const { type } = named.data;
  const read = readers.get(type);
  // Events that are not needed may have any shape.
  if (!read) {
    const reason = otherwise.get(type);
    return reason === undefined ? notNeeded(type) : ignored(reason);
  }
  const event = eventSchema.safeParse(body);
  return event.success ? read(event.data, context) : unreadable(schemaMismatch(event.error, ''));
}

type EventReader = (event: StripeEvent, context: ReadingContext) => Reading;

function reader<S extends z.ZodType>(
  schema: S,
  read: (object: z.infer<S>, event: StripeEvent, context: ReadingContext) => Reading,
): EventReader {
  return (event, context) => {
    const object = schema.safeParse(unwrapped(event.data.object));
    return object.success ? read(object.data, event, context) : unreadable(schemaMismatch(object.error, 'data.object'));
  };
}

const readers: ReadonlyMap<string, EventReader> = new Map([
  // Both come for one invoice and give one fact. `payment_succeeded` is silent about what was paid outside Stripe.
  ['invoice.paid', reader(invoiceSchema, readPaidInvoice)],
  ['invoice.payment_succeeded', reader(invoiceSchema, readPaidInvoice)],
  ['invoice.payment_failed', reader(invoiceSchema, readFailedInvoice)],
  ['invoice_payment.paid', reader(invoicePaymentSchema, readInvoicePayment)],
  ['checkout.session.completed', reader(sessionSchema, readSession)],
  ['checkout.session.async_payment_succeeded', reader(sessionSchema, readSessionPaidLater)],
  ['checkout.session.async_payment_failed', reader(sessionSchema, readFailedSession)],
  ['payment_intent.succeeded', reader(paymentIntentSchema, readPaymentIntent)],
  ['charge.succeeded', reader(chargeSchema, readCharge)],
  ['customer.subscription.created', reader(subscriptionSchema, readCreated)],
  ['customer.subscription.updated', reader(subscriptionSchema, readUpdated)],
  ['customer.subscription.paused', reader(subscriptionSchema, readPaused)],
  ['customer.subscription.resumed', reader(subscriptionSchema, readResumed)],
  ['customer.subscription.deleted', reader(subscriptionSchema, readEnded)],
  ['charge.refunded', reader(chargeSchema, readRefundedCharge)],
  ['refund.created', reader(refundSchema, readRefund)],
  ['refund.updated', reader(refundSchema, readRefund)],
  ['charge.refund.updated', reader(refundSchema, readRefund)],
  ['charge.dispute.created', reader(disputeSchema, readDispute)],
  ['charge.dispute.funds_withdrawn', reader(disputeSchema, readDispute)],
  ['charge.dispute.closed', reader(disputeSchema, readDispute)],
]);

/** The reasons for ignoring events that might seem to matter. */
const otherwise: ReadonlyMap<string, string> = new Map([
  ['invoice.payment_action_required', 'the buyer has yet to confirm the payment; invoice.paid or invoice.payment_failed follows'],
  ['customer.subscription.trial_will_end', 'nothing has happened yet; the invoice carries the conversion'],
  [
    'payment_intent.payment_failed',
    'an attempt in a checkout, which may still succeed; a failed renewal comes as invoice.payment_failed',
  ],
  ['charge.failed', 'an attempt in a checkout, which may still succeed; a failed renewal comes as invoice.payment_failed'],
  ['refund.failed', 'the refund did not reach the buyer; what was refunded is not counted back'],
  ['credit_note.created', 'money that goes back comes as refund.created'],
  ['charge.dispute.funds_reinstated', 'charge.dispute.closed carries the outcome'],
]);

/** https://docs.stripe.com/event-destinations#thin-events */
function isThin(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'object' in body && body.object === 'v2.core.event';
}

/** Relays and hand-made samples put Stripe's `data` where the object belongs; the object itself always names its kind. */
function unwrapped(object: unknown): unknown {
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  return isObject(object) && 'object' in object && isObject(object.object) ? object.object : object;
}
