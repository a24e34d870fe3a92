import { minorFromProviderUnit } from '../../domain/money';

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

const withoutDecimals = new Set(['CLP', 'JPY', 'KRW', 'VND']);
