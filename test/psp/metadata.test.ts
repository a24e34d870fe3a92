import fc from 'fast-check';
import { readMetadata } from '../../src/psp/metadata';

describe("a merchant's metadata", () => {
  it('gives every documented key', () => {
    const metadata = {
      user_id: 'u1',
      checkout_id: 'c1',
      ttclid: 't'.repeat(1000),
      ttp: 'p',
      ip: '203.0.113.7',
      user_agent: 'Mozilla/5.0',
      page_url: 'https://example.com/',
      email: 'a@example.com',
      phone: '+49',
      consent: 'granted',
      purchase_type: 'paid_trial',
    };
    expect(readMetadata(metadata)).toEqual({
      hints: {
        userId: 'u1',
        checkoutId: 'c1',
        ttclid: 't'.repeat(1000),
        ttp: 'p',
        ip: '203.0.113.7',
        userAgent: 'Mozilla/5.0',
        pageUrl: 'https://example.com/',
        email: 'a@example.com',
        phone: '+49',
        consent: 'granted',
      },
      purchaseType: 'paid_trial',
    });
  });

  it.each([
    ['tt_ before the plain key', [{ user_id: 'plain', tt_user_id: 'ours' }], { userId: 'ours' }],
    ['the plain key where tt_ is empty', [{ user_id: 'plain', tt_user_id: ' ' }], { userId: 'plain' }],
    ['the first place before the second', [{ user_id: 'a' }, { tt_user_id: 'b', ttp: 'c' }], { userId: 'a', ttp: 'c' }],
    ['numbers as text', [{ user_id: 42 }], { userId: '42' }],
    ['values in quotes of JSON', [{ user_id: '"u1"' }], { userId: 'u1' }],
    ['all of it as JSON in a string', ['{"user_id":"u1"}'], { userId: 'u1' }],
    ['consent in capitals', [{ consent: 'DENIED' }], { consent: 'denied' }],
    ['a later place where the first has junk', [{ consent: 'maybe' }, { consent: 'granted' }], { consent: 'granted' }],
    ['nothing of what scripts write for nothing', [{ user_id: 'undefined', email: 'null', ttp: '', ip: null, phone: {} }], {}],
    ['nothing of junk', [null, 42, 'x', [], undefined, true], {}],
  ])('is read with %s', (_, places, hints) => {
    expect(readMetadata(...places)).toEqual({ hints });
  });

  it.each([
    ['free_trial', 'free_trial'],
    ['Free Trial', 'free_trial'],
    ['PAID-TRIAL', 'paid_trial'],
    ['weekly', undefined],
  ])('takes purchase type %s as %s', (written, type) => {
    expect(readMetadata({ purchase_type: written }).purchaseType).toBe(type);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.array(fc.anything()), (places) => void readMetadata(...places)));
  });
});
