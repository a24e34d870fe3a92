/**
 * Transactions: all of Paddle's money. `transaction.completed` is its only source; `transaction.paid` comes first and is not final.
 * https://developer.paddle.com/api-reference/transactions/overview
 */
import type { LifecycleFact, OtherChargeReason, PaymentFact, PriceRole, PurchaseType } from '../../domain/fact';
import type { ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { readMetadata, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { minorOf } from './amounts';
import type { EventContext, PaddleTransaction } from './schema';
import { trialEndMs } from './trials';

export function readCompleted(transaction: PaddleTransaction, context: EventContext, path: string): Reading {
  const { currency_code: currency, details, billing_period: period } = transaction;
  const amountMinor = minorOf(details.totals.grand_total, currency);
  if (amountMinor === null) return unreadable(at(path, 'details.totals.grand_total: expected an amount'));
  const occurredAtMs = paidAtMs(transaction) ?? context.occurredAtMs;
  if (occurredAtMs === undefined) return unreadable(at(path, 'billed_at: expected a date'));

  const lines = linesOf(transaction, context);
  // A recurring price without a subscription id: quarantined, it can be read again later; as a one-off it would be wrong.
  if (!transaction.subscription_id && lines.some(({ isRecurring }) => isRecurring)) {
    return unreadable(at(path, 'subscription_id: expected string'));
  }
  const { declaredType, ...who } = buyerOf(transaction);
  const classification = classify(transaction, lines, { declared: declaredType, isPaid: amountMinor > 0 });
  const isOneOff = classification.kind === 'one_off';
  const startMs = isOneOff ? undefined : period?.starts_at;
  const endMs = classification.kind === 'trial_start' ? endOfTrial(transaction, startMs ?? occurredAtMs) : period?.ends_at;
  const fact = compact<PaymentFact>({
    ...classification,
    moneyId: transaction.id,
    occurredAtMs,
    amountMinor,
    currency,
    netMinor: netOf(transaction),
    regularMinor: isOneOff ? undefined : regularOf(transaction, lines),
    declaredType,
    role: roleOf(lines),
    periodStartMs: startMs,
    periodEndMs: isOneOff ? undefined : endMs,
  });
  return facts({ fact, ...who });
}

/** `transaction.payment_failed` and `transaction.past_due`. */
export function readUnpaid(transaction: PaddleTransaction, context: EventContext, path: string): Reading {
  // The same transaction is paid with the next card, and may become another order's by then.
  if (!transaction.subscription_id) return ignored('an attempt in a checkout, which may still succeed');
  const { currency_code: currency, details } = transaction;
  const occurredAtMs = context.occurredAtMs ?? transaction.updated_at;
  if (occurredAtMs === undefined) return unreadable(at(path, 'updated_at: expected a date'));
  const { declaredType, ...who } = buyerOf(transaction);
  const fact = compact<LifecycleFact>({
    kind: 'payment_failed',
    occurredAtMs,
    moneyId: transaction.id,
    amountMinor: minorOf(details.totals.grand_total, currency) ?? undefined,
    currency,
    declaredType,
  });
  return facts({ fact, ...who });
}

/** When the money was taken, else billed. Times of the transaction itself, so that a webhook and the API agree. */
function paidAtMs({ payments, billed_at: billedAtMs, created_at: createdAtMs }: PaddleTransaction): number | undefined {
  const captured = (payments ?? []).flatMap(({ status, captured_at: ms }) =>
    status === 'captured' && ms !== undefined ? [ms] : [],
  );
  return captured.length > 0 ? Math.max(...captured) : (billedAtMs ?? createdAtMs);
}

type Classification = Pick<PaymentFact, 'kind' | 'inferredType' | 'otherCharge' | 'initial'>;
interface Sale {
  readonly declared: PurchaseType | undefined;
  readonly isPaid: boolean;
}

/** How the transaction came about. https://developer.paddle.com/api-reference/transactions/overview#attribute-origin */
function classify(
  { origin, items, subscription_id: subscription }: PaddleTransaction,
  lines: readonly Line[],
  sale: Sale,
): Classification {
  if (!subscription) return { kind: 'one_off', inferredType: 'lifetime' };
  switch (origin) {
    case 'web':
    case 'api':
      return lines.some(({ isRecurring }) => isRecurring) ? classifyInitial(lines, sale) : otherCharge('other_charge');
    case 'subscription_recurring':
      // Only the order's history decides between conversion and renewal: the price still has its trial then.
      return { kind: 'renewal' };
    case 'subscription_update':
      return otherCharge((items ?? []).some(isProrated) ? 'proration' : 'plan_change');
    case 'subscription_payment_method_change':
      return otherCharge('payment_method_change');
    case 'subscription_charge':
    default:
      return otherCharge('other_charge');
  }
}

/** The transaction of the checkout that created the subscription. */
function classifyInitial(lines: readonly Line[], { declared, isPaid }: Sale): Classification {
  const recurring = lines.filter(({ isRecurring }) => isRecurring);
  const role = roleOf(lines);
  if (recurring.every(({ isTrial }) => isTrial) && declared !== 'subscription' && declared !== 'lifetime') {
    // Paid by the trial's own price, or, as before June 2026, by a one-time item beside a free trial. An add-on (`ignore`) is no such fee.
    const isBought = isPaid && lines.some((line) => line.amount > 0 && line.role !== 'ignore');
    return trialStart(isBought ? 'paid_trial' : 'free_trial');
  }
  if (role === 'trial') return trialStart(isPaid ? 'paid_trial' : 'free_trial');
  if (declared === 'paid_trial' && isPaid && role !== 'regular') return trialStart('paid_trial');
  if (declared === 'free_trial' && !isPaid) return trialStart('free_trial');
  return { kind: 'conversion', initial: true, inferredType: 'subscription' };
}

function trialStart(inferredType: PurchaseType): Classification {
  return { kind: 'trial_start', initial: true, inferredType };
}

function otherCharge(reason: OtherChargeReason): Classification {
  return { kind: 'other_charge', otherCharge: reason };
}

type Item = NonNullable<PaddleTransaction['items']>[number];

/** A full period has a proration of rate 1. */
function isProrated({ proration }: Item): boolean {
  return typeof proration?.rate === 'string' && Number(proration.rate) !== 1;
}

/** An item of the transaction, reduced to what classifies it. */
interface Line {
  readonly isRecurring: boolean;
  /** Part of a trial that begins with this transaction. */
  readonly isTrial: boolean;
  /** The amount charged for it, in Paddle's unit; without line items, 1 for a paid item and 0 for a free one. */
  readonly amount: number;
  readonly role: PriceRole | undefined;
}

function linesOf(transaction: PaddleTransaction, { roleOf: roleOfPrice }: EventContext): readonly Line[] {
  const isStart = transaction.origin === 'web' || transaction.origin === 'api';
  const isPaid = Number(transaction.details.totals.grand_total) > 0;
  return (transaction.items ?? [])
    .filter(({ quantity }) => quantity !== 0)
    .map((item): Line => {
      const { price } = item;
      const priceId = price?.id ?? item.price_id ?? undefined;
      const isRecurring = Boolean(price?.billing_cycle);
      const hasTrial = isRecurring && Boolean(price?.trial_period);
      const isTrial = hasTrial && isStart;
      const charged = (transaction.details.line_items ?? []).filter((line) => line.price_id === priceId && line.totals);
      const role = priceId === undefined ? undefined : roleOfPrice(priceId);
      const isFree = isTrial && Number(price?.trial_period?.unit_price?.amount ?? 0) === 0;
      const guess = isPaid && !isFree ? 1 : 0;
      return {
        isRecurring,
        isTrial,
        amount: charged.length === 0 ? guess : charged.reduce((sum, line) => sum + Number(line.totals?.total ?? 0), 0),
        role: hasTrial && isSaidByPaddle(role, isTrial) ? undefined : role,
      };
    });
}

/** A price with a trial is both the trial's price and the regular one: which of them was paid Paddle says, not the map. */
function isSaidByPaddle(role: PriceRole | undefined, isTrial: boolean): boolean {
  return role === (isTrial ? 'regular' : 'trial');
}

/**
 * The merchant's role of the price that was paid. Lines with an amount decide, recurring ones before others. Add-ons (`ignore`) decide
 * only if there are no other lines.
 */
function roleOf(lines: readonly Line[]): PriceRole | undefined {
  const paid = lines.filter(({ amount }) => amount > 0);
  const paidPeriods = paid.filter(({ isRecurring }) => isRecurring);
  const speaking = paidPeriods.length > 0 ? paidPeriods : paid.length > 0 ? paid : lines;
  const strongest = (['trial', 'regular', 'lifetime'] as const).find((role) => speaking.some((line) => line.role === role));
  if (strongest) return strongest;
  const isAllIgnored = speaking.length > 0 && speaking.every(({ role }) => role === 'ignore');
  // An add-on bought together with a free trial does not make the trial disappear.
  return isAllIgnored && lines.every((line) => !line.isTrial || line.role === 'ignore') ? 'ignore' : undefined;
}

/** Paddle sells in its own name, so the tax is in the total. When a credit paid a part, Paddle does not state its share of the tax. */
function netOf({ details, currency_code: currency }: PaddleTransaction): number | undefined {
  const { total, grand_total: paid, tax } = details.totals;
  if (typeof total !== 'string' || typeof tax !== 'string' || Number(total) !== Number(paid)) return undefined;
  return minorOf(String(Number(total) - Number(tax)), currency) ?? undefined;
}

/** The subscription's price without trial and discount, if it is in the charged currency. */
function regularOf({ items, currency_code: currency }: PaddleTransaction, lines: readonly Line[]): number | undefined {
  const priced = (items ?? [])
    .filter(({ quantity }) => quantity !== 0)
    .filter((item, index) => item.price?.billing_cycle && lines[index]?.role !== 'trial' && lines[index]?.role !== 'ignore');
  if (priced.length === 0 || priced.some(({ price }) => price?.unit_price?.currency_code !== currency)) return undefined;
  const sum = priced.reduce((total, { price, quantity }) => total + Number(price?.unit_price?.amount) * (quantity ?? 1), 0);
  return minorOf(String(sum), currency) || undefined;
}

/** The billing period of a trial's transaction may be the first full one, so the trial's own length counts. */
function endOfTrial({ items, billing_period: period }: PaddleTransaction, startMs: number): number | undefined {
  const trial = (items ?? []).find(({ price }) => price?.billing_cycle && price.trial_period)?.price?.trial_period;
  return (trial ? trialEndMs(startMs, trial) : undefined) ?? period?.ends_at;
}

function buyerOf(transaction: PaddleTransaction): Omit<ReadFact, 'fact'> & { readonly declaredType: PurchaseType | undefined } {
  const { hints, purchaseType } = readMetadata(transaction.custom_data);
  const identity = withCustomer(hints, { customerId: transaction.customer_id, email: transaction.customer?.email });
  return { subscription: transaction.subscription_id ?? transaction.id, identity, paymentIds: [], declaredType: purchaseType };
}

function at(path: string, what: string): string {
  return path === '' ? what : `${path}.${what}`;
}
