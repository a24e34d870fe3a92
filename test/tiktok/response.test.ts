import type { DeliveryOutcome } from '../../src/domain/delivery';
import { redacted } from '../../src/tiktok/redaction';
import { outcomeOf } from '../../src/tiktok/response';

const nowMs = Date.UTC(2026, 10, 22, 10);

function outcome(status: number, body: unknown, retryAfter: string | null = null): DeliveryOutcome {
  const text = typeof body === 'string' || body === null ? body : JSON.stringify(body);
  return outcomeOf({ status, text, retryAfter, nowMs });
}

const saying = (code: unknown, message: unknown = 'words') => ({ code, message, request_id: '20261122ABCDEF', data: {} });

describe("the body's code decides", () => {
  it.each<[number, DeliveryOutcome['kind']]>([
    [0, 'accepted'],
    [20001, 'accepted'],
    [40000, 'rejected'],
    [40001, 'unauthorized'],
    [40002, 'rejected'],
    [40003, 'rejected'],
    [40006, 'rejected'],
    [40007, 'unauthorized'],
    [40061, 'rejected'],
    [40062, 'rejected'],
    [40063, 'rejected'],
    [40100, 'throttled'],
    [40101, 'rejected'],
    [40102, 'unauthorized'],
    [40104, 'unauthorized'],
    [40105, 'unauthorized'],
    [40106, 'unauthorized'],
    [40132, 'throttled'],
    [40133, 'throttled'],
    [40200, 'rejected'],
    [40201, 'rejected'],
    [40202, 'unreachable'],
    [40700, 'rejected'],
    [41000, 'unauthorized'],
    [49999, 'rejected'],
    [50000, 'unreachable'],
    [50002, 'unreachable'],
    [51010, 'unreachable'],
    [51012, 'unreachable'],
    [52000, 'unreachable'],
    [53000, 'unreachable'],
    [60001, 'unreachable'],
    [61000, 'throttled'],
  ])('%d is %s, whatever the HTTP status', (code, kind) => {
    for (const status of [200, 400, 401, 403, 404, 429, 500, 503]) {
      expect(outcome(status, saying(code))).toMatchObject({ kind, code });
    }
  });

  it('a code that is in no range is read by its HTTP status, and never as delivered', () => {
    for (const code of [1, -1, 20002, 30000, 70000, 400021]) {
      expect(outcome(200, saying(code))).toMatchObject({ kind: 'unreachable', code });
      expect(outcome(400, saying(code))).toMatchObject({ kind: 'rejected', code });
      expect(outcome(401, saying(code))).toMatchObject({ kind: 'unauthorized', code });
    }
  });

  it('success keeps the request id and warns of what was odd', () => {
    expect(outcome(200, saying(0, 'OK'))).toEqual({ kind: 'accepted', code: 0, requestId: '20261122ABCDEF' });
    expect(outcome(200, { code: 0 })).toEqual({ kind: 'accepted', code: 0, requestId: null });
    expect(outcome(200, saying(20001, 'Partial'))).toEqual({
      kind: 'accepted',
      code: 20001,
      requestId: '20261122ABCDEF',
      warning: 'code 20001: Partial',
    });
    expect(outcome(502, saying(0))).toMatchObject({ kind: 'accepted', warning: 'code 0 with HTTP 502' });
  });
});

describe('peers get these wrong', () => {
  it('40105 inside HTTP 200 is not delivered', () => {
    expect(outcome(200, saying(40105, 'Access token is incorrect or has been revoked.'))).toEqual({
      kind: 'unauthorized',
      code: 40105,
      message: 'Access token is incorrect or has been revoked.',
      requestId: '20261122ABCDEF',
    });
  });
  it('50000 inside HTTP 200 is retried', () => {
    expect(outcome(200, saying(50000))).toEqual({ kind: 'unreachable', code: 50000, message: 'words' });
  });
  it('40100 with HTTP 401 is the rate limit', () => {
    expect(outcome(401, saying(40100))).toEqual({ kind: 'throttled', code: 40100, message: 'words' });
  });
  it('200 without JSON is not delivered', () => {
    expect(outcome(200, '')).toEqual({ kind: 'unreachable', code: null, message: 'HTTP 200 without an answer of TikTok' });
  });
});

describe('without a code the HTTP status decides', () => {
  const junk = [
    null,
    '',
    ' ',
    'OK',
    '<html>',
    'null',
    '0',
    '[]',
    '{}',
    '{"code":"0"}',
    '{"code":null}',
    '{"code":0.5}',
    '{"code":1000000000}',
    '{"code":-4e300}',
    '{"code":0',
    '"{}"',
    '[{"code":0}]',
  ];
  it.each<[number, DeliveryOutcome['kind']]>([
    [200, 'unreachable'],
    [204, 'unreachable'],
    [301, 'unreachable'],
    [302, 'unreachable'],
    [400, 'rejected'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'rejected'],
    [408, 'throttled'],
    [413, 'rejected'],
    [425, 'throttled'],
    [429, 'throttled'],
    [500, 'unreachable'],
    [502, 'unreachable'],
    [503, 'unreachable'],
    [504, 'unreachable'],
  ])('HTTP %d is %s', (status, kind) => {
    for (const body of junk) expect(outcome(status, body)).toMatchObject({ kind, code: null });
  });
});

