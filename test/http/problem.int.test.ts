import type { RequestHandler } from 'express';
import express from 'express';
import { badRequest, conflict, noSuchRoute, notFound, Problem, problems, unprocessable } from '../../src/http/problem';
import { Unavailable } from '../../src/application/unavailable';
import { listen } from '../support/api-server';

async function answerTo(route: RequestHandler, init: RequestInit = {}, path = '/thing/secret-user') {
  const logged: { level: string; message: string; fields: object }[] = [];
  const log = (level: string) => (fields: object, message: string) => void logged.push({ level, message, fields });
  const app = express();
  app.use(express.json({ limit: 1_000 }));
  app.use('/users/:userId', route);
  app.all('/thing/:id', route);
  app.use(noSuchRoute);
  app.use(problems({ warn: log('warn'), error: log('error') }));
  const { url, close } = await listen(app);
  try {
    const response = await fetch(url + path, init);
    const text = await response.text();
    return { response, text, body: JSON.parse(text), logged };
  } finally {
    await close();
  }
}

const throws = (error: unknown): RequestHandler => {
  return () => {
    throw error;
  };
};

describe('a problem is shown as it is thrown', () => {
  const errors = [{ path: 'policy.lifetime.conversion.send', message: 'must be true or false' }];
  it.each([
    [notFound('no such thing'), { title: 'Not found', status: 404, detail: 'no such thing' }],
    [badRequest('state is wrong'), { title: 'Bad request', status: 400, detail: 'state is wrong' }],
    [conflict('too late', { version: 4 }), { title: 'Conflict', status: 409, detail: 'too late', version: 4 }],
    [
      unprocessable(errors),
      { title: 'Not accepted', status: 422, detail: 'policy.lifetime.conversion.send must be true or false', errors },
    ],
    [new Problem(401, 'Signature refused'), { title: 'Signature refused', status: 401 }],
    // A member of our own can't pass for one of the standard's.
    [new Problem(409, 'Conflict', { extra: { status: 200, type: 'x' } }), { title: 'Conflict', status: 409 }],
  ])('%s', async (problem, document) => {
    const { response, body, logged } = await answerTo(throws(problem));
    expect(response.status).toBe(document.status);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(body).toEqual({ type: 'about:blank', ...document });
    expect(logged).toEqual([]);
  });

  it('with its headers', async () => {
    const { response } = await answerTo(throws(new Problem(429, 'Too much', { headers: { 'Retry-After': '60' } })));
    expect(response.headers.get('retry-after')).toBe('60');
  });
});

describe('what nobody expected', () => {
  const failure = new Error('insert into users values ($1): password=hunter2', { cause: new Error('disk full') });

  it.each([
    ['thrown', throws(failure)],
    ['rejected', () => Promise.reject(failure)],
  ])('is 500 when %s: logged with its reason, answered without it', async (_how, route) => {
    const { response, text, logged } = await answerTo(route);
    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(text).not.toMatch(/insert|hunter2|disk|\.ts/);
    expect(logged).toMatchObject([
      {
        level: 'error',
        message: 'a request failed unexpectedly',
        fields: { method: 'GET', route: '/thing/:id', error: 'Error', reason: `${failure.message} ← disk full` },
      },
    ]);
    expect(JSON.stringify(logged)).not.toContain('secret-user');
  });

  it.each([['a word'], [7], [{ status: 200 }], [{ status: 404, expose: true }]])(
    'is 500 also when it is no error: %j',
    async (thrown) => {
      expect((await answerTo(throws(thrown))).response.status).toBe(500);
    },
  );

  it('breaks off an answer that has begun', async () => {
    const half: RequestHandler = (_req, res, next) => {
      res.write('{"items": [');
      next(new Error('lost'));
    };
    await expect(answerTo(half)).rejects.toThrow();
  });
});

describe('what will pass is 503 with Retry-After, and logged', () => {
  const coded = (code: string | number, message = 'failed at 10.0.0.7') => Object.assign(new Error(message), { code });
  const named = (name: string) => Object.assign(new Error('failed at 10.0.0.7'), { name });
  it.each([
    ['said so', new Unavailable('the webhook could not be stored: 10.0.0.7')],
    ['connection refused', coded('ECONNREFUSED')],
    ['connection reset', coded('ECONNRESET')],
    ['name not found', coded('ENOTFOUND')],
    ['PostgreSQL shutting down', coded('57P01')],
    ['PostgreSQL starting up', coded('57P03')],
    ['a statement that took too long', coded('57014')],
    ['too many connections', coded('53300')],
    ['connection failure', coded('08006')],
    ['no free connection', new Error('timeout exceeded when trying to connect')],
    ['the pool lost its connection', new Error('Connection terminated unexpectedly')],
    ['Temporal unavailable', coded(14)],
    ['Temporal too slow', coded(4)],
    ['database unreachable', named('DatabaseUnreachable')],
    ['a timeout', named('TimeoutError')],
    ['as the cause of another', new Error('the database answered', { cause: coded('ECONNREFUSED') })],
  ])('%s', async (_what, error) => {
    const { response, text, logged } = await answerTo(throws(error));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(text).not.toContain('10.0.0.7');
    expect(logged.map(({ level }) => level)).toEqual(['warn']);
  });

  it.each([
    ['a duplicate key', coded('23505')],
    ['a syntax error in SQL', coded('42601')],
    ['a missing file', coded('ENOENT')],
    ['Temporal: not found', coded(5)],
    ['Temporal: invalid argument', coded(3)],
  ])('but not %s', async (_what, error) => {
    expect((await answerTo(throws(error))).response.status).toBe(500);
  });

  it('causes that go in a circle come to an end', async () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect((await answerTo(throws(error))).response.status).toBe(500);
  });
});

describe('what express and its parsers refuse', () => {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  it.each([
    ['malformed JSON', { ...json, body: '{"token": "hunter2"' }, 400, 'the body is not JSON'],
    ['a body that is too large', { ...json, body: JSON.stringify('x'.repeat(1_001)) }, 413, 'the body is too large'],
    [
      'an unknown charset',
      { ...json, headers: { 'content-type': 'application/json; charset=klingon' }, body: '{}' },
      415,
      'the charset is not supported',
    ],
    [
      'an unknown encoding',
      { ...json, headers: { ...json.headers, 'content-encoding': 'klingon' }, body: '{}' },
      415,
      'the content encoding is not supported',
    ],
  ])('%s', async (_what, init, status, detail) => {
    const { response, text, body, logged } = await answerTo((_req, res) => void res.json({}), init);
    expect([response.status, body.status, body.detail]).toEqual([status, status, detail]);
    expect(text).not.toContain('hunter2');
    expect(logged).toEqual([]);
  });

  it.each([
    ['/webhooks/strpe', '/webhooks/strpe'],
    ['/webhooks/stripe/live?secret=hunter2', '/webhooks/stripe/…'],
    ['/api', '/api'],
    ['/api/user/secret-user', '/api/user/…'],
    ['/api/secret-user@example.com', '/api/…'],
    ['/thing/secret-user', '/…'],
    ['/secret-user', '/…'],
    ['/', '/'],
  ])('a route that is not there, without what may name a user: %s', async (path, named) => {
    const { response, body } = await answerTo((_req, _res, next) => next(), { method: 'DELETE' }, path);
    expect([response.status, body.detail]).toEqual([404, `there is no DELETE ${named} here`]);
  });
});
