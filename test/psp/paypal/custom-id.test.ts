import { readCustomId } from '../../../src/psp/paypal/custom-id';

it.each<[string, string, object]>([
  ['a checkout id', 'c1', { checkoutId: 'c1' }],
  ['a checkout id in base64', 'abc==', { checkoutId: 'abc==' }],
  ['a checkout id with all signs of base64', 'a+b/c=', { checkoutId: 'a+b/c=' }],
  ['a checkout id with an = inside', 'cart=42', { checkoutId: 'cart=42' }],
  ['a checkout id with a %', '100%25', { checkoutId: '100%25' }],
  ['a checkout id that is a number', '273196', { checkoutId: '273196' }],
  ['a checkout id with &', 'a&b==', { checkoutId: 'a&b==' }],
  ['one key', 'checkout_id=c1', { checkoutId: 'c1' }],
  ['keys, raw', 'checkout_id=a+b==&user_id=u+1=', { checkoutId: 'a+b==', userId: 'u+1=' }],
  [
    'keys, percent-encoded',
    'checkout_id=a%2Bb%3D%3D&email=a%2Btag%40example.com',
    { checkoutId: 'a+b==', email: 'a+tag@example.com' },
  ],
  ['an e-mail with a raw plus', 'email=a+tag@example.com&user_id=u1', { email: 'a+tag@example.com', userId: 'u1' }],
  ['a % that encodes nothing', 'user_id=50%&checkout_id=c1', { userId: '50%', checkoutId: 'c1' }],
  ['keys with tt_', 'tt_user_id=a&user_id=b', { userId: 'a' }],
  ['keys beside others', 'plan=pro&user_id=u1', { userId: 'u1' }],
  ['keys encoded as a whole', 'checkout_id%3Dc1%26user_id%3Du1', { checkoutId: 'c1', userId: 'u1' }],
  ['keys with the mark of a query', '?checkout_id=c1&user_id=u1', { checkoutId: 'c1', userId: 'u1' }],
  ['JSON, percent-encoded', '%7B%22checkout_id%22%3A%22c1%22%7D', { checkoutId: 'c1' }],
  ['keys as HTML writes them', 'checkout_id=c1&amp;user_id=u1', { checkoutId: 'c1', userId: 'u1' }],
  ['an empty key beside one', 'checkout_id=&user_id=u1', { userId: 'u1' }],
  ['JSON', '{"checkout_id":"abc==","user_id":42}', { checkoutId: 'abc==', userId: '42' }],
  ['a checkout id in quotes of JSON', '"c1"', { checkoutId: 'c1' }],
  ['JSON of JSON', JSON.stringify('{"checkout_id":"c1","user_id":"u1"}'), { checkoutId: 'c1', userId: 'u1' }],
  ['keys in capitals', 'CHECKOUT_ID=c1&User_Id=u1', { checkoutId: 'c1', userId: 'u1' }],
  ['JSON after a zero-width space', '\u200b{"checkout_id":"c1"}', { checkoutId: 'c1' }],
  ['a key after a zero-width space', '\u200buser_id=u1', { userId: 'u1' }],
  ['a key after a byte order mark, percent-encoded', '%EF%BB%BFuser_id=u1&ttp=p', { userId: 'u1', ttp: 'p' }],
])('reads %s', (_, text, hints) => {
  expect(readCustomId(text).hints).toEqual(hints);
});

it.each([
  ['keys of the merchant’s own', 'plan=pro&coupon=x'],
  ['JSON that was cut', '{"checkout_id":"c1","user_id":"u'],
  ['JSON without our keys', '{"plan":"pro"}'],
  ['an empty key alone', 'checkout_id='],
  ['a placeholder', 'checkout_id={{checkout_id}}'],
  ['a word for nothing', 'null'],
  ['blanks', '  '],
  ['a control character', 'c\u00001'],
])('takes nothing of %s', (_, text) => {
  expect(readCustomId(text).hints).toEqual({});
});

it('reads the purchase type, however it is encoded', () => {
  expect(readCustomId('purchase_type=free_trial').purchaseType).toBe('free_trial');
  expect(readCustomId('purchase_type=Free%20Trial').purchaseType).toBe('free_trial');
});

it('takes the first place that says something', () => {
  expect(readCustomId(null, undefined, 'c1').hints).toEqual({ checkoutId: 'c1' });
  expect(readCustomId('user_id=u1', 'c1').hints).toEqual({ userId: 'u1', checkoutId: 'c1' });
});
