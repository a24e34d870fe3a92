import { emailAddress, phoneText } from '../../src/domain/contact';

const plain = 'zw.zdajhb@mail.example';

describe('an e-mail address', () => {
  it.each([
    ['plain', plain],
    ['in capitals', 'ZW.ZDAJHB@MAIL.EXAMPLE'],
    ['with a zero-width space at the end', `${plain}\u200b`],
    ['with a zero-width space at the beginning', `\u200b${plain}`],
    ['with a byte order mark', `\ufeff${plain}`],
    ['between spaces that do not break', `\u00a0${plain}\u00a0`],
    ['with a word joiner', `${plain}\u2060`],
    ['with a mark of direction', `${plain}\u200f`],
    ['with a soft hyphen', plain.replace('@', '\u00ad@')],
    ['with an @ of full width', plain.replace('@', '＠')],
    ['in letters of full width', 'ｚｗ.ｚｄａｊｈｂ＠ｍａｉｌ．ｅｘａｍｐｌｅ'],
    ['as a link', `mailto:${plain}`],
    ['as a link with a subject', `MAILTO:${plain}?subject=Hello`],
  ])('%s is one address', (_, raw) => {
    expect(emailAddress(raw)).toBe(plain);
  });

  it('has one spelling of its accents', () => {
    expect(emailAddress('e\u0301lodie@exemple.example')).toBe('\u00e9lodie@exemple.example');
  });

  it('may be a SHA-256, in lower case', () => {
    expect(emailAddress(` ${'AB'.repeat(32)} `)).toBe('ab'.repeat(32));
  });

  it.each([
    ...['mailto:', 'mailto:alice', 'a b@example.com', 'A B <a@example.com>', 'a@example.com, b@example.com', 'alice＠localhost'],
    ...[
      'a\u0000@example.com',
      'a\n@example.com',
      'a@exa\ud83dmple.com',
      'null',
      '{{email}}',
      '',
      ' ',
      `${'a'.repeat(250)}@b.example`,
    ],
    ...['guest@shop.example', 'no-reply@shop.example', 'noreply@shop.example', 'do-not-reply@a.example', 'anonymous@a.example'],
    ...['none@none.example', 'noemail@shop.example', 'null@null.example', 'test@test.com', 'buyer-7@shop.invalid', 'x@invalid'],
  ])('is none where it says %j', (raw) => {
    expect(emailAddress(raw)).toBeUndefined();
  });

  it.each([42, null, undefined, {}, ['a@example.com'], true])('is none where it is %p', (raw) => {
    expect(emailAddress(raw)).toBeUndefined();
  });

  it.each(['guest.house@example.com', 'guests@example.com', 'reply@example.com', 'none.such@example.com', 'test@example.com'])(
    'of %s is somebody’s',
    (email) => {
      expect(emailAddress(email)).toBe(email);
    },
  );
});

describe('a phone number', () => {
  it.each([
    ['tel:+12133734253', '+12133734253'],
    ['TEL: +1 213 373 4253', '+1 213 373 4253'],
    ['tel:+1-213-373-4253;ext=5', '+1-213-373-4253'],
    ['\u202a+1 (213) 373-4253\u202c', '+1 (213) 373-4253'],
    ['\u200e+12133734253\u200b', '+12133734253'],
    ['＋１２１３３７３４２５３', '+12133734253'],
    ['+1\u00a0213\u202f373 4253', '+1 213 373 4253'],
  ])('%j is %j', (raw, text) => {
    expect(phoneText(raw)).toBe(text);
  });

  it.each(['', 'tel:', '+1\u0000213', '\u200b', null, undefined, {}])('%j is none', (raw) => {
    expect(phoneText(raw)).toBeUndefined();
  });
});
