/** Amounts as pages show them: `19,99`, `$19.99`, `1.299,00 €`. */
import { stated } from './identity';
import type { CheckoutParams } from './pixel';

/** Value and currency, its code in capitals. Neither where the value cannot be read without a doubt: a wrong one is worse than none. */
export function moneyOf({ value, currency }: CheckoutParams): { value?: number | '' | undefined; currency?: string | undefined } {
  const code = stated(currency)?.toUpperCase();
  const text = stated((value as number | undefined)?.toFixed?.(4) ?? value);
  const number = text
    ?.toUpperCase()
    .replace(code!, '')
    // The sign of another currency stays, and is no digit.
    .replace(({ USD: '$', EUR: '€' } as Record<string, string>)[code!]!, '')
    .replace(/\s|[.,](?=\d{3}[.,])/g, '')
    .replace(',', '.');
  // Three digits after the only separator may be thousands or a fraction.
  return !text || /^\d+(\.(?!\d{3}$)\d+)?$/.test(number!) ? { value: text && +number!, currency: code } : {};
}
