/** Reads Primer's events by their type. docs/providers/primer.md has the decisions. */
import type { Reading } from '../adapter';
import { ignored, notNeeded, schemaMismatch, unreadable } from '../schema-mismatch';
import { readDispute } from './disputes';
import { readRefund, readStatus } from './payments';
import { disputeSchema, eventSchema, paymentSchema } from './schema';
import type { Payment } from './schema';

export function readEvent(body: unknown): Reading {
  if (isTest(body)) return ignored("a test of Primer's dashboard");
  const event = eventSchema.safeParse(body);
  if (!event.success) return unreadable(schemaMismatch(event.error, ''));
  switch (event.data.eventType) {
    case 'PAYMENT.STATUS':
      return readOf(event.data.payment, readStatus);
    case 'PAYMENT.REFUND':
      return readOf(event.data.payment, readRefund);
    case 'DISPUTE.OPENED':
    case 'DISPUTE.STATUS': {
      const dispute = disputeSchema.safeParse(body);
      return dispute.success ? readDispute(dispute.data) : unreadable(schemaMismatch(dispute.error, ''));
    }
    default:
      return notNeeded(event.data.eventType);
  }
}

function readOf(body: unknown, read: (payment: Payment) => Reading): Reading {
  const payment = paymentSchema.safeParse(body);
  return payment.success ? read(payment.data) : unreadable(schemaMismatch(payment.error, 'payment'));
}

/** https://primer.io/docs/payments/webhooks: its body has no type, and has to be answered with 2xx. */
function isTest(body: unknown): boolean {
  return (
    typeof body === 'object' && body !== null && !('eventType' in body) && 'message' in body && typeof body.message === 'string'
  );
}
