/** `/api/joins` and `/api/page-refusals`: what came of pages' and providers' words about who is who, and undoing it. */
import type { PurchaseRecord } from '../../src/domain/purchase';
import type { Store } from '../../src/store';
import type { Api } from '../support/api-server';
import { keys, nowMs, purchase, serveApi, viewerToken } from '../support/api-server';
import { emptyStore } from '../support/test-database';

let store: Store;
const apis: Api[] = [];

beforeAll(async () => {
  store = await emptyStore();
});
afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.close()));
});
afterAll(() => store.close());

async function serve(integration: string, resend: (moneyId: string) => PurchaseRecord | null = () => null): Promise<Api> {
  const api = await serveApi({
    store,
    integrations: [integration],
    subscriptions: { resend: async (_order, { moneyId }) => resend(moneyId) },
  });
  apis.push(api);
  return api;
}

async function buys(integration: string, subscription: string, named: { userId?: string; email?: string }): Promise<void> {
  const order = { integration, psp: 'stripe', subscription };
  const identity = named.email === undefined ? {} : { emailSha256: named.email };
  await store.users.register({
    ...{ ...order, moneyId: `in_${subscription}`, keys: keys.of(order, named, identity), identity },
    ...{ checkout: null, paymentIds: [], pending: null, atMs: nowMs },
  });
}

it('shows who turned out to be one, and takes them apart', async () => {
  await buys('j1', 'sub_1', { userId: 'ada' });
  await buys('j1', 'sub_2', { email: 'mail' });
  await buys('j1', 'sub_2', { userId: 'ada', email: 'mail' });
  const api = await serve('j1');
  const { body } = await api.call('GET', '/api/joins');
  const order = { psp: 'stripe', subscription: 'sub_2' };
  expect(body).toEqual({
    items: [
      {
        ...{ id: expect.any(Number) as number, at: new Date(nowMs).toISOString(), evidence: 'webhook', undone: null },
        ...{ kinds: ['user_id', 'email'], orders: [order] },
      },
    ],
    nextCursor: null,
  });
  const id = String((body as { items: { id: number }[] }).items[0]?.id);
  const undone = await api.call('POST', `/api/joins/${id}/undo`);
  expect([undone.status, undone.body]).toMatchObject([200, { undone: { by: 'api' } }]);
  expect((await api.call('GET', '/api/users/ada')).body).toMatchObject({ orders: [{ subscription: 'sub_1' }] });
  expect(api.audit).toContainEqual(expect.objectContaining({ action: 'user.take-apart', target: `join ${id}`, by: 'api' }));
});

it.each([
  ['one that is not there', '999999', 404],
  ['no number', 'abc', 400],
  ['a number beyond all', '9'.repeat(30), 400],
])('refuses to undo %s', async (_what, id, status) => {
  const api = await serve('j2');
  expect((await api.call('POST', `/api/joins/${id}/undo`)).status).toBe(status);
  expect(api.audit).toEqual([]);
});

it('counts the refusals that nothing proves, and undoes those of a period: what they kept back is sent', async () => {
  const refuse = (userId: string, atMs: number) =>
    store.visitors.record({
      ...{ integration: 'j3', keys: [], identity: { consent: 'denied' }, atMs },
      stated: { userId: keys.userId('j3', userId), email: null, checkout: null },
    });
  await refuse('ada', nowMs - 5_000);
  await refuse('bob', nowMs - 60 * 86_400_000);
  const kept = purchase('in_1', { state: 'suppressed', reason: 'consent', revision: 1 });
  await store.purchases.recordRefusedByPage('j3', kept);
  const told: string[] = [];
  const api = await serve('j3', (moneyId) => (told.push(moneyId), { ...kept, state: 'pending', reason: null }));
  expect((await api.call('GET', '/api/page-refusals')).body).toMatchObject({ refusals: 1, purchases: 1 });
  expect((await api.call('GET', '/api/page-refusals?from=2026-01-01')).body).toMatchObject({ refusals: 2 });
  expect((await api.call('GET', '/api/purchases')).body).toMatchObject({ items: [{ reason: 'consent', refusedByPage: true }] });

  expect((await api.call('POST', '/api/page-refusals/undo', {})).body).toEqual({
    undone: 1,
    resent: 1,
    failed: 0,
    remaining: false,
  });
  expect(told).toEqual(['in_1']);
  const bob = keys.of({ integration: 'j3', psp: 'stripe', subscription: 's' }, { userId: 'bob' }, {});
  expect((await store.users.identity('j3', bob)).consent).toBe('denied');
  expect(api.audit).toContainEqual(
    expect.objectContaining({ action: 'consent.undo-refusals', target: '1 refusals, 1 purchases' }),
  );
});

it('undoes nothing for who only looks', async () => {
  const api = await serve('j4');
  const asViewer = { authorization: `Bearer ${viewerToken}` };
  for (const path of ['/api/joins/1/undo', '/api/page-refusals/undo'])
    expect((await api.call('POST', path, {}, asViewer)).status).toBe(403);
  expect((await api.call('GET', '/api/joins', undefined, asViewer)).status).toBe(200);
});
