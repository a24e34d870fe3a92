import express from 'express';
import { createHealthRouter, type HealthDeps } from '../../src/http/health-routes';
import { listen } from '../support/api-server';

const answers = async () => undefined;
const refuses = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432'));
const hangs = () => new Promise<void>(() => undefined);
const throwsAtOnce = () => {
  throw new Error('no client');
};

const askWith = (deps: HealthDeps) => ask('/readyz', deps);

async function ask(path: string, deps: HealthDeps) {
  const app = express();
  app.use(createHealthRouter({ deadlineMs: 50, ...deps }));
  const { url, close } = await listen(app);
  const response = await fetch(url + path);
  const text = await response.text();
  await close();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

it.each([
  ['everything answers', answers, answers],
  ['nothing else does', refuses, hangs],
])('is alive when %s', async (_what, database, temporal) => {
  expect(await ask('/healthz', { database, temporal })).toMatchObject({ status: 200, body: { status: 'alive' } });
});

it('is ready with a worker only while that one runs', async () => {
  const ask = (isRunning: boolean) => askWith({ database: answers, temporal: answers, worker: () => isRunning });
  expect(await ask(true)).toMatchObject({ status: 200, body: { checks: { worker: 'ok' } } });
  expect(await ask(false)).toMatchObject({
    status: 503,
    body: { detail: 'the worker does not run', checks: { worker: 'not running' } },
  });
});

it('is not ready once it is to stop, though everything answers', async () => {
  const { status, body } = await askWith({ database: answers, temporal: answers, isStopping: () => true });
  expect([status, body]).toMatchObject([503, { detail: 'this process is about to stop' }]);
});

it('is ready when database and Temporal answer', async () => {
  const { status, body, headers } = await ask('/readyz', { database: answers, temporal: answers });
  expect([status, body]).toEqual([200, { status: 'ready', checks: { database: 'ok', temporal: 'ok' } }]);
  expect(headers.get('cache-control')).toBe('no-store');
});

it.each([
  ['the database refuses', refuses, answers, 'database', { database: 'unreachable', temporal: 'ok' }],
  ['the database is silent', hangs, answers, 'database', { database: 'unreachable', temporal: 'ok' }],
  ['Temporal refuses', answers, refuses, 'temporal', { database: 'ok', temporal: 'unreachable' }],
  ['Temporal is silent', answers, hangs, 'temporal', { database: 'ok', temporal: 'unreachable' }],
  ['there is no client', answers, throwsAtOnce, 'temporal', { database: 'ok', temporal: 'unreachable' }],
  ['neither answers', refuses, hangs, 'database, temporal', { database: 'unreachable', temporal: 'unreachable' }],
])('is not ready when %s, and names it', async (_what, database, temporal, names, checks) => {
  const { status, headers, body, text } = await ask('/readyz', { database, temporal });
  expect([status, headers.get('retry-after')]).toEqual([503, '5']);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({ status: 503, detail: `out of reach: ${names}`, checks });
  expect(text).not.toContain('10.0.0.7');
});
