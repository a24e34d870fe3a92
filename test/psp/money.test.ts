import { currencySchema, minorFromInteger, minorFromRefundedDecimal } from '../../src/psp/money';

describe('currencySchema', () => {
  it.each([
    ['usd', 'USD'],
    [' eur ', 'EUR'],
    ['JPY', 'JPY'],
  ])('reads %p as %s', (code, currency) => {
    expect(currencySchema.parse(code)).toBe(currency);
  });

  it.each(['', 'US', 'USDT', 'XXX', '840', null, 840])('refuses %p', (code) => {
    expect(currencySchema.safeParse(code).success).toBe(false);
  });
});

describe('minorFromInteger', () => {
  it.each([0, 1, 1999, -500, Number.MAX_SAFE_INTEGER])('keeps %p', (amount) => {
    expect(minorFromInteger(amount)).toBe(amount);
  });

  it.each([NaN, Infinity, 19.99, Number.MAX_SAFE_INTEGER + 1])('refuses %p', (amount) => {
    expect(minorFromInteger(amount)).toBeNull();
  });
});

describe('minorFromRefundedDecimal', () => {
  it.each([
    ['19.99', 'USD', 1999],
    ['-19.99', 'USD', 1999],
    ['-1480', 'JPY', 1480],
    ['-5.120', 'KWD', 5120],
    ['0', 'USD', 0],
  ])('reads %s %s', (text, currency, amountMinor) => {
    expect(minorFromRefundedDecimal(text, currency)).toBe(amountMinor);
  });

  it.each([
    ['--1', 'USD'],
    ['+1', 'USD'],
    ['1-', 'USD'],
    ['', 'USD'],
    ['-', 'USD'],
    ['1,00', 'USD'],
    ['1e3', 'USD'],
    ['1.001', 'USD'],
    ['1.5', 'JPY'],
  ])('refuses %p %s', (text, currency) => {
    expect(minorFromRefundedDecimal(text, currency)).toBeNull();
  });
});
