import fc from 'fast-check';
import { identifier, isPlaceholder, isUnstorable, plainText } from '../../src/domain/text';

describe('a text from outside', () => {
  it.each<[string, unknown, string]>([
    ['as it is', 'chk_7', 'chk_7'],
    ['without outer white space', ' \t\u00a0chk_7\r\n', 'chk_7'],
    ['with inner spaces', 'São Paulo 7', 'São Paulo 7'],
    ['without a zero-width space', 'chk\u200b_7\ufeff', 'chk_7'],
    ['without marks of direction', '\u202achk_7\u202c', 'chk_7'],
    ['without a soft hyphen', 'chk\u00ad_7', 'chk_7'],
    ['with a whole pair of surrogates', 'sub-😀-日本', 'sub-😀-日本'],
    ['that is a number', 273_196, '273196'],
    ['that is a fraction', 1.5, '1.5'],
    ['that is the name of something in JavaScript', '__proto__', '__proto__'],
    ['of just the longest length', 'c'.repeat(20), 'c'.repeat(20)],
  ])('is taken %s', (_, raw, text) => {
    expect(plainText(raw, 20)).toBe(text);
  });

  it.each<[string, unknown]>([
    ['NUL', 'chk\u0000-7'],
    ['a line break', 'chk\n7'],
    ['a delete character', 'chk\u007f7'],
    ['a control character of Latin-1', 'chk\u00857'],
    ['a separator of lines', 'chk\u20287'],
    ['the first half of a pair', 'chk-\ud83d'],
    ['the second half of a pair', '\ude00chk'],
    ['two halves in the wrong order', '\ude00\ud83d'],
    ['one character too many', 'c'.repeat(21)],
    ['nothing', ''],
    ['white space', ' \t '],
    ['invisible characters only', '\u200b\ufeff'],
    ['a number that is none', NaN],
    ['a number without end', Infinity],
    ['a number that may be another one', 2 ** 53],
    ['a truth value', true],
    ['a list', ['chk']],
    ['an object', { id: 'chk' }],
    ['null', null],
    ['undefined', undefined],
  ])('is left out with %s', (_, raw) => {
    expect(plainText(raw, 20)).toBeUndefined();
  });

  it('never throws, and gives nothing that cannot be stored', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: 'binary' })), (raw) => {
        const text = plainText(raw, 100);
        expect(text === undefined || (text.trim() === text && text !== '' && !isUnstorable(text))).toBe(true);
      }),
    );
  });
});

describe('an identifier', () => {
  it.each([
    ...['unidentified', 'no-id', 'anonymousUser', 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855'],
    ...['0', '00', '-1', '-', '—', '***', '0.0', '00000000-0000-0000-0000-000000000000', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'],
    ...['guest', 'Guest', 'GUEST', ' guest ', 'guest\u200b', 'anonymous', 'Anonymous User', 'anon', 'nobody'],
    ...[
      'null',
      'undefined',
      'NaN',
      'none',
      'None',
      'nil',
      'true',
      'false',
      '[object Object]',
      '(not set)',
      '(none)',
      '(not provided)',
    ],
    ...['n/a', 'N/A', 'unknown', 'not set', 'test', 'placeholder', 'user_id', 'customer_id'],
    ...[
      '{{user_id}}',
      '{{ user.id }}',
      'user-{{id}}',
      '${userId}',
      '#{user.id}',
      '{user_id}',
      '{CHECKOUT_SESSION_ID}',
      '[user_id]',
    ],
    ...['guest-user', 'Guest_User', 'unknown user', 'not logged in', 'logged-out', 'visitor', 'customer', 'demo', '#N/A', '{}'],
    ...['undefined|undefined', 'null.null', '%7B%7Buser_id%7D%7D', '%24%7BuserId%7D'],
    ...['undefined undefined', 'null-null', '[object Undefined]', 'ＮＵＬＬ', '０', 'ｇｕｅｓｔ'],
    ...['Gast', 'Invité', 'ANÓNIMO', 'invitado', 'Convidado', 'гость', '匿名', 'ゲスト', '게스트', 'unbekannt'],
    ...['<user id>', '<%= user.id %>', '%USER_ID%', '%%user_id%%', '*|USERID|*', '__USER_ID__'],
  ])('is none where it says %j', (placeholder) => {
    expect(identifier(placeholder, 256)).toBeUndefined();
    expect(isPlaceholder(placeholder.replace(/\u200b/g, '').trim())).toBe(true);
  });

  it('is none where it is the number 0', () => {
    expect(identifier(0, 256)).toBeUndefined();
    expect(identifier(-1, 256)).toBeUndefined();
  });

  it.each([
    ...[
      '1',
      '10',
      '007',
      'u0',
      '0a',
      '-12',
      'o',
      'x',
      '00000000-0000-0000-0000-000000000001',
      'ffffffff-ffff-ffff-ffff-fffffffffffe',
    ],
    ...[
      'guest_7f3a',
      'guesthouse',
      'anonymous-42',
      'nullius',
      'undefined-1',
      'nan.smith',
      'nonesuch',
      'truest',
      'unknown soldier',
      'gastone',
      'user-7',
      'demo-7',
      'customer 7',
      'none-of-these',
    ],
    ...['tester', 'test-7', 'latest', 'user_id_7', 'constructor', '__proto__', 'toString', 'hasOwnProperty'],
    ...['{3F2504E0-4F89-11D3-9A0C-0305E82C3301}', 'a{b}c', '50%off%x', '100%', 'a<b', 'abc==', 'q+/w==', '😀', '日本'],
  ])('is %j', (id) => {
    expect(identifier(id, 256)).toBe(id);
  });
});
