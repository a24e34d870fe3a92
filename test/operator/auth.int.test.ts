import type { RequestHandler } from 'express';
import express from 'express';
import { problems } from '../../src/http/problem';
import { bearerAuth, operatorsOnly } from '../../src/operator/auth';
import { operatorOf } from '../../src/operator/route';
import { listen } from '../support/api-server';

const silent = problems({ warn: () => undefined, error: () => undefined });

const closing: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

async function guarded(failuresPerMinute?: number) {
  const app = express();
  app.use(bearerAuth({ token: 'right-token', ...(failuresPerMinute === undefined ? {} : { failuresPerMinute }) }));
  app.get('/', (_req, res) => void res.json({ ok: true }));
  app.use(silent);
  const { url, close } = await listen(app);
  const ask = (authorization?: string) => fetch(url, { headers: authorization === undefined ? {} : { authorization } });
  closing.push(close);
  return ask;
}

it.each([
  ['the token', 'Bearer right-token', 200],
  ['another spelling of the scheme', 'bearer  right-token', 200],
  ['no header', undefined, 401],
  ['an empty header', '', 401],
  ['the scheme alone', 'Bearer', 401],
  ['an empty token', 'Bearer ', 401],
  ['the token without its scheme', 'right-token', 401],
  ['another scheme', 'Basic right-token', 401],
  ['a wrong token', 'Bearer wrong-token', 401],
  ['the token in capitals', 'Bearer RIGHT-TOKEN', 401],
  ['the beginning of the token', 'Bearer right-toke', 401],
  ['more than the token', 'Bearer right-token-', 401],
  ['two tokens', 'Bearer wrong right-token', 401],
])('%s: %j is answered with %d', async (_what, header, status) => {
  const ask = await guarded();
  const response = await ask(header);
  expect(response.status).toBe(status);
  if (status === 401) {
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm="api"/);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.text()).not.toContain('right-token');
  }
});

it('too many wrong tokens are answered with 429, and the right one still gets in', async () => {
  const ask = await guarded(3);
  const statuses: number[] = [];
  for (let i = 0; i < 5; i += 1) statuses.push((await ask('Bearer wrong')).status);
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
  const refused = await ask('Bearer wrong');
  expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(refused.headers.get('retry-after')).not.toBeNull();
  for (let i = 0; i < 5; i += 1) expect((await ask('Bearer right-token')).status).toBe(200);
});

it('without a token nobody could be told from anybody', () => {
  expect(() => bearerAuth({ token: '' })).toThrow('empty');
});

describe('a viewer', () => {
  async function guardedBy(guard: RequestHandler): Promise<(token: string) => Promise<Response>> {
    const app = express();
    app.use(guard);
    app.get('/', (_req, res) => void res.json(operatorOf(res)));
    app.use(silent);
    const { url, close } = await listen(app);
    closing.push(close);
    return (token) => fetch(url, { headers: { authorization: `Bearer ${token}` } });
  }
  const tokens = { token: 'right-token', viewerToken: 'viewer-token' };

  it('gets in with a token of their own, and is known as one', async () => {
    const ask = await guardedBy(bearerAuth(tokens));
    expect(await (await ask('viewer-token')).json()).toEqual({ name: 'api', role: 'viewer' });
    expect(await (await ask('right-token')).json()).toEqual({ name: 'api', role: 'operator' });
    expect((await ask('viewer-toke')).status).toBe(401);
  });

  it('does not come to what is for operators only', async () => {
    const ask = await guardedBy(operatorsOnly(bearerAuth(tokens)));
    expect((await ask('viewer-token')).status).toBe(403);
    expect((await ask('right-token')).status).toBe(200);
    expect((await ask('nonsense')).status).toBe(401);
  });

  it('is nobody while no such token is set', async () => {
    const ask = await guardedBy(bearerAuth({ token: 'right-token' }));
    expect((await ask('viewer-token')).status).toBe(401);
  });

  it('never has the operators’ token', () => {
    expect(() => bearerAuth({ token: 'same', viewerToken: 'same' })).toThrow('would be operators');
    expect(() => bearerAuth({ token: 'right-token', viewerToken: '' })).toThrow('empty');
  });
});
