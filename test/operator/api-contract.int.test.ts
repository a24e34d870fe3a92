/** Calls made from the OpenAPI document, right ones and spoilt ones: the API keeps what the document promises. */
import fc from 'fast-check';
import type { z } from 'zod';
import type { JsonSchema, SchemaComponents } from '../../src/operator/json-schema';
import { publicRoutes } from '../../src/operator/public-routes';
import type { Store } from '../../src/store';
import { type Answer, type Api, purchase, serveApi, viewerToken } from '../support/api-server';
import { runs } from '../support/effort';
import { memoryStore } from '../support/embedded-database';
import { allowedBy, spoilt } from '../support/schema-values';
import { serveWebhooks, type WebhookServer } from '../support/webhook-server';

let store: Store;
let api: Api;
let server: WebhookServer;
let components: SchemaComponents;
let operations: readonly Operation[];

beforeAll(async () => {
  store = await memoryStore();
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
      fc.asyncProperty(callOf(operation, 'allowed'), async (call) => {
        keepsThePromise(operation, call, await answerTo(operation, call));
      }),
      cases(30),
    );
});

it('what is spoilt is refused with the names of the fields, or answered as the document says; never with a fault', async () => {
  for (const operation of operations)
    await fc.assert(
      fc.asyncProperty(callOf(operation, 'spoilt'), async (call) => {
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

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly role: 'viewer' | 'operator';
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly body: JsonSchema | null;
  readonly statuses: readonly string[];
}

interface Call {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

// The document as it came: what it promises is what is tested.
function operationsOf(
  paths: Readonly<Record<string, Readonly<Record<string, ReturnType<typeof JSON.parse>>>>>,
): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method,
      path,
      role: operation['x-role'] ?? 'viewer',
      parameters: operation.parameters ?? [],
      body: operation.requestBody?.content['application/json']?.schema ?? null,
      statuses: Object.keys(operation.responses),
    })),
  );
}

function inApi(): readonly Operation[] {
  return operations.filter(({ path }) => path.startsWith('/api/') && !isOpen(path));
}

function isOpen(path: string): boolean {
  return publicRoutes.some((route) => route.path === path);
}

/** What is there, and what is not. */
const ids: Readonly<Record<string, readonly string[]>> = {
  psp: ['stripe', 'paddle', 'nobody'],
  id: ['sub_1', 'sub_2', '1'],
  moneyId: ['in_1', 'in_2'],
  userId: ['user-1', 'buyer@example.com'],
  integration: ['default', 'nobody'],
};

function filledPath({ path }: Operation): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name]?.[0] ?? 'anything');
}

function callOf({ parameters, body }: Operation, kind: 'allowed' | 'spoilt'): fc.Arbitrary<Call> {
  const inPlace = (place: string): fc.Arbitrary<unknown> => {
    const own = parameters.filter((parameter) => parameter.in === place);
    const values = own.map(({ name, schema }) => {
      const allowed = allowedBy(schema, components);
      const known = ids[name];
      return [name, known ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, allowed) : allowed] as const;
    });
    const requiredKeys = own
      .filter(({ required, name }) => required === true || place === 'path' || name === 'to')
      .map(({ name }) => name);
    return fc.record(Object.fromEntries(values), { requiredKeys, noNullPrototype: true });
  };
  const sent = body === null ? fc.constant(undefined) : allowedBy(body, components);
  const bodies = kind === 'spoilt' && body !== null ? spoilt(sent) : sent;
  const queries = kind === 'spoilt' ? fc.oneof(spoilt(inPlace('query')).filter(isRecord), inPlace('query')) : inPlace('query');
  return fc.record({ path: inPlace('path'), query: queries, body: bodies }) as fc.Arbitrary<Call>;
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function answerTo({ method, path }: Operation, call: Call): Promise<Answer> {
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => encoded(call.path[name]));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query))
    query.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  const target = query.size === 0 ? place : `${place}?${query.toString()}`;
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

/** `.` and `..` would be another path. */
function encoded(value: unknown): string {
  const text = String(value)
    .replace(/^\.+$/, 'dots')
    .replace(/\p{Cs}/gu, '');
  return encodeURIComponent(text === '' ? 'empty' : text);
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
