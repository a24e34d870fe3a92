import { minorFromProviderUnit } from '../../domain/money';

/**
 * Stripe's integer in Stripe's unit as ISO 4217 minor units; null for what is no amount.
 * UGX and ISK have no decimals, but Stripe keeps sending two. https://docs.stripe.com/currencies#special-cases
 */
export function minorOf(amount: number, currency: string): number | null {
  return minorFromProviderUnit(amount, currency, exponent(currency));
}

function exponent(currency: string): number {
  if (withoutDecimals.has(currency)) return 0;
  return withThreeDecimals.has(currency) ? 3 : 2;
}

/** https://docs.stripe.com/currencies#zero-decimal, without UGX. */
const withoutDecimals = new Set([
  'BIF',
  'CLP',
  'DJF',
  'GNF',
  'JPY',
  'KMF',
  'KRW',
  'MGA',
  'PYG',
  'RWF',
  'VND',
  'VUV',
  'XAF',
  'XOF',
  'XPF',
]);
/** https://docs.stripe.com/currencies#three-decimal */
const withThreeDecimals = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);
