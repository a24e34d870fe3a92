/** PayPal writes money as a decimal text with its currency; in its own words in each generation of the API. */
import { z } from 'zod';
import { minorFromDecimal } from '../../domain/money';
import { currencySchema as currency, minorFromRefundedDecimal } from '../money';

const decimal = z.union([z.string(), z.number().transform(String)], 'expected a decimal').pipe(z.string().trim());

/** Payments v1 (sales) and their refunds: https://developer.paypal.com/docs/api/payments/v1/#definition-amount */
export const saleAmountSchema = z.object({
  total: decimal,
  currency,
  details: z
    .object({ tax: decimal.nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
});

/** Everything newer: https://developer.paypal.com/docs/api/payments/v2/#definition-money */
export const moneySchema = z.object({ value: decimal, currency_code: currency });

export interface Money {
  /** In ISO 4217 minor units, never negative. */
  readonly amountMinor: number;
  readonly currency: string;
}

/** Null for what is no amount: a sign, more digits than the currency has. HUF and TWD, which PayPal writes without decimals, have two. */
export function moneyOf(text: string, code: string): Money | null {
  const amountMinor = minorFromDecimal(text, code);
  return amountMinor === null ? null : { amountMinor, currency: code };
}

/** A refunded amount, which PayPal writes with either sign. Null for what is no amount. */
export function refundedMoneyOf(text: string, code: string): Money | null {
  const amountMinor = minorFromRefundedDecimal(text, code);
  return amountMinor === null ? null : { amountMinor, currency: code };
}
