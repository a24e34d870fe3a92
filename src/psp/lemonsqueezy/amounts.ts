import { exponentOf, minorFromProviderUnit } from '../../domain/money';

/**
 * Lemon Squeezy's integer as ISO 4217 minor units. It speaks of "cents" in every currency, which for those without decimals can only
 * be the currency's own unit, as with the processors below it. https://docs.lemonsqueezy.com/api/orders/the-order-object
 */
export function minorOf(amount: number, currency: string): number | null {
  return minorFromProviderUnit(amount, currency, exponentOf(currency));
}

/** The total includes the tax, whether prices do or not. */
export function netOf(
  { total, tax }: { readonly total: number; readonly tax?: number | null | undefined },
  currency: string,
): number | undefined {
  return typeof tax === 'number' && tax <= total ? (minorOf(total - tax, currency) ?? undefined) : undefined;
}
