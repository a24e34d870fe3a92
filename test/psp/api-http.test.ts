import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PspApiError } from '../../src/psp/adapter';
import { askApi, kindOfStatus, retryAfterMs, withAnyKey } from '../../src/psp/api-http';
import type { ApiRequest } from '../../src/psp/api-http';

const nowMs = Date.UTC(2026, 10, 1, 12);

describe('an answer', () => {
  const asked: string[] = [];
  const respond: Readonly<Record<string, RequestListener>> = {
    '/json': (_, response) => response.end('{"a":1}'),
    '/html': (_, response) => response.end('<html>'),
    '/empty': (_, response) => response.writeHead(204).end(),
    '/refusal': (_, response) => response.writeHead(401, { 'retry-after': '7' }).end('{"error":"no"}'),
    '/moved': (_, response) => response.writeHead(302, { location: '/json' }).end(),
    '/hang-up': ({ socket }) => socket.destroy(),
    '/cut': (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a":', () => response.destroy());
    },
    '/refusal-cut': (_, response) => {
      response.writeHead(401, { 'content-length': '100' }).write('{"error":', () => response.destroy());
    },
    '/silent': () => undefined,
  };
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    respond[request.url ?? '']?.(request, response);
  });
  let base = '';

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  });
  beforeEach(() => asked.splice(0));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = (path: string, change: Partial<ApiRequest> = {}) =>
    askApi({
      fetch,
      url: `${base}${path}`,
      init: { redirect: 'error' },
      errorBodies: 'read',
      unanswered: 'GET /x of Y',
      ...change,
    });

  it.each([
    ['JSON', '/json', {}, { ok: true, status: 200, body: { a: 1 } }],
    ['something else', '/html', {}, { ok: true, status: 200, body: undefined }],
    ['no content', '/empty', {}, { ok: true, status: 204, body: undefined }],
    ['a refusal', '/refusal', {}, { ok: false, status: 401, body: { error: 'no' } }],
    [
      'a refusal whose body is of no interest',
      '/refusal',
      { errorBodies: 'dropped' },
      { ok: false, status: 401, body: undefined },
    ],
    ['JSON, also then', '/json', { errorBodies: 'dropped' }, { ok: true, status: 200, body: { a: 1 } }],
    ['a redirect, told', '/moved', { init: { redirect: 'manual' } }, { ok: false, status: 302 }],
  ] as const)('is told as it is: %s', async (_, path, change, expected) => {
    expect(await ask(path, change)).toMatchObject(expected);
    expect(asked).toEqual([path]);
  });

  it('keeps its headers', async () => {
    expect((await ask('/refusal')).headers.get('retry-after')).toBe('7');
  });

  it.each([
    ['a hang-up', '/hang-up', {}],
    ['a body that breaks off', '/cut', {}],
    ['a refusal that breaks off', '/refusal-cut', {}],
    ['a redirect', '/moved', {}],
    ['an address where nobody is', '', { url: 'http://user:secret@127.0.0.1:1/' }],
    ['a key that is no header', '/json', { init: { redirect: 'error', headers: { authorization: 'secret\nkey' } } }],
  ] as const)('is none: %s', async (_, path, change) => {
    const error: unknown = await ask(path, change).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PspApiError);
    expect(error).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/^GET \/x of Y: (\w+Error|[A-Z][A-Z_]+)$/) as string,
      retryAfterMs: undefined,
    });
    // The redirect leads there.
    expect(asked).not.toContain('/json');
  });

  it('is none when it does not come in time', async () => {
    const init = { redirect: 'error', signal: AbortSignal.timeout(20) } as const;
    await expect(ask('/silent', { init })).rejects.toMatchObject({ kind: 'unreachable', message: 'GET /x of Y: TimeoutError' });
  });

  it.each<[unknown, string]>([
    [new DOMException('of a secret', 'TimeoutError'), 'TimeoutError'],
    [new RangeError('a secret'), 'RangeError'],
    ['a secret', 'unknown'],
    [null, 'unknown'],
    [{ name: 42 }, 'unknown'],
  ])('says of a failure only its name (%#)', async (thrown, name) => {
    const failing = jest.fn<Promise<Response>, []>().mockRejectedValue(thrown);
    await expect(ask('/json', { fetch: failing })).rejects.toMatchObject({ message: `GET /x of Y: ${name}` });
  });
});

