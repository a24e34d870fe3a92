/** Reads PayPal's events by their type. docs/providers/paypal.md has the decisions. */
import type { z } from 'zod';
import type { Reading, ReadingContext } from '../adapter';
import { ignored, notNeeded, schemaMismatch, unreadable } from '../schema-mismatch';
import { readCapture, readFailedCapture, readFailedSale, readOrder, readSale } from './payments';
import { readCaptureRefund, readDispute, readSaleRefund } from './refunds';
import {
  captureRefundSchema,
  captureSchema,
  disputeSchema,
  eventSchema,
  orderSchema,
  saleRefundSchema,
  saleSchema,
  subscriptionSchema,
} from './schema';
import type { PaypalEvent } from './schema';
import { readActivated, readEnded, readFailedPayment, readPaused, readResumed, readUpdated } from './subscriptions';

export function readEvent(body: unknown, context: ReadingContext): Reading {
  const event = eventSchema.safeParse(body);
  if (!event.success) return unreadable(schemaMismatch(event.error, ''));
  const { event_type: type } = event.data;
  const read = readers.get(type);
  if (read) return read(event.data, context);
  const reason = otherwise.get(type);
  return reason === undefined ? notNeeded(type) : ignored(reason);
}

type EventReader = (event: PaypalEvent, context: ReadingContext) => Reading;

function reader<S extends z.ZodType>(
  schema: S,
  read: (resource: z.infer<S>, event: PaypalEvent, context: ReadingContext) => Reading,
): EventReader {
  return (event, context) => {
    const resource = schema.safeParse(event.resource);
    return resource.success ? read(resource.data, event, context) : unreadable(schemaMismatch(resource.error, 'resource'));
  };
}

const readers: ReadonlyMap<string, EventReader> = new Map([
  ['PAYMENT.SALE.COMPLETED', reader(saleSchema, readSale)],
  ['PAYMENT.SALE.DENIED', reader(saleSchema, readFailedSale)],
  ['PAYMENT.SALE.REFUNDED', reader(saleRefundSchema, readSaleRefund)],
  ['PAYMENT.SALE.REVERSED', reader(saleRefundSchema, readSaleRefund)],
  ['PAYMENT.CAPTURE.COMPLETED', reader(captureSchema, readCapture)],
  ['PAYMENT.CAPTURE.DENIED', reader(captureSchema, readFailedCapture)],
  ['PAYMENT.CAPTURE.DECLINED', reader(captureSchema, readFailedCapture)],
  ['PAYMENT.CAPTURE.REFUNDED', reader(captureRefundSchema, readCaptureRefund)],
  ['PAYMENT.CAPTURE.REVERSED', reader(captureRefundSchema, readCaptureRefund)],
  ['CHECKOUT.ORDER.COMPLETED', reader(orderSchema, readOrder)],
  ['BILLING.SUBSCRIPTION.ACTIVATED', reader(subscriptionSchema, readActivated)],
  ['BILLING.SUBSCRIPTION.RE-ACTIVATED', reader(subscriptionSchema, readResumed)],
  ['BILLING.SUBSCRIPTION.UPDATED', reader(subscriptionSchema, readUpdated)],
  ['BILLING.SUBSCRIPTION.SUSPENDED', reader(subscriptionSchema, readPaused)],
  ['BILLING.SUBSCRIPTION.CANCELLED', reader(subscriptionSchema, readEnded)],
  ['BILLING.SUBSCRIPTION.EXPIRED', reader(subscriptionSchema, readEnded)],
  ['BILLING.SUBSCRIPTION.PAYMENT.FAILED', reader(subscriptionSchema, readFailedPayment)],
  ['CUSTOMER.DISPUTE.CREATED', reader(disputeSchema, readDispute)],
  ['CUSTOMER.DISPUTE.UPDATED', reader(disputeSchema, readDispute)],
  ['CUSTOMER.DISPUTE.RESOLVED', reader(disputeSchema, readDispute)],
]);

/** The reasons for ignoring events that might seem to matter. */
const otherwise: ReadonlyMap<string, string> = new Map([
  ['PAYMENT.SALE.PENDING', 'not paid yet; PAYMENT.SALE.COMPLETED or .DENIED follows'],
  ['PAYMENT.CAPTURE.PENDING', 'not paid yet; PAYMENT.CAPTURE.COMPLETED or .DENIED follows'],
  ['BILLING.SUBSCRIPTION.CREATED', 'the buyer has yet to approve it; BILLING.SUBSCRIPTION.ACTIVATED follows'],
  ['CHECKOUT.ORDER.APPROVED', 'approved is not paid; PAYMENT.CAPTURE.COMPLETED carries the payment'],
  ['PAYMENT.AUTHORIZATION.CREATED', 'authorized is not paid; PAYMENT.CAPTURE.COMPLETED carries the payment'],
  ['PAYMENTS.PAYMENT.CREATED', 'PAYMENT.SALE.COMPLETED carries the payment'],
]);
