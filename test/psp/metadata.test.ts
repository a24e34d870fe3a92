import fc from 'fast-check';
import { isMetadataKey, metadataText, readMetadata, withCustomer } from '../../src/psp/metadata';

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
      metadata,
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
    ['keys in capitals and with blanks', [{ ' User_ID ': 'u1', TT_Checkout_Id: 'c1' }], { userId: 'u1', checkoutId: 'c1' }],
    ['a key as documented before one in capitals', [{ user_id: 'u1', USER_ID: 'u2' }], { userId: 'u1' }],
    ['the plain key where tt_ is empty', [{ user_id: 'plain', tt_user_id: ' ' }], { userId: 'plain' }],
    ['the first place before the second', [{ user_id: 'a' }, { tt_user_id: 'b', ttp: 'c' }], { userId: 'a', ttp: 'c' }],
    ['numbers as text', [{ user_id: 42 }], { userId: '42' }],
    ['values in quotes of JSON', [{ user_id: '"u1"' }], { userId: 'u1' }],
    ['all of it as JSON in a string', ['{"user_id":"u1"}'], { userId: 'u1' }],
    ['quotes of JSON after a zero-width space', [{ user_id: '\u200b"u1"' }], { userId: 'u1' }],
    ['JSON in a string after a byte order mark', ['\ufeff{"user_id":"u1"}'], { userId: 'u1' }],
    ['consent in capitals', [{ consent: 'DENIED' }], { consent: 'denied' }],
    ['a later place where the first has junk', [{ consent: 'maybe' }, { consent: 'granted' }], { consent: 'granted' }],
    ['nothing of what scripts write for nothing', [{ user_id: 'undefined', email: 'null', ttp: '', ip: null, phone: {} }], {}],
    ['nothing of junk', [null, 42, 'x', [], undefined, true], {}],
  ])('is read with %s', (_, places, hints) => {
    expect(readMetadata(...places).hints).toEqual(hints);
  });

  it.each([
    [
      'texts, numbers and truth values under their own names',
      [{ Funnel: 'quiz', step: 3, paid: true }],
      { Funnel: 'quiz', step: '3', paid: 'true' },
    ],
    ['the first place that says something', [{ funnel: ' ' }, { funnel: 'quiz' }, { funnel: 'shop' }], { funnel: 'quiz' }],
    ['JSON in a string', ['{"funnel":"quiz"}'], { funnel: 'quiz' }],
    ['no lists and objects', [{ funnel: ['quiz'], of: { funnel: 'quiz' }, nothing: null }], undefined],
    ['nothing of junk', [null, 42, 'x', [], undefined, true], undefined],
  ])('gives all of it for routing: %s', (_, places, metadata) => {
    expect(readMetadata(...(places as unknown[])).metadata).toEqual(metadata);
  });

  it.each([
    ['free_trial', 'free_trial'],
    ['Free Trial', 'free_trial'],
    ['PAID-TRIAL', 'paid_trial'],
    ['weekly', undefined],
  ])('takes purchase type %s as %s', (written, type) => {
    expect(readMetadata({ purchase_type: written }).purchaseType).toBe(type);
  });

  it.each([
    ['NUL', 'chk\u0000-7'],
    ['half a pair of surrogates', 'chk-\ud83d'],
    ['a line break', 'chk\n7'],
    ['3,000 characters', 'c'.repeat(3000)],
    ['the word for nobody', 'guest'],
    ['a template that nobody filled in', '{{checkout_id}}'],
  ])('leaves out an id with %s, and keeps the rest', (_, junk) => {
    expect(readMetadata({ user_id: 'u1', checkout_id: junk, ttclid: 'E.C.P.1' }).hints).toEqual({
      userId: 'u1',
      ttclid: 'E.C.P.1',
    });
    expect(readMetadata({ user_id: junk, email: 'a@example.com' }).hints).toEqual({ email: 'a@example.com' });
  });

  it('takes the next place where the first has an unusable value', () => {
    const junk = { tt_user_id: '0', email: 'n/a', ip: '10.0.0', phone: '-', ttp: 'null', page_url: 'a\u0000' };
    const good = { user_id: 'u1', email: 'A@Example.com', ip: '[2001:db8::1]:443', phone: 'tel:+4930901820', ttp: 'p' };
    expect(readMetadata(junk, good).hints).toEqual({
      userId: 'u1',
      email: 'a@example.com',
      ip: '2001:db8::1',
      phone: '+4930901820',
      ttp: 'p',
    });
  });

  it('takes a checkout id that is a number as its text', () => {
    expect(readMetadata({ checkout_id: 273_196 }).hints).toEqual({ checkoutId: '273196' });
    expect(readMetadata({ checkout_id: 2 ** 53 }).hints).toEqual({});
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.array(fc.anything()), (places) => void readMetadata(...places)));
  });
});

describe('what a provider says of its customer', () => {
  it('fills gaps, as far as it is usable', () => {
    const customer = {
      userId: 'anonymous',
      customerId: 'cus_1',
      email: 'Buyer@Example.com ',
      phone: null,
      ip: '203.0.113.7:51008',
    };
    expect(withCustomer({ userId: 'u1' }, customer)).toEqual({
      userId: 'u1',
      customerId: 'cus_1',
      email: 'buyer@example.com',
      ip: '203.0.113.7',
    });
    expect(withCustomer({}, customer)).not.toHaveProperty('userId');
  });

  it.each(['guest', '0', 'cus\u0000', 'c'.repeat(257), '', {}, null])('is no customer id where it is %j', (customerId) => {
    expect(withCustomer({}, { customerId })).toEqual({});
  });

  it('takes the number of a customer', () => {
    expect(withCustomer({}, { customerId: 4711 })).toEqual({ customerId: '4711' });
  });

  it('never replaces what the merchant said', () => {
    expect(withCustomer({ email: 'a@example.com' }, { email: 'b@example.com' })).toEqual({ email: 'a@example.com' });
  });
});

describe('a key that one provider knows', () => {
  it('is taken as it is, also where it can’t be stored: without it the payment would be of another order', () => {
    expect(metadataText([{ subscription_id: ' sub\u0000x ' }], 'subscription_id')).toBe('sub\u0000x');
    expect(metadataText([{ subs_iteration: 0 }], 'subs_iteration')).toBe('0');
  });
});

it.each([
  ['user_id', true],
  ['tt_user_id', true],
  ['purchase_type', true],
  ['userId', false],
  ['constructor', false],
  ['tt_', false],
  ['', false],
])('%j is one of our keys: %s', (name, isOurs) => {
  expect(isMetadataKey(name)).toBe(isOurs);
});
