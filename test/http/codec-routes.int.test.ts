import express from 'express';
import { codecSecret, uiOrigins } from '../../src/app/codec-endpoint';
import { Keyring } from '../../src/crypto/keyring';
import { createCodecRouter } from '../../src/http/codec-routes';
import { problems } from '../../src/http/problem';
import { bearerAuth } from '../../src/operator/auth';
import { EncryptionCodec } from '../../src/temporal/codec';
import { listen } from '../support/api-server';

const secret = codecSecret('right-token');
const uiOrigin = 'http://127.0.0.1:8233';
const codec = new EncryptionCodec(new Keyring([{ id: 'k1', key: Buffer.alloc(32, 1) }]));
const ofAnotherKey = new EncryptionCodec(new Keyring([{ id: 'lost', key: Buffer.alloc(32, 2) }]));

const logged: string[] = [];
const closing: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

async function serve(failuresPerMinute = 20) {
  const app = express();
  const operatorAuth = bearerAuth({ token: 'right-token', failuresPerMinute });
  app.use('/codec', createCodecRouter({ codec, operatorAuth, secret, origins: uiOrigins(uiOrigin), failuresPerMinute }));
  const log = (fields: object, message: string): void => void logged.push(JSON.stringify({ ...fields, message }));
  app.use(problems({ warn: log, error: log }));
  const { url, close } = await listen(app);
  closing.push(close);
  return async (path: string, body: string, headers: Readonly<Record<string, string>> = {}, method = 'POST') => {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'POST' ? { body } : {}),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
}

const json = (value: unknown) => ({
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from(JSON.stringify(value)).toString('base64'),
});
const operator = { authorization: 'Bearer right-token' };

describe('a payload', () => {
  it('is encrypted by one call and decrypted by the other', async () => {
    const call = await serve();
    const clear = [json({ email: 'ada@example.com' }), json(null)];
    const encoded = await call('/codec/encode', JSON.stringify({ payloads: clear }), operator);
    expect(encoded.status).toBe(200);
    expect(Buffer.from(JSON.parse(encoded.text).payloads[0].data, 'base64').toString()).not.toContain('ada@');
    const decoded = await call(`/codec/${secret}/decode`, encoded.text);
    expect([decoded.status, JSON.parse(decoded.text)]).toEqual([200, { payloads: clear }]);
    expect(decoded.headers.get('cache-control')).toBe('no-store');
  });

  it('that is not encrypted, or by a key that is lost, or damaged, is answered as it came beside one that is decrypted', async () => {
    const call = await serve();
    const [own, foreign] = await Promise.all(
      [codec, ofAnotherKey].map(async (by) => {
        const bytes = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"secret"') };
        const [{ metadata, data } = {}] = await by.encode([bytes]);
        return {
          metadata: Object.fromEntries(
            Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
          ),
          data: Buffer.from(data ?? []).toString('base64'),
        };
      }),
    );
    const damaged = { ...own, data: 'AAAA' };
    const { status, text } = await call(
      '/codec/decode',
      JSON.stringify({ payloads: [own, foreign, damaged, json(1)] }),
      operator,
    );
    expect([status, JSON.parse(text)]).toEqual([200, { payloads: [json('secret'), foreign, damaged, json(1)] }]);
  });

  it.each([['{}'], ['{"payloads":null}'], ['{"payloads":[]}'], ['']])('need not be there: %j', async (body) => {
    const call = await serve();
    for (const path of ['/codec/encode', '/codec/decode', `/codec/${secret}/decode`])
      expect(await call(path, body, operator)).toMatchObject({ status: 200, text: '{"payloads":[]}' });
  });

  it.each([
    ['no JSON'],
    ['{"payloads":{}}'],
    ['{"payloads":["ada@example.com"]}'],
    ['{"payloads":[{"data":"ada@example.com"}]}'],
  ])('that is none is refused, and stands in no answer and no log: %j', async (body) => {
    const call = await serve();
    const { status, text } = await call('/codec/decode', body, operator);
    expect(status).toBe(400);
    expect(text + logged.join()).not.toContain('ada@');
  });
});

describe('a caller', () => {
  it.each([
    ['the token', '/codec/decode', operator, 200],
    ['the path', `/codec/${secret}/decode`, {}, 200],
    ['nothing', '/codec/decode', {}, 401],
    ['a wrong token', '/codec/decode', { authorization: 'Bearer wrong' }, 401],
    ['the token in the path', '/codec/right-token/decode', {}, 404],
    ['a shorter path', `/codec/${secret.slice(1)}/decode`, {}, 404],
    ['the path of another token', `/codec/${codecSecret('another')}/decode`, {}, 404],
    ['the token and a wrong path', '/codec/wrong/decode', operator, 404],
    ['the path and another verb', `/codec/${secret}/destroy`, {}, 404],
  ])('with %s: %s is answered as it should', async (_what, path, headers, status) => {
    const call = await serve();
    expect((await call(path, '{}', headers)).status).toBe(status);
  });

  it('who guesses is slowed down, and the operator is not', async () => {
    const call = await serve(3);
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await call(`/codec/guess-${n}/decode`, '{}')).status);
    expect(statuses).toEqual([404, 404, 404, 429, 429]);
    expect((await call(`/codec/${secret}/decode`, '{}')).status).toBe(200);
  });
});

describe('a page', () => {
  const preflight = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-namespace',
  };

  it.each(['http://127.0.0.1:8233', 'http://localhost:8233'])('of the Temporal UI at %s may call', async (origin) => {
    const call = await serve();
    const asked = await call(`/codec/${secret}/decode`, '', { origin, ...preflight }, 'OPTIONS');
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-headers')).toBe('authorization,content-type,x-namespace');
    expect((await call(`/codec/${secret}/decode`, '{}', { origin })).headers.get('access-control-allow-origin')).toBe(origin);
  });

  it.each(['http://127.0.0.1:8234', 'https://127.0.0.1:8233', 'null', 'https://evil.example'])(
    'of another origin may not: %s',
    async (origin) => {
      const call = await serve();
      for (const method of ['OPTIONS', 'POST']) {
        const answer = await call(`/codec/${secret}/decode`, '{}', { origin, ...preflight }, method);
        expect(answer.status).toBe(403);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
        expect(answer.text).toContain('TEMPORAL_UI_URL');
      }
    },
  );

  it.each([
    [null, []],
    ['http://localhost:8080', ['http://127.0.0.1:8080', 'http://localhost:8080']],
    ['https://temporal.example.com/ui', ['https://temporal.example.com']],
  ])('of the UI at %j has the origins %j', (url, origins) => {
    expect(uiOrigins(url)).toEqual(origins);
  });
});
