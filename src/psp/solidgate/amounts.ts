import { exponentOf, minorFromProviderUnit } from '../../domain/money';

/** Solidgate's smallest unit is ISO 4217's. https://docs.solidgate.com/payments/payments-insights/supported-currencies */
export function minorOf(amount: number, currency: string): number | null {
  return minorFromProviderUnit(amount, currency, exponentOf(currency));
}
