import fc from 'fast-check';
import {
  decimalFromMinor,
  decimalNumber,
  exponentOf,
  isCurrency,
  minorFromDecimal,
  minorFromProviderUnit,
} from '../../src/domain/money';

describe('a decimal string is read exactly', () => {
  it.each([
    ['19.99', 'USD', 1999],
    ['0.30', 'USD', 30],
    ['14.9', 'USD', 1490],
    ['14.900', 'USD', 1490],
    ['14', 'EUR', 1400],
    ['0', 'USD', 0],
    ['0.00', 'USD', 0],
    ['0007.5', 'USD', 750],
    ['1480', 'JPY', 1480],
    ['1480.00', 'JPY', 1480],
    ['5.120', 'KWD', 5120],
    ['5.12', 'KWD', 5120],
    ['1.2345', 'CLF', 12345],
    ['4.35', 'USD', 435],
    ['1.005', 'BHD', 1005],
    ['1.50', 'XYZ', 150],
    ['90071992547409.91', 'USD', Number.MAX_SAFE_INTEGER],
  ])('%s %s is %d', (text, currency, minor) => {
    expect(minorFromDecimal(text, currency)).toBe(minor);
  });

  it.each([
    ['14.901', 'USD'],
    ['1480.5', 'JPY'],
    ['5.1201', 'KWD'],
    ['1,99', 'EUR'],
    ['1,000.00', 'USD'],
    ['-1', 'USD'],
    ['+1', 'USD'],
    ['1e21', 'USD'],
    ['1e2', 'USD'],
    ['', 'USD'],
    ['.', 'USD'],
    ['.5', 'USD'],
    ['5.', 'USD'],
    [' 5', 'USD'],
    ['5\n', 'USD'],
    ['1.2.3', 'USD'],
    ['0x10', 'USD'],
    ['NaN', 'USD'],
    ['Infinity', 'USD'],
    ['$5', 'USD'],
    ['٥', 'USD'],
    ['90071992547409.92', 'USD'],
    ['1000000000000000000000', 'JPY'],
  ])('%j %s is nothing', (text, currency) => {
    expect(minorFromDecimal(text, currency)).toBeNull();
  });

  it('sums are sums of integers: 0.30 and 0.60 are 0.90', () => {
    const sum = (minorFromDecimal('0.30', 'USD') ?? 0) + (minorFromDecimal('0.60', 'USD') ?? 0);
    expect(decimalFromMinor(sum, 'USD')).toBe('0.90');
    expect(JSON.stringify(decimalNumber(sum, 'USD'))).toBe('0.9');
    expect(0.3 + 0.6).not.toBe(0.9); // what floats would have said
  });
});

describe('an amount is written with the digits of its currency', () => {
  it.each([
    [1999, 'USD', '19.99', '19.99'],
    [5, 'USD', '0.05', '0.05'],
    [0, 'USD', '0.00', '0'],
    [1480, 'JPY', '1480', '1480'],
    [5120, 'KWD', '5.120', '5.12'],
    [1, 'CLF', '0.0001', '0.0001'],
    [-5, 'USD', '-0.05', '-0.05'],
    [-1480, 'JPY', '-1480', '-1480'],
  ])('%d %s is %s, in JSON %s', (minor, currency, decimal, json) => {
    expect(decimalFromMinor(minor, currency)).toBe(decimal);
    expect(JSON.stringify(decimalNumber(minor, currency))).toBe(json);
  });

  it.each([1.5, NaN, Infinity, 2 ** 53])('refuses %d, which is no amount in minor units', (minor) => {
    expect(() => decimalFromMinor(minor, 'USD')).toThrow(RangeError);
  });

  it('every amount survives being written and read, whatever the currency', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.constantFrom('USD', 'JPY', 'KWD', 'CLF', 'MGA'), (minor, currency) => {
        expect(minorFromDecimal(decimalFromMinor(minor, currency), currency)).toBe(minor);
      }),
    );
  });

  it('the number in JSON has the digits of the exact decimal, up to 15 of them', () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999_999_999 }), fc.constantFrom('USD', 'JPY', 'KWD'), (minor, currency) => {
        const json = JSON.stringify(decimalNumber(minor, currency));
        expect(minorFromDecimal(json, currency)).toBe(minor);
      }),
    );
  });
});

describe("a provider's own unit is rescaled to the ISO minor unit", () => {
  it.each([
    ['Stripe counts MGA without decimals', 1500, 'MGA', 0, 150_000],
    ['Stripe sends UGX with two', 500_000, 'UGX', 2, 5_000],
    ['Stripe sends ISK with two', 99_900, 'ISK', 2, 999],
    ['half a króna is rounded away from zero', 99_950, 'ISK', 2, 1_000],
    ['less than half is dropped', 99_949, 'ISK', 2, 999],
    ['the same of a credit', -99_950, 'ISK', 2, -1_000],
    ['the same of a small credit', -49, 'ISK', 2, 0],
    ['the same unit changes nothing', 1999, 'USD', 2, 1999],
    ['nothing stays nothing', 0, 'ISK', 2, 0],
    ['three decimals', 5120, 'KWD', 3, 5120],
  ])('%s', (_rule, amount, currency, providerExponent, minor) => {
    expect(minorFromProviderUnit(amount, currency, providerExponent)).toBe(minor);
  });

  it.each([1.5, NaN, 2 ** 53, Number.MAX_SAFE_INTEGER])('%d MGA is nothing that can be counted', (amount) => {
    expect(minorFromProviderUnit(amount, 'MGA', 0)).toBeNull();
  });
});

describe('ISO 4217', () => {
  it('knows every exception from two decimals', () => {
    const zero = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF';
    const three = 'BHD IQD JOD KWD LYD OMR TND';
    const four = 'CLF UYW';
    for (const code of zero.split(' ')) expect([code, exponentOf(code)]).toEqual([code, 0]);
    for (const code of three.split(' ')) expect([code, exponentOf(code)]).toEqual([code, 3]);
    for (const code of four.split(' ')) expect([code, exponentOf(code)]).toEqual([code, 4]);
    for (const code of ['USD', 'MGA', 'MRU', 'HUF', 'TWD', 'IDR', 'COP']) expect([code, exponentOf(code)]).toEqual([code, 2]);
  });

  it.each(['USD', 'EUR', 'JPY', 'XCG', 'ZWG', 'SLE', 'VED', 'BGN', 'LKR'])('%s is a currency', (code) => {
    expect(isCurrency(code)).toBe(true);
  });

  it.each(['usd', 'US', 'USDT', 'BTC', 'XXX', 'XTS', 'XAU', '', ' USD', 'constructor'])('%j is none', (code) => {
    expect(isCurrency(code)).toBe(false);
  });
});
