/** Calls made from the OpenAPI document, right ones and spoilt ones: the API keeps what the document promises. */
import fc from 'fast-check';
import type { z } from 'zod';
import type { SchemaComponents } from '../../src/operator/json-schema';
import { publicRoutes } from '../../src/operator/public-routes';
import type { Store } from '../../src/store';
import { addressOf, type Call, callOf, type Ids, type Operation, operationsOf } from '../support/api-calls';
import { type Answer, type Api, purchase, serveApi, viewerToken } from '../support/api-server';
import { runs } from '../support/effort';
import { emptyStore } from '../support/test-database';
import { serveWebhooks, type WebhookServer } from '../support/webhook-server';

let store: Store;
let api: Api;
let server: WebhookServer;
let components: SchemaComponents;
let operations: readonly Operation[];

beforeAll(async () => {
  store = await emptyStore();
  await store.purchases.record('default', [
    purchase('in_1'),
    purchase('in_2', { subscription: 'sub_2', state: 'needs_attention', requestId: null, sentAtMs: null }),
    purchase('in_3', { psp: 'paddle', subscription: 'sub_3', state: 'suppressed', reason: 'limited' }),
  ]);
  await store.webhookLog.append('default', { psp: 'stripe', receivedAtMs: 1, type: null, outcome: 'ignored', reason: 'no need' });
  const account = { integration: 'default', psp: 'stripe' };
  api = await serveApi({ store, integrations: ['default', 'other'], api: { checkedAccounts: () => [account] } });
  server = await serveWebhooks({ store });
  const { body } = await api.call('GET', '/api/openapi.json');
  components = body.components.schemas;
  operations = operationsOf(body.paths);
});
afterAll(async () => {
  await Promise.all([api.close(), server.close()]);
  await store.close();
});

/** For each operation; a case is one call. */
const cases = (usual: number) => ({ numRuns: runs(usual) });

it('what the document allows is answered as the document says', async () => {
  for (const operation of operations)
    await fc.assert(
      fc.asyncProperty(callOf(operation, 'allowed', { components, ids }), async (call) => {
        keepsThePromise(operation, call, await answerTo(operation, call));
      }),
      cases(30),
    );
});

it('what is spoilt is refused with the names of the fields, or answered as the document says; never with a fault', async () => {
  for (const operation of operations)
    await fc.assert(
      fc.asyncProperty(callOf(operation, 'spoilt', { components, ids }), async (call) => {
        keepsThePromise(operation, call, await answerTo(operation, call));
      }),
      cases(50),
    );
});

it('a parameter that the document does not name is refused by its name', async () => {
  for (const operation of inApi().filter(
    ({ method, parameters }) => method === 'get' && parameters.some((one) => one.in === 'query'),
  )) {
    const { status, body } = await api.call('GET', `${filledPath(operation)}?nobody_knows_this=1`);
    if (!operation.parameters.some((one) => one.in === 'query' && one.name !== 'integration')) continue;
    expect([operation.path, status]).toEqual([operation.path, 400]);
    expect(body.errors).toContainEqual({ path: 'nobody_knows_this', message: 'is not a parameter here' });
  }
});

it('without a token nothing is answered, and a viewer changes nothing', async () => {
  for (const operation of inApi()) {
    const path = filledPath(operation);
    const call = (authorization: string) => api.call(operation.method.toUpperCase(), path, undefined, { authorization });
    expect([path, (await call(`Bearer ${viewerToken}`)).status === 403]).toEqual([path, operation.role === 'operator']);
    expect((await call('')).status).toBeGreaterThanOrEqual(401); // 429 once it was asked too often
    expect((await call('')).status).not.toBe(403);
  }
});

function inApi(): readonly Operation[] {
  return operations.filter(({ path }) => path.startsWith('/api/') && !isOpen(path));
}

function isOpen(path: string): boolean {
  return publicRoutes.some((route) => route.path === path);
}

/** What is there, and what is not. */
const ids: Ids = {
  psp: ['stripe', 'paddle', 'nobody'],
  id: ['sub_1', 'sub_2', '1'],
  moneyId: ['in_1', 'in_2'],
  userId: ['user-1', 'buyer@example.com'],
  integration: ['default', 'nobody'],
};

function filledPath({ path }: Operation): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name]?.[0] ?? 'anything');
}

async function answerTo(operation: Operation, call: Call): Promise<Answer> {
  const { method, path } = operation;
  const target = addressOf(operation, call);
  if (!isOpen(path) || path.startsWith('/api/')) return api.call(method.toUpperCase(), target, call.body);
  const response = await fetch(server.url + target, {
    method: method.toUpperCase(),
    headers: { authorization: 'Bearer operator-token', 'content-type': 'application/json' },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
}

function keepsThePromise(operation: Operation, call: Call, { status, headers, body }: Answer): void {
  const { method, path, statuses } = operation;
  const told = `${method} ${path} ${JSON.stringify(call).slice(0, 500)} → ${status} ${JSON.stringify(body)?.slice(0, 500)}`;
  if (!statuses.includes(String(status))) throw new Error(`the document has no such answer: ${told}`);
  if (status >= 500) throw new Error(`a fault: ${told}`);
  if (status >= 400) {
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ type: 'about:blank', title: expect.any(String), status });
    if (status === 422) expect(body.errors.length).toBeGreaterThan(0);
    for (const error of body.errors ?? []) expect(error).toEqual({ path: expect.any(String), message: expect.any(String) });
    return;
  }
  const schema = answerSchema(operation, status);
  if (!schema || !/^application\/json/.test(headers.get('content-type') ?? '')) return;
  const read = schema.safeParse(body);
  if (!read.success) throw new Error(`not as documented: ${read.error.message}\n${told}`);
  // A schema drops what it does not name: nothing is answered that the document has not.
  expect(read.data).toEqual(body);
}

function answerSchema({ method, path }: Operation, status: number): z.ZodType | undefined {
  const routes = isOpen(path) ? publicRoutes : api.routes.map((route) => ({ ...route, path: `/api${route.path}` }));
  return routes.find((route) => route.path === path && route.method === method)?.answers[status]?.schema;
}
