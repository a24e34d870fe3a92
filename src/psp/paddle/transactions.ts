/**
 * Transactions: all of Paddle's money. `transaction.completed` is its only source; `transaction.paid` comes first and is not final.
 * https://developer.paddle.com/api-reference/transactions/overview
 */
import type { LifecycleFact, PaymentFact, PaymentLine, PriceRole, PurchaseType } from '../../domain/fact';
import { chargeOf, mayBeRegular, readChange, readOther, readStart, roleOfLines } from '../../domain/phase';
import type { ChargeReading, ListedCharge } from '../../domain/phase';
import type { ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { readMetadata, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { listPrice, minorOf, signedMinorOf, sumOfPrices } from './amounts';
import { boughtItems } from './bought';
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
  if (!transaction.subscription_id && lines.some((line) => line.of === 'period')) {
    return unreadable(at(path, 'subscription_id: expected string'));
  }
  const { declaredType, ...who } = buyerOf(transaction);
  const role = roleOfLines(lines);
  const listed = { charge: chargeOf({ lines, amountMinor }), amountMinor, role, declared: declaredType };
  const classification = readingOf(transaction, lines, listed);
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
    role,
    lines: isOneOff || lines.length === 0 ? undefined : lines,
    bought: boughtBy(transaction, lines, context),
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

/** By how the transaction came about. https://developer.paddle.com/api-reference/transactions/overview#attribute-origin */
function readingOf(
  { origin, subscription_id: subscription }: PaddleTransaction,
  lines: readonly PaymentLine[],
  listed: ListedCharge,
): ChargeReading {
  if (!subscription) return { kind: 'one_off', inferredType: 'lifetime' };
  switch (origin) {
    case 'web':
    case 'api':
      return lines.some((line) => line.of === 'period') ? readStart(listed) : readOther('other_charge');
    case 'subscription_recurring':
      // Only the order's history decides between conversion and renewal: the price still has its trial then.
      return { kind: 'renewal', occasion: 'cycle' };
    case 'subscription_update':
      return readChange(listed);
    case 'subscription_payment_method_change':
      return readOther('payment_method_change');
    case 'subscription_charge':
    default:
      return readOther('other_charge');
  }
}

type Item = NonNullable<PaddleTransaction['items']>[number];

/** A full period has a proration of rate 1. */
function isProrated({ proration }: Item): boolean {
  return typeof proration?.rate === 'string' && Number(proration.rate) !== 1;
}

function linesOf(transaction: PaddleTransaction, { roleOf: roleOfPrice }: EventContext): readonly PaymentLine[] {
  const isStart = transaction.origin === 'web' || transaction.origin === 'api';
  const lines = billed(transaction).map(({ item, totals }): PaymentLine => {
    const { price } = item;
    const priceId = priceIdOf(item);
    const isPeriod = Boolean(price?.billing_cycle);
    const hasTrial = isPeriod && Boolean(price?.trial_period);
    const isTrial = hasTrial && isStart;
    const role = priceId === undefined ? undefined : roleOfPrice(priceId);
    const amountMinor = signedMinorOf(totals ?? listPrice(item, { isTrial }), transaction.currency_code) ?? 0;
    return compact<PaymentLine>({
      amountMinor,
      of: isPeriod ? 'period' : 'once',
      proration: amountMinor < 0 || isProrated(item) ? true : undefined,
      trial: isPeriod ? isTrial : undefined,
      items: priceId === undefined ? undefined : [priceId],
      role: hasTrial && isSaidByPaddle(role, isTrial) ? undefined : role,
    });
  });
  const creditMinor = transaction.origin === 'subscription_update' ? creditOf(transaction) : 0;
  const isListed = lines.some(({ amountMinor }) => amountMinor < 0);
  return creditMinor > 0 && !isListed ? [...lines, { amountMinor: -creditMinor, of: 'period', proration: true }] : lines;
}

/**
 * What a change gives back for the rest of the former period is a line of its own. Until 2024 it was taken off the total, as the
 * customer's credit balance still is. https://developer.paddle.com/changelog/2024/proration-improvements
 */
function creditOf({ details, currency_code: currency }: PaddleTransaction): number {
  return minorOf(details.totals.credit ?? '0', currency) ?? 0;
}

interface BilledItem {
  readonly item: Item;
  /** What was charged for it before discounts, in Paddle's unit; undefined where Paddle does not list it. */
  readonly totals: number | undefined;
}

function billed({ items, details }: PaddleTransaction): readonly BilledItem[] {
  const left = [...(details.line_items ?? [])];
  const all = (items ?? []).filter(({ quantity }) => quantity !== 0);
  return all.map((item, index) => {
    const priceId = priceIdOf(item);
    const isOwn = (line: (typeof left)[number]): boolean => line.price_id === priceId && Boolean(line.totals);
    // A price may be billed twice: what is left of the former quantity, and the new one.
    const isLast = all.findLastIndex((other) => priceIdOf(other) === priceId) === index;
    const own = isLast ? left.filter(isOwn) : left.filter(isOwn).slice(0, 1);
    for (const line of own) left.splice(left.indexOf(line), 1);
    if (own.length === 0) return { item, totals: undefined };
    return { item, totals: own.reduce((sum, { totals }) => sum + Number(totals?.subtotal ?? totals?.total ?? 0), 0) };
  });
}

function priceIdOf({ price, price_id: id }: Item): string | undefined {
  return price?.id ?? id ?? undefined;
}

/** A price with a trial is both the trial's price and the regular one: which of them was paid Paddle says, not the map. */
function isSaidByPaddle(role: PriceRole | undefined, isTrial: boolean): boolean {
  return role === (isTrial ? 'regular' : 'trial');
}

/** Paddle sells in its own name, so the tax is in the total. When a credit paid a part, Paddle does not state its share of the tax. */
function netOf({ details, currency_code: currency }: PaddleTransaction): number | undefined {
  const { total, grand_total: paid, tax } = details.totals;
  if (typeof total !== 'string' || typeof tax !== 'string' || Number(total) !== Number(paid)) return undefined;
  return minorOf(String(Number(total) - Number(tax)), currency) ?? undefined;
}

/** The subscription's price without trial and discount, if it is in the charged currency. */
function regularOf(transaction: PaddleTransaction, lines: readonly PaymentLine[]): number | undefined {
  const { currency_code: currency } = transaction;
  const priced = billed(transaction).flatMap(({ item }, index) => {
    const { role, amountMinor = 0 } = lines[index] ?? {};
    return item.price?.billing_cycle && mayBeRegular(role) && amountMinor >= 0 ? [item] : [];
  });
  return sumOfPrices(priced, currency);
}

/** What was billed whole: no prorations, and nothing that was given back. */
function boughtBy(transaction: PaddleTransaction, lines: readonly PaymentLine[], context: EventContext): PaymentFact['bought'] {
  const products = new Map((transaction.details.line_items ?? []).map(({ price_id: id, product }) => [id, product]));
  const whole = billed(transaction).flatMap(({ item }, index) => (lines[index]?.proration ? [] : [item]));
  return boughtItems(
    whole.map((item) => ({ ...item, priceId: priceIdOf(item), product: products.get(priceIdOf(item)) })),
    transaction.currency_code,
    context,
  );
}

/** The billing period of a trial's transaction may be the first full one, so the trial's own length counts. */
function endOfTrial({ items, billing_period: period }: PaddleTransaction, startMs: number): number | undefined {
  const trial = (items ?? []).find(({ price }) => price?.billing_cycle && price.trial_period)?.price?.trial_period;
  return (trial ? trialEndMs(startMs, trial) : undefined) ?? period?.ends_at;
}

function buyerOf(transaction: PaddleTransaction): Omit<ReadFact, 'fact'> & { readonly declaredType: PurchaseType | undefined } {
  const { hints, purchaseType, metadata } = readMetadata(transaction.custom_data);
  const identity = withCustomer(hints, { customerId: transaction.customer_id, email: transaction.customer?.email });
  const subscription = transaction.subscription_id ?? transaction.id;
  return { subscription, identity, paymentIds: [], metadata, declaredType: purchaseType };
}

function at(path: string, what: string): string {
  return path === '' ? what : `${path}.${what}`;
}