describe('several keys', () => {
  const refused = (key: string): PspApiError => new PspApiError('unauthorized', `no ${key}`);
  const asking = (answers: Readonly<Record<string, string | Error>>) => {
    const asked: string[] = [];
    const answer = withAnyKey(Object.keys(answers), 'no key', async (key) => {
      asked.push(key);
      const one = answers[key];
      if (one instanceof Error) throw one;
      return one;
    });
    return answer.then(
      (told) => ({ told, asked }),
      (error: unknown) => ({ error, asked }),
    );
  };
  const throttled = new PspApiError('throttled', 'later', 1000);
  const fault = new TypeError('a fault of ours');

  it.each([
    ['the first that is taken answers', { a: 'A', b: 'B' }, { told: 'A', asked: ['a'] }],
    ['a refused one is passed over', { a: refused('a'), b: 'B' }, { told: 'B', asked: ['a', 'b'] }],
    [
      'of refusals the first is told',
      { a: refused('a'), b: refused('b') },
      { error: { kind: 'unauthorized', message: 'no a' }, asked: ['a', 'b'] },
    ],
    ['what another key would not help ends it', { a: throttled, b: 'B' }, { error: throttled, asked: ['a'] }],
    ['so does it after a refusal', { a: refused('a'), b: throttled }, { error: throttled, asked: ['a', 'b'] }],
    ['a fault is not a refusal', { a: fault, b: 'B' }, { error: fault, asked: ['a'] }],
    ['without any, the operator must act', {}, { error: { kind: 'unauthorized', message: 'no key' }, asked: [] }],
  ])('%s', async (_, answers, expected) => {
    expect(await asking(answers)).toMatchObject(expected);
  });
});

it.each([
  [429, 'throttled'],
  [401, 'unauthorized'],
  [403, 'unauthorized'],
  [408, 'unreachable'],
  [500, 'unreachable'],
  [503, 'unreachable'],
  [599, 'unreachable'],
  [302, 'unexpected'],
  [400, 'unexpected'],
  [402, 'unexpected'],
  [404, 'unexpected'],
  [409, 'unexpected'],
  [422, 'unexpected'],
  [428, 'unexpected'],
  [499, 'unexpected'],
] as const)('HTTP %d is %s', (status, kind) => {
  expect(kindOfStatus(status)).toBe(kind);
});

describe('Retry-After', () => {
  it.each([
    ['seconds', '17', 17_000],
    ['none', '0', 0],
    ['seconds among spaces', ' 17 ', 17_000],
    ['as many as nine digits say', '999999999', 999_999_999_000],
    ['more than that', '1000000000', undefined],
    ['far more', '9'.repeat(400), undefined],
    ['a date', new Date(nowMs + 5000).toUTCString(), 5000],
    ['a date in another form', new Date(nowMs + 5001).toISOString(), 5001],
    ['now', new Date(nowMs).toUTCString(), 0],
    ['a date that has passed', new Date(nowMs - 5000).toUTCString(), 0],
    // V8 takes it for a year long ago.
    ['a negative number', '-5', 0],
    ['a unit', '17s', undefined],
    ['a word', 'later', undefined],
    ['nothing', '', undefined],
    ['no header', null, undefined],
  ])('%s', (_, value, expected) => {
    expect(retryAfterMs(new Headers(value === null ? {} : { 'retry-after': value }), nowMs)).toBe(expected);
  });
});
