/**
 * Money is an integer in the currency's ISO 4217 minor unit, together with its currency. Only the code that writes JSON for TikTok or a
 * user makes a decimal of it. Decimals are read and written as text, without float arithmetic. An amount beyond a safe integer is null.
 */

/**
 * Reads a decimal string such as `19.99` exactly. Null for text that is not a plain decimal (signs, exponents, thousands separators,
 * spaces) and for more digits than the currency has, unless they are zeros: `14.900` USD is 1490, `14.901` USD is null.
 */
export function minorFromDecimal(text: string, currency: string): number | null {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return null;
  const exponent = exponentOf(currency);
  if (/[1-9]/.test(fraction.slice(exponent))) return null;
  const minor = Number(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
  return Number.isSafeInteger(minor) ? minor : null;
}

/**
 * Writes an amount as an exact decimal string with all the currency's digits: `19.99`, `1480` (JPY), `5.120` (KWD). A sum of amounts
 * may be larger than a safe integer: it comes as a bigint.
 * @throws RangeError when a number is not a safe integer.
 */
export function decimalFromMinor(amountMinor: number | bigint, currency: string): string {
  if (typeof amountMinor === 'number' && !Number.isSafeInteger(amountMinor))
    throw new RangeError(`not an amount in minor units: ${amountMinor}`);
  const exponent = exponentOf(currency);
  const digits = String(amountMinor < 0 ? -amountMinor : amountMinor).padStart(exponent + 1, '0');
  const split = digits.length - exponent;
  const sign = amountMinor < 0 ? '-' : '';
  return exponent === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, split)}.${digits.slice(split)}`;
}

/** The number that JSON shows as this amount, without float artefacts: the double nearest to the exact decimal. */
export function decimalNumber(amountMinor: number, currency: string): number {
  return Number(decimalFromMinor(amountMinor, currency));
}

/**
 * Rescales an integer in a provider's own unit to the ISO minor unit. Providers deviate: Stripe counts MGA without decimals
 * (ISO: 2), UGX and ISK with two (ISO: none). An inexact result is rounded half away from zero. Null for an unsafe integer.
 * https://docs.stripe.com/currencies#special-cases
 */
export function minorFromProviderUnit(amount: number, currency: string, providerExponent: number): number | null {
  if (!Number.isSafeInteger(amount)) return null;
  const shift = exponentOf(currency) - providerExponent;
  if (shift >= 0) {
    const minor = amount * 10 ** shift;
    return Number.isSafeInteger(minor) ? minor : null;
  }
  const unit = 10 ** -shift;
  const rest = amount % unit;
  const away = Math.abs(rest) * 2 >= unit ? Math.sign(rest) : 0;
  return (amount - rest) / unit + away;
}

/** The number of decimals that ISO 4217 gives the currency; two for an unknown code, as nearly all currencies have. */
export function exponentOf(currency: string): number {
  return exceptions.get(currency) ?? 2;
}

/** True for an ISO 4217 code (upper case) that payments can have, including codes that were withdrawn in recent years. */
export function isCurrency(code: string): boolean {
  return currencies.has(code);
}

/** ISO 4217, column "minor unit", where it is not 2. https://www.six-group.com/en/products-services/financial-information/data-standards.html */
const exceptions: ReadonlyMap<string, number> = new Map([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'].map(
    (code) => [code, 0] as const,
  ),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3] as const),
  ...['CLF', 'UYW'].map((code) => [code, 4] as const),
]);

/** The active codes of ISO 4217, without metals, test and "no currency" codes. */
const active = `
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP
CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR
MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST
XAD XAF XCD XCG XDR XOF XPF XSU XUA YER ZAR ZMW ZWG`;

/** Withdrawn in recent years: a backfill, or a provider that is slow to change, may still use them. */
const withdrawn = 'ANG BGN CUC HRK SLL ZWL';

const currencies: ReadonlySet<string> = new Set(`${active} ${withdrawn}`.trim().split(/\s+/));
