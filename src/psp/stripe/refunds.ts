/** Refunds and disputes. Every refund counts once, under its own id, whichever events carry it. https://docs.stripe.com/refunds */
import type { RefundFact } from '../../domain/fact';
import type { ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { facts, ignored, unreadable, wordOf } from '../schema-mismatch';
import { minorOf } from './amounts';
import type { Charge, Dispute, StripeEvent, StripeRefund } from './schema';

/** `refund.created` and `refund.updated`. A refund may be pending for days, or fail. */
export function readRefund(refund: StripeRefund, event: StripeEvent): Reading {
  if (!hasSucceeded(refund)) return ignored(`the refund is not (yet) made: ${wordOf(refund.status, 'no status')}`);
  const payment = paymentOf(refund, null);
  if (!payment) return unreadable('data.object.charge: expected string');
  return factsOf([refundFact(refund, payment, event)]);
}

/**
 * `charge.refunded`. Up to 2022-08-01 it lists the refunds, which merge with those of `refund.*`. Later it has only the total: a full
 * refund is used, since it can't be counted twice; a partial one is left to `refund.*`. An authorization that is given up, or captured
 * in part, comes as refunded, too: nobody paid what is released.
 */
export function readRefundedCharge(charge: Charge, event: StripeEvent): Reading {
  if (charge.captured === false) return ignored('an authorization was released: nothing had been paid');
  const payment = paymentOf({ charge: charge.id, payment_intent: charge.payment_intent }, charge.invoice ?? null);
  if (!payment) return unreadable('data.object.id: expected string');
  const listed = withoutRelease(charge);
  const made = listed.filter(hasSucceeded);
  if (made.length > 0) return factsOf(made.map((refund) => refundFact(refund, payment, event)));
  if (listed.length > 0) return ignored('the refund is not (yet) made');
  if (charge.refunds?.data?.length === 1) return ignored('the part that was not captured was released: nobody had paid it');
  if (charge.refunded !== true) return ignored('a part was refunded; refund.created says how much');
  const fact: RefundFact = {
    kind: 'refund',
    moneyId: payment.moneyId,
    occurredAtMs: event.created * 1000,
    refundId: `${charge.id}:refunded`,
    cause: 'refund',
  };
  return facts({ fact, ...payment.of });
}

/** The refunds of a charge, without the one that stands for what was authorized and not captured: the oldest of that amount. */
function withoutRelease({ refunds, amount, amount_captured: captured }: Charge): readonly StripeRefund[] {
  const listed = refunds?.data ?? [];
  const released = (amount ?? 0) - (captured ?? amount ?? 0);
  // Stripe lists the newest first.
  const release = released > 0 ? listed.findLast((refund) => refund.amount === released) : undefined;
  return listed.filter((refund) => refund !== release);
}

/** A dispute takes the money at once; won, it comes back. Inquiries (`warning_*`) take nothing. https://docs.stripe.com/disputes/how-disputes-work */
export function readDispute(dispute: Dispute, event: StripeEvent): Reading {
  const status = dispute.status ?? '';
  if (status.startsWith('warning_')) return ignored('an inquiry: no money was taken back');
  if (status === 'prevented') return ignored('the dispute was prevented; money that goes back comes as refund.created');
  const payment = paymentOf(dispute, null);
  if (!payment) return unreadable('data.object.charge: expected string');
  const amountMinor = minorOf(dispute.amount, dispute.currency);
  if (amountMinor === null) return unreadable('data.object.amount: expected an amount');
  const isWon = status === 'won';
  const fact: RefundFact = {
    kind: 'refund',
    moneyId: payment.moneyId,
    // Every event of one loss gives the same time.
    occurredAtMs: (isWon ? event.created : (dispute.created ?? event.created)) * 1000,
    refundId: dispute.id,
    amountMinor,
    cause: isWon ? 'dispute_won' : 'dispute',
  };
  return facts({ fact, ...payment.of });
}

function hasSucceeded({ status }: StripeRefund): boolean {
  return status === 'succeeded' || status === null || status === undefined;
}

interface RefundedPayment {
  readonly moneyId: string;
  readonly of: Omit<ReadFact, 'fact'>;
}

/** Only events of before basil name the invoice; else ingestion finds it by the PaymentIntent or the charge. */
function paymentOf(names: Pick<StripeRefund, 'charge' | 'payment_intent'>, invoice: string | null): RefundedPayment | null {
  const ids = [invoice, names.payment_intent, names.charge].filter((id) => typeof id === 'string');
  const [moneyId, ...paymentIds] = ids;
  return moneyId === undefined ? null : { moneyId, of: { subscription: null, identity: {}, paymentIds } };
}

function refundFact(refund: StripeRefund, payment: RefundedPayment, event: StripeEvent): ReadFact | null {
  const amountMinor = minorOf(refund.amount, refund.currency);
  if (amountMinor === null) return null;
  const fact = compact<RefundFact>({
    kind: 'refund',
    moneyId: payment.moneyId,
    occurredAtMs: (refund.created ?? event.created) * 1000,
    refundId: refund.id,
    amountMinor,
    cause: 'refund',
  });
  return { fact, ...payment.of };
}

function factsOf(read: readonly (ReadFact | null)[]): Reading {
  const known = read.filter((one) => one !== null);
  return known.length < read.length ? unreadable('data.object.amount: expected an amount') : facts(...known);
}
