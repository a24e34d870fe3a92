import { minorFromProviderUnit } from '../../domain/money';
import type { InvoiceLine } from './schema';

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

/** What one of it costs, in Stripe's unit, where that is a plain amount: none for packages, tiers and decimal prices. */
export function unitAmountOf({ price, plan }: Pick<InvoiceLine, 'price' | 'plan'>): number | undefined {
  const {
    unit_amount: unitAmount,
    billing_scheme: scheme,
    transform_quantity: packages,
  } = price ?? {
    unit_amount: plan?.amount,
    billing_scheme: plan?.billing_scheme,
    transform_quantity: plan?.transform_usage,
  };
  return typeof unitAmount === 'number' && scheme !== 'tiered' && !packages ? unitAmount : undefined;
}
