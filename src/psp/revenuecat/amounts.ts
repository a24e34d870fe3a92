/** RevenueCat writes prices as JSON numbers. They are read as the decimals that they show; no float arithmetic. */
import { exponentOf, minorFromDecimal } from '../../domain/money';

/** In ISO 4217 minor units, without its sign (refunds are negative); null for what is no amount. */
export function minorOfPrice(price: number, currency: string): number | null {
  const [, whole, fraction = ''] = /^-?(\d+)(?:\.(\d+))?$/.exec(String(price)) ?? [];
  if (whole === undefined) return null;
  const exponent = exponentOf(currency);
  // More digits than the currency has are a conversion's, or a float's: half away from zero, in integers.
  const kept = minorFromDecimal(`${whole}.${fraction.slice(0, exponent).padEnd(exponent + 1, '0')}`, currency);
  return kept === null ? null : kept + (Number(fraction.charAt(exponent) || '0') >= 5 ? 1 : 0);
}

/** Without the tax that RevenueCat estimates; undefined where it doesn't. */
export function netOf(amountMinor: number, taxShare: number | null | undefined): number | undefined {
  const [, whole, fraction = ''] = /^(\d)(?:\.(\d+))?$/.exec(String(taxShare)) ?? [];
  if (whole === undefined) return undefined;
  const millionths = BigInt(whole + fraction.slice(0, 6).padEnd(6, '0'));
  if (millionths > 1_000_000n) return undefined;
  return amountMinor - Number((BigInt(amountMinor) * millionths + 500_000n) / 1_000_000n);
}
