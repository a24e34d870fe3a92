import { minorFromProviderUnit } from '../../domain/money';

/**
 * Paddle's amount (a text of digits in the currency's lowest unit) as ISO 4217 minor units; null for what is no amount.
 * https://developer.paddle.com/api-reference/transactions/overview
 */
export function minorOf(amount: string, currency: string): number | null {
  return /^\d{1,15}$/.test(amount)
    ? minorFromProviderUnit(Number(amount), currency, withoutDecimals.has(currency) ? 0 : 2)
    : null;
}

const withoutDecimals = new Set(['CLP', 'JPY', 'KRW', 'VND']);
