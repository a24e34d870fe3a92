import type { Store } from '../../src/store';
import { hashedEmail } from '../../src/tiktok';
import type { Api } from '../support/api-server';
import { keys, nowMs, serveApi } from '../support/api-server';
import { memoryStore } from '../support/embedded-database';

let store: Store;
const apis: Api[] = [];

beforeAll(async () => {
  store = await memoryStore();
});
afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.close()));
});
afterAll(() => store.close());

async function serve(integration: string, erase: (order: object) => Promise<boolean> = async () => true): Promise<Api> {
  const api = await serveApi({ store, integrations: [integration], subscriptions: { erase } });
  apis.push(api);
  return api;
}

async function buyer(integration: string, subscription: string) {
  const order = { integration, psp: 'stripe', subscription };
  const emailSha256 = hashedEmail('anna@example.com') ?? '';
  await store.users.register({
    ...order,
    moneyId: `in_${subscription}`,
    keys: keys.of(order, { userId: 'u1' }, { emailSha256 }),
    identity: { emailSha256, ip: '203.0.113.7' },
    checkout: null,
    paymentIds: [`in_${subscription}`],
    pending: null,
    atMs: nowMs,
  });
}

it('forgets who a buyer is, in the database and in the workflow of each order', async () => {
  await buyer('e1', 'sub_1');
  await buyer('e1', 'sub_2');
  const told: object[] = [];
  const api = await serve('e1', async (order) => (told.push(order), true));
  const answer = await api.call('POST', '/api/users/u1/erase');
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    erased: true,
    orders: [
      { psp: 'stripe', subscription: 'sub_1' },
      { psp: 'stripe', subscription: 'sub_2' },
    ],
  });
  expect(told).toEqual([
    { integration: 'e1', psp: 'stripe', subscription: 'sub_1' },
    { integration: 'e1', psp: 'stripe', subscription: 'sub_2' },
  ]);
  expect((await api.call('GET', '/api/users/u1')).status).toBe(404);
  const known = keys.of({ integration: 'e1', psp: 'stripe', subscription: 'sub_1' }, { userId: 'u1' }, {});
  expect(await store.users.identity('e1', known)).toEqual({});
});

it('is noted, without saying of whom', async () => {
  await buyer('e2', 'sub_1');
  const api = await serve('e2');
  await api.call('POST', '/api/users/u1/erase');
  expect(api.audit).toEqual([
    { integration: 'e2', atMs: nowMs, by: 'api', action: 'user.erase', target: keys.userId('e2', 'u1').hmac, reason: null },
  ]);
});

it('finds a buyer by e-mail, as the look-up does', async () => {
  await buyer('e3', 'sub_1');
  const api = await serve('e3');
  expect((await api.call('GET', '/api/users/Anna%40example.com')).status).toBe(200);
  expect((await api.call('POST', '/api/users/Anna%40example.com/erase')).status).toBe(200);
  expect((await api.call('GET', '/api/users/Anna%40example.com')).status).toBe(404);
  expect((await api.call('GET', '/api/users/u1')).status).toBe(404);
});

it('can be asked for again when a workflow could not be told', async () => {
  await buyer('e4', 'sub_1');
  let isGone = true;
  const api = await serve('e4', async () => {
    if (isGone) throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
    return true;
  });
  expect((await api.call('POST', '/api/users/u1/erase')).status).toBe(503);
  isGone = false;
  expect((await api.call('POST', '/api/users/u1/erase')).status).toBe(200);
});

it.each(['/api/users/nobody/erase', '/api/users/nobody%40example.com/erase'])('%s: 404', async (path) => {
  const api = await serve('e5');
  expect((await api.call('POST', path)).status).toBe(404);
});
