import { createHash } from 'node:crypto';
import { hashedEmail, hashedExternalId, hashedPhone, identityFrom, publicIp } from '../../src/tiktok/user-data';

const sha = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

describe("TikTok's own printed hashes", () => {
  it('e-mail', () => {
    expect(hashedEmail(' ALICE_abc@gmail.com ')).toBe('848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f');
  });
  it('phone', () => {
    expect(hashedPhone('(+1)2133734253')).toBe('9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd');
  });
  it('external id', () => {
    expect(hashedExternalId('user_123')).toBe('80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b');
  });
});

describe('e-mail: trimmed, lower-cased, hashed', () => {
  it.each([
    ['Alice@Example.com', 'alice@example.com'],
    ['\t alice@example.com\n', 'alice@example.com'],
    ['\u00a0alice@example.com\ufeff', 'alice@example.com'],
    ['JOÃO@SÃOPAULO.example', 'joão@sãopaulo.example'],
    ['ÉLODIE@exemple.fr', 'élodie@exemple.fr'],
    ['a.l.i.c.e+tiktok@gmail.com', 'a.l.i.c.e+tiktok@gmail.com'],
    ['alice@googlemail.com', 'alice@googlemail.com'],
    ["o'brien@example.ie", "o'brien@example.ie"],
    ['用户@例子.公司', '用户@例子.公司'],
    ['da..me@docomo.example', 'da..me@docomo.example'],
  ])('%j as %j', (raw, normalised) => {
    expect(hashedEmail(raw)).toBe(sha(normalised));
  });

  it.each([
    '',
    '   ',
    'alice',
    'alice@',
    '@example.com',
    'alice@localhost',
    'alice@example.',
    'alice@.com',
    'alice@ex..com',
    'a b@example.com',
    'Alice <alice@example.com>',
    'a@example.com,b@example.com',
    'a@b@example.com',
    'null',
    'undefined',
    `${'a'.repeat(250)}@example.com`,
    'd41d8cd98f00b204e9800998ecf8427e',
  ])('%j is none and is left out', (raw) => {
    expect(hashedEmail(raw)).toBeUndefined();
  });
});

describe('what is hashed already is not hashed again', () => {
  const hash = sha('alice@example.com');
  it.each([hashedEmail, hashedPhone, hashedExternalId])('%p passes a SHA-256 on, in lower case', (hashed) => {
    expect(hashed(hash)).toBe(hash);
    expect(hashed(` ${hash.toUpperCase()} `)).toBe(hash);
  });
  it('a near miss is a value like any other', () => {
    expect(hashedExternalId(hash.slice(1))).toBe(sha(hash.slice(1)));
    expect(hashedExternalId(`${hash.slice(1)}g`)).toBe(sha(`${hash.slice(1)}g`));
    expect(hashedEmail(hash.slice(1))).toBeUndefined();
    expect(hashedPhone(hash.slice(1))).toBeUndefined();
  });
});

describe('phone: E.164 with its plus, hashed', () => {
  it.each<[string, 'US' | 'BR' | 'DE' | undefined, string]>([
    ['+1 213 373 4253', undefined, '+12133734253'],
    ['+1 (213) 373-4253', undefined, '+12133734253'],
    ['+1.213.373.4253', undefined, '+12133734253'],
    ['0049 30 901820', undefined, '+4930901820'],
    ['+49 (0)30 901820', undefined, '+4930901820'],
    ['030 901820', 'DE', '+4930901820'],
    ['(213) 373-4253', 'US', '+12133734253'],
    ['+55 11 96123-4567', 'US', '+5511961234567'],
    ['11 96123-4567', 'BR', '+5511961234567'],
    // Sixteen characters with the plus: Segment cuts it to fifteen.
    ['+49 1523 1234567', undefined, '+4915231234567'],
    ['+8613812345678', undefined, '+8613812345678'],
  ])('%j in %s as %s', (raw, country, e164) => {
    expect(hashedPhone(raw, country)).toBe(sha(e164));
  });

  it('a long number keeps all its digits', () => {
    // The longest valid mobile numbers of Austria have 13 national digits: 16 characters with the plus.
    expect(hashedPhone('+43 650 1234567890')).toBe(sha('+436501234567890'));
  });

  it.each([
    '',
    'n/a',
    '2133734253',
    '12133734253',
    '+1',
    '+1 213',
    '+999 123456789',
    '+12133734253123456789',
    'call +1 213 373 4253',
    '0000000000',
    '+',
    '1'.repeat(50),
  ])('%j is undialable, or nobody knows where, and is left out', (raw) => {
    expect(hashedPhone(raw)).toBeUndefined();
  });
});

describe('external id: trimmed and hashed, not lower-cased', () => {
  it.each([
    [' User_ABC ', 'User_ABC'],
    ['São Paulo 7', 'São Paulo 7'],
    ['42', '42'],
    ['alice@example.com', 'alice@example.com'],
  ])('%j as %j', (raw, normalised) => {
    expect(hashedExternalId(raw)).toBe(sha(normalised));
  });
  it.each(['', '  ', 'null', 'undefined'])('%j is left out: the hash of nothing would join strangers', (raw) => {
    expect(hashedExternalId(raw)).toBeUndefined();
  });
});

