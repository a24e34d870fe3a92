/** Money that went back. PayPal names the payment, never the subscription: ingestion finds the order by the payment. */
import type { RefundFact } from '../../domain/fact';
import type { ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { refundedMoneyOf } from './amounts';
import type { Money } from './amounts';
import { firstInstant } from '../instants';
import type { CaptureRefund, Dispute, Link, PaypalEvent, SaleRefund } from './schema';

/** `PAYMENT.SALE.REFUNDED` and `.REVERSED` (a chargeback, or PayPal took it back). */
export function readSaleRefund(refund: SaleRefund, event: PaypalEvent): Reading {
  if (isOpen(refund.state)) return ignored('the refund is not (yet) made');
  const money = refundedMoneyOf(refund.amount.total, refund.amount.currency);
  if (!money) return unreadable('resource.amount.total: expected an amount');
  const occurredAtMs = firstInstant(refund.create_time, refund.update_time, event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const isOfItself = idIn(refund.links, 'self', 'sale') === refund.id;
  const sale = refund.sale_id ?? idIn(refund.links, 'sale', 'sale') ?? (isOfItself ? refund.id : undefined);
  // PayPal's own sample of a reversal names nothing but itself; then the payment (of the old API) or, at last, that id.
  const moneyId = sale ?? refund.parent_payment ?? refund.id;
  return facts({
    fact: refundFact({
      moneyId,
      occurredAtMs,
      refundId: moneyId === refund.id ? `${refund.id}:reversed` : refund.id,
      money,
      cause: event.event_type.endsWith('REVERSED') ? 'dispute' : 'refund',
    }),
    subscription: refund.billing_agreement_id ?? null,
    identity: {},
    paymentIds: [],
  });
}

export function readCaptureRefund(refund: CaptureRefund, event: PaypalEvent): Reading {
  if (isOpen(refund.status)) return ignored('the refund is not (yet) made');
  const money = refundedMoneyOf(refund.amount.value, refund.amount.currency_code);
  if (!money) return unreadable('resource.amount.value: expected an amount');
  const occurredAtMs = firstInstant(refund.create_time, refund.update_time, event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const moneyId = idIn(refund.links, 'up', 'captures') ?? refund.supplementary_data?.related_ids?.capture_id;
  if (!moneyId) return unreadable('resource.links: expected one to the capture');
  return facts({
    fact: refundFact({
      moneyId,
      occurredAtMs,
      refundId: refund.id,
      money,
      cause: event.event_type.endsWith('REVERSED') ? 'dispute' : 'refund',
    }),
    subscription: null,
    identity: {},
    paymentIds: [],
  });
}

/**
 * A dispute counts once it is a chargeback or PayPal's to decide; while buyer and seller talk (`INQUIRY`) nothing is taken.
 * https://developer.paypal.com/docs/api/customer-disputes/v1/#definition-dispute
 */
export function readDispute(dispute: Dispute, event: PaypalEvent): Reading {
  const outcome = dispute.dispute_outcome?.outcome_code ?? '';
  const isOver = event.event_type === 'CUSTOMER.DISPUTE.RESOLVED' || dispute.status === 'RESOLVED';
  if (!isOver && dispute.dispute_life_cycle_stage === 'INQUIRY')
    return ignored('buyer and seller are talking: no money was taken back');
  if (isOver && !forBuyer.has(outcome) && !forSeller.has(outcome)) return ignored('the dispute was closed without an outcome');
  const isWon = isOver && forSeller.has(outcome);
  // Every event of one open dispute gives the same time.
  const occurredAtMs = firstInstant(isOver ? dispute.update_time : null, dispute.create_time, event.create_time);
  if (occurredAtMs === undefined) return unreadable('resource.create_time: expected a time');
  const transactions = dispute.disputed_transactions ?? [];
  const read = transactions.flatMap(({ seller_transaction_id: moneyId, gross_amount: gross }): readonly ReadFact[] => {
    if (!moneyId) return [];
    const whole = (isOver ? dispute.dispute_outcome?.amount_refunded : null) ?? dispute.dispute_amount;
    const amount = transactions.length === 1 ? whole : gross;
    const money = amount ? refundedMoneyOf(amount.value, amount.currency_code) : null;
    const fact = refundFact({
      moneyId,
      occurredAtMs,
      refundId: dispute.dispute_id,
      money,
      cause: isWon ? 'dispute_won' : 'dispute',
    });
    return [{ fact, subscription: null, identity: {}, paymentIds: [] }];
  });
  return read.length > 0 ? facts(...read) : unreadable('resource.disputed_transactions: expected a seller_transaction_id');
}

const forBuyer: ReadonlySet<string> = new Set(['RESOLVED_BUYER_FAVOUR', 'ACCEPTED']);
/** With a payout PayPal pays the buyer; the seller keeps the money. */
const forSeller: ReadonlySet<string> = new Set(['RESOLVED_SELLER_FAVOUR', 'CANCELED_BY_BUYER', 'DENIED', 'RESOLVED_WITH_PAYOUT']);

interface Refunded {
  readonly moneyId: string;
  readonly occurredAtMs: number;
  readonly refundId: string;
  readonly money: Money | null;
  readonly cause: RefundFact['cause'];
}

function refundFact({ moneyId, occurredAtMs, refundId, money, cause }: Refunded): RefundFact {
  return compact<RefundFact>({ kind: 'refund', moneyId, occurredAtMs, refundId, amountMinor: money?.amountMinor, cause });
}

function isOpen(state: string | null | undefined): boolean {
  return ['pending', 'failed', 'cancelled'].includes(state?.toLowerCase() ?? '');
}

/** The id at the end of a link such as `…/v2/payments/captures/0JF852973C016714D`. */
function idIn(links: readonly Link[], rel: string, collection: 'sale' | 'captures'): string | undefined {
  const link = links.find((one) => one.rel === rel && one.href.includes(`/${collection}/`));
  return link === undefined ? undefined : new RegExp(`/${collection}/([\\w-]+)(?:[/?#]|$)`).exec(link.href)?.[1];
}
