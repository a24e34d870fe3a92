/** Tokens by name, over HTTP: made, shown once, used by the API and the console, revoked; and who stands in the records. */
import type { Store } from '../../src/store';
import { type Api, operatorToken, purchase, serveApi, viewerToken } from '../support/api-server';
import { consoleClient, signedIn } from '../support/console-client';
import { emptyStore } from '../support/test-database';

let store: Store;
let api: Api;
let refused = 0;

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, console: { failuresPerMinute: 1_000, onRefused: () => (refused += 1) } });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

interface Made {
  readonly id: string;
  readonly token: string;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function make(name: string, role: 'viewer' | 'operator' = 'operator'): Promise<Made> {
  const { status, body } = await api.call('POST', '/api/tokens', { name, role });
  expect(status).toBe(201);
  return body as Made;
}

it('is shown once, kept as a hash, and listed without it', async () => {
  const made = await make('anna');
  expect(made).toMatchObject({ name: 'anna', role: 'operator', createdBy: 'api', lastUsedAt: null, revokedAt: null });
  expect(made.token).toMatch(/^relay_operator_[\w-]{43}$/);
  const { text } = await api.call('GET', '/api/tokens');
  expect(text).toContain('"name":"anna"');
  expect(text).not.toContain(made.token.slice(-43));
  expect(JSON.stringify(await store.operatorTokens.active())).not.toContain(made.token.slice(-43));
  expect(JSON.stringify([api.audit, api.logged])).not.toContain(made.token.slice(-43));
});

it('opens the API for its role, and its use is noted to the hour', async () => {
  const [reader, writer] = [await make('reader', 'viewer'), await make('writer')];
  expect((await api.call('GET', '/api/settings', undefined, bearer(reader.token))).status).toBe(200);
  expect((await api.call('PATCH', '/api/settings', { paused: true }, bearer(reader.token))).status).toBe(403);
  expect((await api.call('POST', '/api/tokens', { name: 'more', role: 'operator' }, bearer(reader.token))).status).toBe(403);
  expect((await api.call('DELETE', `/api/tokens/${writer.id}`, undefined, bearer(reader.token))).status).toBe(403);
  expect((await api.call('PATCH', '/api/settings', { paused: false }, bearer(writer.token))).status).toBe(200);
  const { body } = await api.call('GET', '/api/tokens');
  const { lastUsedAt } = (body.items as { id: string; lastUsedAt: string }[]).find(({ id }) => id === writer.id)!;
  expect(lastUsedAt).toMatch(/:00:00\.000Z$/);
});

it('stands in the records under its name, whatever the call says', async () => {
  const { token } = await make('billing job');
  await api.call('PATCH', '/api/settings?by=the%20boss', { paused: true }, bearer(token));
  await api.call('PATCH', '/api/settings', { paused: false }, bearer(token));
  const { body } = await api.call('GET', '/api/settings/history');
  const who = (body.items as { by: string }[]).slice(0, 2).map(({ by }) => by);
  expect(who).toEqual(['billing job', 'billing job (the boss)']);

  const sent = purchase('in_token', { state: 'pending' });
  const told: string[] = [];
  const workflows = await serveApi({
    store,
    subscriptions: { resend: async (_order, { by }) => (told.push(by), sent) },
  });
  const call = { by: 'ben' };
  await workflows.call('POST', '/api/subscriptions/stripe/sub_1/purchases/in_token/resend', call, bearer(token));
  await workflows.call('POST', '/api/subscriptions/stripe/sub_1/purchases/in_token/resend', call);
  await workflows.close();
  expect(told).toEqual(['billing job (ben)', 'ben']);
});

it('has a name that no other has, until it is revoked', async () => {
  const first = await make('ci');
  expect((await api.call('POST', '/api/tokens', { name: 'ci', role: 'viewer' })).status).toBe(409);
  expect((await api.call('DELETE', `/api/tokens/${first.id}`)).status).toBe(204);
  const second = await make('ci');
  expect((await api.call('GET', '/api/settings', undefined, bearer(first.token))).status).toBe(401);
  expect((await api.call('GET', '/api/settings', undefined, bearer(second.token))).status).toBe(200);
  expect((await api.call('DELETE', `/api/tokens/${first.id}`)).status).toBe(404);
});

it.each([
  ['no name', { role: 'viewer' }, 'name'],
  ['an empty name', { name: ' ', role: 'viewer' }, 'name'],
  ['a name of two lines', { name: 'a\nb', role: 'viewer' }, 'name'],
  ['a book', { name: 'a'.repeat(61), role: 'viewer' }, 'name'],
  ['another role', { name: 'root', role: 'admin' }, 'role'],
])('is not made with %s', async (_what, body, path) => {
  const refusal = await api.call('POST', '/api/tokens', body);
  expect(refusal.status).toBe(422);
  expect(refusal.body.errors).toEqual([expect.objectContaining({ path })]);
});

it('is noted: who made it and who revoked it', async () => {
  const made = await make('noted', 'viewer');
  await api.call('DELETE', `/api/tokens/${made.id}`);
  const noted = api.audit
    .filter(({ target }) => target.startsWith('noted'))
    .map(({ action, target, by }) => [action, target, by]);
  expect(noted).toEqual([
    ['token.add', 'noted (viewer)', 'api'],
    ['token.revoke', 'noted', 'api'],
  ]);
});

describe('in the console', () => {
  it('signs in under its name, not under one that was typed, until it is revoked', async () => {
    const made = await make('carla');
    const client = await signedIn(api.url, made.token, 'somebody else');
    const { html } = await client.get('/');
    expect(html).toContain('carla');
    expect(html).not.toContain('somebody else');
    await api.call('DELETE', `/api/tokens/${made.id}`);
    expect((await client.get('/')).status).toBe(303);
    expect((await consoleClient(api.url).post('/sign-in', { secret: made.token })).status).toBe(401);
  });

  it('is made by a form, shown once, and revoked by a button', async () => {
    const client = await signedIn(api.url);
    const { status, html } = await client.post('/access', { name: 'dora', role: 'viewer' });
    const token = /relay_viewer_[\w-]{43}/.exec(html)?.[0] ?? '';
    expect([status, token]).not.toContain('');
    const list = await client.get('/access');
    expect(list.html).toContain('dora');
    expect(list.html).not.toContain(token);
    expect((await api.call('GET', '/api/settings', undefined, bearer(token))).status).toBe(200);
    const { id } = (await store.operatorTokens.active()).find(({ name }) => name === 'dora')!;
    expect((await client.post('/access/revoke', { id })).status).toBe(303);
    expect((await api.call('GET', '/api/settings', undefined, bearer(token))).status).toBe(401);
  });

  it('is nothing that a viewer makes', async () => {
    const viewer = await signedIn(api.url, viewerToken);
    expect((await viewer.post('/access', { name: 'eve', role: 'operator' })).status).toBe(403);
    expect((await store.operatorTokens.list()).some(({ name }) => name === 'eve')).toBe(false);
  });

  it('is counted when it is wrong', async () => {
    const before = refused;
    await consoleClient(api.url).post('/sign-in', { secret: `${operatorToken}x` });
    await consoleClient(api.url).post('/sign-in', { secret: operatorToken });
    expect(refused - before).toBe(1);
  });
});
