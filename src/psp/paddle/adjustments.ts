/** Adjustments: money that went back, or was taken back. https://developer.paddle.com/api-reference/adjustments/overview */
import type { RefundFact } from '../../domain/fact';
import type { Reading } from '../adapter';
import { facts, ignored, unreadable, wordOf } from '../schema-mismatch';
import { minorOf } from './amounts';
import type { EventContext, PaddleAdjustment } from './schema';

export function readAdjustment(adjustment: PaddleAdjustment, context: EventContext, path: string): Reading {
  const { action, status, transaction_id: moneyId, subscription_id: subscription } = adjustment;
  const classification = classify(adjustment);
  if (classification === null)
    return ignored(`no money went back: ${wordOf(action, 'another action')}, ${wordOf(status, 'no status')}`);
  const prefix = path === '' ? '' : `${path}.`;
  const amountMinor = minorOf(adjustment.totals.total, adjustment.currency_code);
  if (amountMinor === null) return unreadable(`${prefix}totals.total: expected an amount`);
  const occurredAtMs =
    (classification.cause === 'dispute_won' ? adjustment.updated_at : undefined) ?? adjustment.created_at ?? context.occurredAtMs;
  if (occurredAtMs === undefined) return unreadable(`${prefix}created_at: expected a date`);
  const fact: RefundFact = { kind: 'refund', moneyId, occurredAtMs, ...classification, amountMinor };
  return facts({ fact, subscription: subscription ?? null, identity: {}, paymentIds: [] });
}

/** A refund that Paddle has approved, a chargeback, or a chargeback that was won; null for all other adjustments. */
function classify({
  id,
  action,
  status,
  transaction_id: transaction,
}: PaddleAdjustment): Pick<RefundFact, 'refundId' | 'cause'> | null {
  // The reversal is an adjustment of its own that does not name the chargeback: both go by the transaction.
  const refundId = `${transaction}:chargeback`;
  switch (action) {
    case 'refund':
      return status === 'approved' ? { refundId: id, cause: 'refund' } : null;
    case 'chargeback':
      if (status === 'reversed') return { refundId, cause: 'dispute_won' };
      return status === 'approved' ? { refundId, cause: 'dispute' } : null;
    case 'chargeback_reverse':
      return status === 'approved' ? { refundId, cause: 'dispute_won' } : null;
    // A credit stays with Paddle for the next payment; a warning takes nothing.
    case 'credit':
    case 'credit_reverse':
    case 'chargeback_warning':
    case 'chargeback_warning_reverse':
    default:
      return null;
  }
}
