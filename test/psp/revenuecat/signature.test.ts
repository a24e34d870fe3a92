import { revenuecat } from '../../../src/psp/revenuecat';
import { revenuecatHeaders } from '../../../sandbox/revenuecat/webhooks';

const raw = Buffer.from('{}');
const verify = (headers: Record<string, string | readonly string[] | undefined>, secrets: readonly string[] = ['Bearer abc']) =>
  revenuecat.verify(raw, headers, secrets, { nowMs: 0 });

describe("RevenueCat's Authorization header", () => {
  it.each<[string, Record<string, string>, readonly string[]]>([
    ['the configured value', revenuecatHeaders('Bearer abc'), ['Bearer abc']],
    ['one of several', revenuecatHeaders('new'), ['old', 'new']],
    ['an empty one beside it', revenuecatHeaders('new'), ['', ' ', 'new']],
  ])('is accepted: %s', (_, headers, secrets) => {
    expect(verify(headers, secrets)).toEqual({ ok: true });
  });

  it.each<[string, Record<string, string | readonly string[] | undefined>, readonly string[], RegExp]>([
    ['another value', { authorization: 'Bearer abd' }, ['Bearer abc'], /none of the configured/],
    ['another case', { authorization: 'bearer abc' }, ['Bearer abc'], /none of the configured/],
    ['the beginning of it', { authorization: 'Bearer ab' }, ['Bearer abc'], /none of the configured/],
    ['more than it', { authorization: 'Bearer abc ' }, ['Bearer abc'], /none of the configured/],
    ['no header', {}, ['Bearer abc'], /missing/],
    ['an empty header', { authorization: '' }, ['Bearer abc'], /missing/],
    ['the header twice', { authorization: ['Bearer abc', 'Bearer abc'] }, ['Bearer abc'], /more than once/],
    ['no secret', { authorization: 'Bearer abc' }, [], /no authorization header value/],
    ['an empty secret', { authorization: '' }, [''], /no authorization header value/],
    ['a secret of spaces', { authorization: '  ' }, ['  '], /no authorization header value/],
  ])('is refused: %s', (_, headers, secrets, reason) => {
    expect(verify(headers, secrets)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  });
});
