import { createHash } from 'node:crypto';
import {
  anyEquals,
  anyMatches,
  hexSignatures,
  namedParts,
  singleHeader,
  toleranceSeconds,
  usable,
  withinTolerance,
} from '../../src/psp/signature';

const mac = (text: string): Buffer => createHash('sha256').update(text).digest();

describe('singleHeader', () => {
  it('reads a header that came once, under its lower-case name', () => {
    expect(singleHeader({ 'x-signature': 'abc' }, 'X-Signature')).toEqual({ ok: true, value: 'abc' });
  });

  it.each([
    ['no header', {}, 'the X-Signature header is missing'],
    ['an empty header', { 'x-signature': '' }, 'the X-Signature header is missing'],
    ['the header under its own case, which Node never gives', { 'X-Signature': 'abc' }, 'the X-Signature header is missing'],
    ['the header twice', { 'x-signature': ['abc', 'abc'] }, 'the X-Signature header was sent more than once'],
    ['a list of one', { 'x-signature': ['abc'] }, 'the X-Signature header was sent more than once'],
  ])('refuses %s', (_, headers, reason) => {
    expect(singleHeader(headers, 'X-Signature')).toEqual({ ok: false, reason });
  });
});

describe('withinTolerance', () => {
  const nowSeconds = 1_790_000_000;
  const nowMs = nowSeconds * 1000;

  it.each([0, -toleranceSeconds, toleranceSeconds])('accepts a timestamp %p seconds from the clock', (difference) => {
    expect(withinTolerance(String(nowSeconds + difference), nowMs)).toEqual({ ok: true });
  });

  it('counts whole seconds of the clock', () => {
    expect(withinTolerance(String(nowSeconds - toleranceSeconds), nowMs + 999)).toEqual({ ok: true });
    expect(withinTolerance(String(nowSeconds - toleranceSeconds), nowMs + 1000).ok).toBe(false);
  });

  it('refuses a timestamp that is one second too old or too far ahead', () => {
    const refusal = (seconds: number) => withinTolerance(String(nowSeconds + seconds), nowMs);
    expect(refusal(-toleranceSeconds - 1)).toEqual({ ok: false, reason: 'the timestamp is too old' });
    expect(refusal(toleranceSeconds + 1)).toEqual({ ok: false, reason: 'the timestamp is in the future' });
  });

  it.each(['', ' ', 'now', 'NaN', '-1', '1.5', '1e9', '2026-09-21T12:00:00Z'])(
    'refuses %p, which is not a number of seconds',
    (text) => {
      expect(withinTolerance(text, nowMs)).toEqual({ ok: false, reason: 'the timestamp is not a number of seconds' });
    },
  );

  it('refuses milliseconds, which are far in the future as seconds', () => {
    expect(withinTolerance(String(nowMs), nowMs)).toEqual({ ok: false, reason: 'the timestamp is in the future' });
  });
});

describe('anyMatches', () => {
  it.each([
    ['the only secret', [mac('a')], [mac('a')]],
    ['the second of two secrets', [mac('b'), mac('a')], [mac('a')]],
    ['one of two signatures', [mac('a')], [mac('b'), mac('a')]],
  ])('accepts a signature by %s', (_, expected, given) => {
    expect(anyMatches(expected, given)).toBe(true);
  });

  it.each([
    ['of another secret', [mac('a')], [mac('b')]],
    ['that is cut', [mac('a')], [mac('a').subarray(0, 31)]],
    ['with a byte more', [mac('a')], [Buffer.concat([mac('a'), Buffer.from([0])])]],
    ['that is empty', [mac('a')], [Buffer.alloc(0)]],
    ['when no secret is configured', [], [mac('a')]],
    ['that is not there', [mac('a')], []],
  ])('refuses a signature %s', (_, expected, given) => {
    expect(anyMatches(expected, given)).toBe(false);
  });
});

describe('anyEquals', () => {
  it('accepts each configured secret', () => {
    expect(['old', 'new'].map((given) => anyEquals(['new', 'old'], given))).toEqual([true, true]);
  });

  it.each(['ne', 'news', 'NEW', ' new', ''])('refuses %p', (given) => {
    expect(anyEquals(['new', 'old'], given)).toBe(false);
  });
});

describe('usable', () => {
  it('leaves out empty secrets and secrets of spaces, and keeps the others as they are', () => {
    expect(usable(['', ' ', '\t', 'a', ' b '])).toEqual(['a', ' b ']);
  });
});

describe('hexSignatures', () => {
  it('reads 64 hex digits in either case', () => {
    const hex = mac('a').toString('hex');
    expect(hexSignatures([hex, hex.toUpperCase()])).toEqual([mac('a'), mac('a')]);
  });

  it.each([
    ['base64', mac('a').toString('base64')],
    ['a digit less', mac('a').toString('hex').slice(1)],
    ['a digit more', `${mac('a').toString('hex')}0`],
    ['a letter that is not hex', `g${mac('a').toString('hex').slice(1)}`],
    ['a line break at the end', `${mac('a').toString('hex')}\n`],
    ['a prefix', `sha256=${mac('a').toString('hex')}`],
    ['nothing', ''],
  ])('leaves out %s', (_, text) => {
    expect(hexSignatures([text])).toEqual([]);
  });
});

describe('namedParts', () => {
  it('gives the values of one name, in their order', () => {
    const values = namedParts('t=1,v1=abc, v1 = def ,v0=ghi', ',');
    expect([values('t'), values('v1'), values('v2')]).toEqual([['1'], ['abc', 'def'], []]);
  });

  it('keeps an = within a value, and gives a part without = an empty value', () => {
    const values = namedParts('v1=a=b;h1', ';');
    expect([values('v1'), values('h1')]).toEqual([['a=b'], ['']]);
  });
});
