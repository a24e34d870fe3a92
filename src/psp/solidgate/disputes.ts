/** Money taken back: chargebacks of cards and disputes at PayPal. Alerts (fraud, prevention) take nothing and are not read. */
import type { RefundFact } from '../../domain/fact';
import type { Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { minorFromInteger } from '../money';
import { facts, ignored, unreadable } from '../schema-mismatch';
import type { ChargebackEvent, DisputeEvent } from './schema';

/** A chargeback that was won may come back in its second round, which is another loss. */
export function readChargeback({ order, chargeback, chargeback_flow: flow }: ChargebackEvent): Reading {
  const isWon = chargeback.status === 'reversed' || chargeback.status === 'resolved_reversal';
  const began = chargeback.dispute_date ?? flow[0]?.date ?? chargeback.settlement_date;
  const changes = flow.flatMap(({ updated_date: updated }) => updated ?? []);
  const occurredAtMs = isWon && changes.length > 0 ? Math.max(...changes) : began;
  if (occurredAtMs === undefined) return unreadable('chargeback.dispute_date: expected a time');
  return refund({
    moneyId: order.order_id,
    subscription: null,
    refundId: `${chargeback.id}:${chargeback.type ?? 'chargeback'}`,
    occurredAtMs,
    isWon,
    amount: chargeback.amount,
    currency: chargeback.currency,
  });
}

export function readDispute(dispute: DisputeEvent): Reading {
  if (dispute.dispute_life_cycle_stage === 'INQUIRY') return ignored('an inquiry: no money was taken back');
  // An outcome may stand there before the dispute is over.
  const isWon = dispute.status === 'RESOLVED' && wonOutcomes.has(dispute.dispute_outcome ?? '');
  const began = dispute.dispute_create_time ?? dispute.created_at;
  const changed = dispute.dispute_update_time ?? dispute.updated_at;
  const occurredAtMs = isWon ? (changed ?? began) : (began ?? changed);
  if (occurredAtMs === undefined) return unreadable('dispute_create_time: expected a time');
  return refund({
    moneyId: dispute.order_id,
    subscription: dispute.subscription_service_id ?? null,
    refundId: dispute.dispute_id,
    occurredAtMs,
    isWon,
    amount: dispute.dispute_amount,
    currency: dispute.dispute_currency,
  });
}

/** https://developer.paypal.com/docs/api/customer-disputes/v1/ (dispute_outcome.outcome_code) */
const wonOutcomes: ReadonlySet<string> = new Set([
  'RESOLVED_SELLER_FAVOUR',
  'RESOLVED_WITH_PAYOUT',
  'CANCELED_BY_BUYER',
  'DENIED',
]);

function refund(of: {
  readonly moneyId: string;
  readonly subscription: string | null;
  readonly refundId: string;
  readonly occurredAtMs: number;
  readonly isWon: boolean;
  readonly amount: number | null | undefined;
  readonly currency: string | null | undefined;
}): Reading {
  const { moneyId, subscription, refundId, occurredAtMs, isWon, amount, currency } = of;
  const amountMinor = currency && typeof amount === 'number' ? minorFromInteger(amount) : null;
  const fact = compact<RefundFact>({
    kind: 'refund',
    moneyId,
    occurredAtMs,
    refundId,
    amountMinor: amountMinor ?? undefined,
    cause: isWon ? 'dispute_won' : 'dispute',
  });
  return facts({ fact, subscription, identity: {}, paymentIds: [] });
}