describe('Retry-After', () => {
  it.each<[string, number | undefined]>([
    ['7', 7_000],
    [' 7 ', 7_000],
    ['300', 300_000],
    ['301', 300_000],
    ['86400', 300_000],
    ['Sun, 22 Nov 2026 10:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 12:00:00 GMT', 300_000],
    ['Sun, 22 Nov 2026 09:59:30 GMT', undefined],
    ['0', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['2026', 300_000],
    ['Sun, the day after tomorrow', undefined],
    ['', undefined],
  ])('%j is %s ms', (header, ms) => {
    const expected = ms === undefined ? {} : { retryAfterMs: ms };
    expect(outcome(429, '', header)).toEqual({
      kind: 'throttled',
      code: null,
      message: 'HTTP 429 without an answer of TikTok',
      ...expected,
    });
    expect(outcome(503, saying(50000), header)).toEqual({ kind: 'unreachable', code: 50000, message: 'words', ...expected });
  });

  it('says nothing about what is not retried', () => {
    expect(outcome(400, saying(40002), '7')).not.toHaveProperty('retryAfterMs');
  });
});

describe('what TikTok says is shown without what it repeats', () => {
  const hash = '848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f';
  it.each([
    ['data.0.user.email must be hashed', 'data.0.user.email must be hashed'],
    ['data.0.user.email: must be hashed', 'data.0.user.email: must be hashed'],
    ['data.0.properties.content_ids: missing', 'data.0.properties.content_ids: missing'],
    ['data.0.user.email alice@example.com must be hashed', 'data.0.user.email [email] must be hashed'],
    ['joão@sãopaulo.example is not hashed', '[email] is not hashed'],
    ['page url https://shop.example/?email=alice%40example.com is bad', 'page url [url] is bad'],
    ['phone +1 (213) 373-4253 invalid', 'phone [number] invalid'],
    ['phone 12133734253', 'phone [number]'],
    ['ip 203.0.113.7 invalid', 'ip [ip] invalid'],
    ['ip 2606:4700::1111 invalid', 'ip [ip] invalid'],
    [`hash ${hash} unknown`, 'hash [value] unknown'],
    ['ttclid=E.C.P.abc is expired', 'ttclid=[value] is expired'],
    ['ttclid: E.C.P.abc', 'ttclid: [value]'],
    [`ttclid ${'E.C.P.'.padEnd(1_000, 'x1')} is long`, 'ttclid [value] is long'],
    ['ttp = 2Fm3Kx', 'ttp = [value]'],
    ['phone: +1 (213) 373-4253', 'phone: [value] [number]'],
    ["Field 'event_time' has 'alice' in it", "Field 'event_time' has [value] in it"],
    ['"alice smith" is no value', '[value] is no value'],
    ['broken "alice smith', 'broken [value]'],
    ["you can't do that and shouldn't", "you can't do that and shouldn't"],
    ['user agent Mozilla/5.0 (iPhone; Alice)', 'user agent [user agent]'],
    ['two\nlines\u0000 and\ttabs', 'two lines and tabs'],
    ['Too many requests (40100). Wait 5 minutes', 'Too many requests (40100). Wait 5 minutes'],
    ['length must be between 1 and 1000', 'length must be between 1 and 1000'],
    ['', ''],
  ])('%j as %j', (message, shown) => {
    expect(redacted(message)).toBe(shown);
  });

  it('takes out the token wherever it stands', () => {
    expect(redacted('token shorttok is bad', ['shorttok', ''])).toBe('token [secret] is bad');
  });

  it('is short, however long it was', () => {
    expect(redacted('so many words '.repeat(10_000))).toHaveLength(300);
  });

  it('is quick about hostile text', () => {
    const hostile = [
      'a.'.repeat(40_000),
      '1 '.repeat(40_000),
      '"'.repeat(80_000),
      '@'.repeat(80_000),
      ':'.repeat(80_000),
      'a='.repeat(40_000),
    ];
    for (const text of hostile) {
      const startMs = performance.now();
      redacted(text);
      // Some milliseconds. What grows with the square of the length takes minutes.
      expect(performance.now() - startMs).toBeLessThan(5_000);
    }
  });

  it.each([7, null, {}, ['alice@example.com'], undefined])('a message that is no text (%j) says the HTTP status', (message) => {
    expect(outcome(400, { code: 40002, message })).toMatchObject({ kind: 'rejected', message: 'HTTP 400' });
  });

  it.each([7, null, 'a b', 'x'.repeat(129), '<script>'])('a request id that is none (%j) is left out', (requestId) => {
    expect(outcome(200, { code: 0, request_id: requestId })).toMatchObject({ requestId: null });
  });
});
