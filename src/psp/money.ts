/** Readers of money that several providers share. Amounts become integers in ISO 4217 minor units (`src/domain/money.ts`). */
import { z } from 'zod';
import { isCurrency, minorFromDecimal } from '../domain/money';

/** An ISO 4217 code in any case, as upper case. */
export const currencySchema = z
  .string()
  .transform((code) => code.trim().toUpperCase())
  .refine(isCurrency, 'expected an ISO 4217 currency');

/**
 * The integer of a provider whose unit is ISO 4217's minor unit in every currency: cents of USD, yen of JPY, fils of KWD. Null for a
 * fraction, for NaN and for an integer that is too large to be exact.
 */
export function minorFromInteger(amount: number): number | null {
  return Number.isSafeInteger(amount) ? amount : null;
}

/** A refunded decimal, which some providers write with a minus sign and some without. Null for what is no amount. */
export function minorFromRefundedDecimal(text: string, currency: string): number | null {
  return minorFromDecimal(text.replace(/^-/, ''), currency);
}