describe("ip: the buyer's public address", () => {
  it.each(['8.8.8.8', '203.0.113.9', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2001:0db8:85a3:0000:0000:8a2e:0370:7334'])(
    '%s',
    (ip) => {
      expect(publicIp(` ${ip} `)).toBe(ip);
    },
  );
  it('an IPv4 address in IPv6 clothes is shown as what it is', () => {
    expect(publicIp('::ffff:8.8.8.8')).toBe('8.8.8.8');
  });
  it.each([
    '',
    '10.0.0.1',
    '127.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '172.31.255.255',
    '169.254.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fd00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '8.8.8.8, 10.0.0.1',
    'unknown',
    '2001:db8::g',
    'localhost',
  ])('%j is left out', (ip) => {
    expect(publicIp(ip)).toBeUndefined();
  });
});

describe('an identity', () => {
  const atMs = Date.UTC(2026, 10, 22, 10);

  it('holds hashes, never what was hashed', () => {
    const identity = identityFrom(
      {
        userId: 'u1',
        customerId: 'cus_1',
        checkoutId: 'c1',
        email: 'Alice@Example.com',
        phone: '+12133734253',
        ttclid: 'E.C.P.abc',
        ttp: '2Fm3Kx0000000000000000000aB',
        ip: '203.0.113.7',
        userAgent: 'Mozilla/5.0 (iPhone)',
        pageUrl: 'https://shop.example/plans?utm_source=tiktok',
        referrer: 'https://www.tiktok.com/',
        locale: 'pt-BR',
        consent: 'granted',
      },
      atMs,
    );
    expect(identity).toEqual({
      emailSha256: sha('alice@example.com'),
      phoneSha256: sha('+12133734253'),
      externalIdSha256: sha('u1'),
      ttclid: 'E.C.P.abc',
      clickAtMs: atMs,
      ttp: '2Fm3Kx0000000000000000000aB',
      ip: '203.0.113.7',
      userAgent: 'Mozilla/5.0 (iPhone)',
      pageUrl: 'https://shop.example/plans?utm_source=tiktok',
      referrer: 'https://www.tiktok.com/',
      locale: 'pt-BR',
      consent: 'granted',
    });
  });

  it('of nothing, or of junk only, is empty', () => {
    expect(identityFrom({}, atMs)).toEqual({});
    const junk = {
      userId: ' ',
      email: 'x',
      phone: 'x',
      ttclid: '',
      ttp: ' ',
      ip: 'x',
      userAgent: '',
      pageUrl: 'x',
      locale: '!',
      consent: 'maybe',
    };
    expect(identityFrom(junk as object, atMs)).toEqual({});
    expect(identityFrom({ userId: 42, email: null, ttclid: {}, pageUrl: [] } as object, atMs)).toEqual({});
  });

  it('keeps a ttclid of 1,000 characters whole and leaves out a longer one', () => {
    const ttclid = 'E.C.P.'.padEnd(1_000, 'x');
    expect(identityFrom({ ttclid }, atMs).ttclid).toBe(ttclid);
    expect(identityFrom({ ttclid: `${ttclid}x` }, atMs)).toEqual({});
  });

  it('takes the click from the landing URL when nothing else says it', () => {
    expect(identityFrom({ pageUrl: 'https://shop.example/?ttclid=E.C.P.url' }, atMs)).toMatchObject({
      ttclid: 'E.C.P.url',
      clickAtMs: atMs,
    });
    expect(identityFrom({ ttclid: 'E.C.P.own', pageUrl: 'https://shop.example/?ttclid=E.C.P.url' }, atMs).ttclid).toBe(
      'E.C.P.own',
    );
  });

  it.each(['__CLICKID__', 'null', 'has space', ' '])('leaves out %j, which is no click', (ttclid) => {
    expect(identityFrom({ ttclid }, atMs)).toEqual({});
  });

  it.each([
    ['GRANTED', 'granted'],
    [' Denied ', 'denied'],
    ['unknown', 'unknown'],
    ['yes', undefined],
  ])('reads the consent %j as %s', (raw, consent) => {
    expect(identityFrom({ consent: raw as 'granted' }, atMs).consent).toBe(consent);
  });

  it.each([
    ['https://shop.example', 'https://shop.example'],
    ['https://shop.example/são-paulo?a=1&b=2#top', 'https://shop.example/são-paulo?a=1&b=2#top'],
    ['https://shop.example/?email=a%40b.example&utm=1', 'https://shop.example/?utm=1'],
    ['https://shop.example/?who=a%40b.example', 'https://shop.example/'],
    ['https://shop.example/?access_token=s3cret&plan=pro', 'https://shop.example/?plan=pro'],
    ['https://user:pass@shop.example/x', 'https://shop.example/x'],
    ['https://shop.example/#access_token=abc', 'https://shop.example/'],
    ['javascript:alert(1)', undefined],
    ['ftp://shop.example/', undefined],
    ['shop.example/plans', undefined],
    ['https://', undefined],
    ['https://a b', undefined],
    [`https://shop.example/${'x'.repeat(4_096)}`, undefined],
  ])('shows the page %j as %j', (pageUrl, shown) => {
    expect(identityFrom({ pageUrl }, atMs).pageUrl).toBe(shown);
  });

  it('leaves out a user agent that is longer than any', () => {
    expect(identityFrom({ userAgent: 'x'.repeat(1_024) }, atMs).userAgent).toHaveLength(1_024);
    expect(identityFrom({ userAgent: 'x'.repeat(1_025) }, atMs)).toEqual({});
  });
});
