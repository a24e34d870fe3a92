import { minorFromProviderUnit } from '../../domain/money';
import type { PaddlePrice } from './schema';

/**
 * Paddle's amount (a text of digits in the currency's lowest unit) as ISO 4217 minor units; null for what is no amount, or negative.
 * https://developer.paddle.com/api-reference/transactions/overview
 */
export function minorOf(amount: string, currency: string): number | null {
  return /^\d{1,15}$/.test(amount)
    ? minorFromProviderUnit(Number(amount), currency, withoutDecimals.has(currency) ? 0 : 2)
    : null;
}

/** The same of an amount that may be given back: negative then. */
export function signedMinorOf(amount: number, currency: string): number | null {
  const minor = minorOf(String(Math.abs(amount)), currency);
  return minor !== null && amount < 0 ? -minor : minor;
}

interface PricedItem {
  readonly price?: PaddlePrice | null | undefined;
  readonly quantity?: number | null | undefined;
}

/** What the item costs before discounts, in Paddle's unit. */
export function listPrice({ price, quantity }: PricedItem, { isTrial }: { readonly isTrial: boolean }): number {
  const unit = isTrial ? price?.trial_period?.unit_price?.amount : price?.unit_price?.amount;
  return Number(unit ?? 0) * (quantity ?? 1);
}

/** What the items cost without trial and discount; undefined unless something, and all of it in this currency. */
export function sumOfPrices(items: readonly PricedItem[], currency: string): number | undefined {
  if (items.some(({ price }) => price?.unit_price?.currency_code !== currency)) return undefined;
  const sum = items.reduce((total, item) => total + listPrice(item, { isTrial: false }), 0);
  return minorOf(String(sum), currency) || undefined;
}

const withoutDecimals = new Set(['CLP', 'JPY', 'KRW', 'VND']);
