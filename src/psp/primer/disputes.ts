/** Disputes name the payment. https://primer.io/docs/api/webhooks/dispute-chargebacks-webhooks/dispute-status-webhook-event */
import type { RefundFact } from '../../domain/fact';
import type { Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { facts, ignored } from '../schema-mismatch';
import { instantOf } from '../instants';
import type { Dispute } from './schema';

export function readDispute(dispute: Dispute): Reading {
  if (dispute.type === 'RETRIEVAL') return ignored('an inquiry: no money was taken back');
  const isWon = dispute.status === 'WON' || dispute.status === 'CANCELLED';
  const fact = compact<RefundFact>({
    kind: 'refund',
    moneyId: dispute.paymentId,
    occurredAtMs: momentOf(dispute),
    refundId: dispute.processorDisputeId ?? `${dispute.paymentId}:dispute`,
    amountMinor: dispute.amount ?? undefined,
    cause: isWon ? 'dispute_won' : 'dispute',
  });
  return facts({ fact, subscription: null, identity: {}, paymentIds: [] });
}

/** Primer gives no time of the dispute. The time of the event only orders two events of one dispute; an outcome outranks both. */
function momentOf({ date, signedAt }: Dispute): number {
  return instantOf(date) ?? (/^\d{1,12}$/.test(signedAt ?? '') ? Number(signedAt) * 1000 : 0);
}
