/**
 * The currencies that TikTok accepts. An event in any other currency is sent without value and currency.
 * https://business-api.tiktok.com/portal/docs?id=1771101303285761 (parameter `currency`)
 */
export const tiktokCurrencies = [
  ...['AED', 'ARS', 'AUD', 'BDT', 'BHD', 'BIF', 'BOB', 'BRL', 'CAD', 'CHF', 'CLP', 'CNY', 'COP', 'CRC', 'CZK', 'DKK', 'DZD'],
  ...['EGP', 'EUR', 'GBP', 'GTQ', 'HKD', 'HNL', 'HUF', 'IDR', 'ILS', 'INR', 'ISK', 'JPY', 'KES', 'KHR', 'KRW', 'KWD', 'KZT'],
  ...['MAD', 'MOP', 'MXN', 'MYR', 'NGN', 'NIO', 'NOK', 'NZD', 'OMR', 'PEN', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RUB'],
  ...['SAR', 'SEK', 'SGD', 'THB', 'TRY', 'TWD', 'UAH', 'USD', 'VES', 'VND', 'ZAR'],
] as const;

const listed: ReadonlySet<string> = new Set(tiktokCurrencies);

/** True for an ISO 4217 code, upper case, that TikTok lists. */
export function isTikTokCurrency(currency: string): boolean {
  return listed.has(currency);
}
