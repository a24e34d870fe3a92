import type { Store } from '../../src/store';
import { hashedEmail } from '../../src/tiktok';
import type { Api } from '../support/api-server';
import { keys, nowMs, purchase, serveApi, viewerToken } from '../support/api-server';
import { tried, waiting } from '../support/store-samples';
import { namingPersons } from '../../src/application/named-persons';
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
    quarantined: 0,
    waiting: 0,
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
  const known = await store.personalData.of('e2', keys.userId('e2', 'u1'));
  const api = await serve('e2');
  await api.call('POST', '/api/users/u1/erase');
  expect(api.audit).toEqual([
    {
      integration: 'e2',
      atMs: nowMs,
      by: 'api',
      action: 'user.erase',
      target: `user/${String(known!.userIds[0])}`,
      reason: null,
    },
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

describe('a person who is named in the body', () => {
  const customer = { psp: 'stripe', id: 'cus_1' };
  const order = { psp: 'stripe', subscription: 'sub_1' };
  const ways = [
    ['user id', { userId: 'u1' }],
    ['e-mail', { email: ' Anna@Example.com' }],
    ['customer id', { customer }],
    ['order', { order }],
  ] as const;

  async function known(integration: string): Promise<Api> {
    const api = await serve(integration);
    await buyer(integration, 'sub_1');
    await store.users.register({
      ...{ integration, ...order, moneyId: 'in_1', identity: {}, checkout: null, paymentIds: ['in_1'], atMs: nowMs },
      keys: keys.of({ integration, ...order }, { userId: 'u1', customerId: 'cus_1' }, {}),
      pending: purchase('in_1'),
    });
    return api;
  }

  it.each(ways)('by %s: is found, exported, forgotten, and then known by none of the others', async (way, named) => {
    const integration = `body ${way}`.replaceAll(' ', '-');
    const api = await known(integration);
    const at = (path: string) => `/api/users/${path}?integration=${integration}`;
    expect((await api.call('POST', at('find'), named)).body).toMatchObject({ identifiers: ['user_id', 'email', 'customer'] });
    expect((await api.call('POST', at('export'), named)).body).toMatchObject({
      identity: { emailSha256: hashedEmail('anna@example.com'), ip: '203.0.113.7' },
      orders: [{ ...order, purchases: [{ moneyId: 'in_1', sent: [] }] }],
    });
    const erased = await api.call('POST', at('erase'), { ...named, by: 'dpo' });
    expect([erased.status, erased.body]).toEqual([200, { erased: true, orders: [order], quarantined: 0, waiting: 0 }]);
    expect(api.audit.map(({ action, by }) => [action, by])).toEqual([
      ['user.read', 'api'],
      ['user.export', 'api'],
      ['user.erase', 'dpo'],
    ]);
    for (const [other, its] of ways.filter(([one]) => one !== 'order'))
      expect([other, (await api.call('POST', at('find'), its)).status]).toEqual([other, 404]);
    expect((await api.call('POST', at('export'), { order })).body).toMatchObject({ identifiers: ['order'], identity: {} });
  });

  it.each([
    ['nobody', {}, 'by one of userId, email, customer and order'],
    ['two at once', { userId: 'u1', email: 'anna@example.com' }, 'by one of'],
    ['no e-mail', { email: 'anna' }, 'is no e-mail address'],
    ['an odd customer', { customer: 'cus_1' }, 'customer'],
    ['a control character', { userId: 'u\u0000' }, 'control characters'],
  ])('%s is refused with what is wrong', async (_what, body, words) => {
    const api = await serve('e6');
    for (const path of ['find', 'export', 'erase']) {
      const answer = await api.call('POST', `/api/users/${path}`, body);
      expect([answer.status, answer.text]).toEqual([422, expect.stringContaining(words)]);
    }
  });

  it('whom nobody knows is not found, and nothing is noted', async () => {
    const api = await serve('e7');
    for (const path of ['find', 'export', 'erase'])
      expect((await api.call('POST', `/api/users/${path}`, { email: 'zoe@example.com' })).status).toBe(404);
    expect(api.audit).toEqual([]);
  });

  it('is exported and erased by operators only; viewers may look', async () => {
    const api = await known('e8');
    const asViewer = { authorization: `Bearer ${viewerToken}` };
    const statuses = ['find', 'export', 'erase'].map(
      async (path) => (await api.call('POST', `/api/users/${path}`, { userId: 'u1' }, asViewer)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 403, 403]);
  });
});

describe('the quarantine', () => {
  const body = (fields: object) => Buffer.from(JSON.stringify({ type: 'odd', data: fields }));
  const keep = (integration: string, raw: Buffer) =>
    namingPersons(store.quarantine, keys).keep(integration, { psp: 'stripe', raw, type: 'odd', reason: 'odd', atMs: nowMs });

  it.each([
    ['the e-mail, somewhere in a text', { note: 'sold to <Anna@Example.com>, by phone' }],
    ['the e-mail, as a hash', { customer: { em: hashedEmail('anna@example.com') } }],
    ['the user id in metadata', { object: { metadata: { whatever: 'u1' } } }],
    ['the user id in a text of pairs', { custom_id: 'checkout_id=c1&user_id=u1' }],
    ['the user id in JSON within a text', { passthrough: '{"user":{"id":"u1"}}' }],
    ['the order', { lines: [{ subscription: 'sub_1' }] }],
  ])('loses what names an erased person: %s', async (_what, fields) => {
    const integration = `q-${Object.keys(fields).join('-')}-${JSON.stringify(fields).length}`;
    const api = await serve(integration);
    await buyer(integration, 'sub_1');
    const id = await keep(integration, body(fields));
    const other = await keep(integration, body({ user_id: 'u2', email: 'ben@example.com', subscription: 'sub_10' }));
    const named = { userId: 'u1' };
    expect((await api.call('POST', '/api/users/export', named)).body.quarantined).toMatchObject([
      { id, body: JSON.stringify({ type: 'odd', data: fields }) },
    ]);
    expect((await api.call('POST', '/api/users/erase', named)).body).toMatchObject({ quarantined: 1, waiting: 0 });
    expect((await store.quarantine.list(integration, undefined, 10)).items.map((one) => one.id)).toEqual([other]);
    expect(api.audit).toContainEqual(expect.objectContaining({ action: 'quarantine.erased', target: id }));
  });

  it('is searched also for somebody of whom nothing else is known', async () => {
    const api = await serve('q-alone');
    await keep('q-alone', body({ user: 'u1', email: 'anna@example.com' }));
    expect((await api.call('POST', '/api/users/erase', { email: 'anna@example.com' })).body).toEqual({
      ...{ erased: true, orders: [], quarantined: 1, waiting: 0 },
    });
    expect((await api.call('POST', '/api/users/erase', { email: 'anna@example.com' })).status).toBe(404);
  });
});

describe('facts of a shared account that wait', () => {
  const at = (integration: string) => ({ integration, psp: 'stripe', account: [integration] });
  const identity = { userId: 'u1', email: 'Anna@example.com', ip: '203.0.113.7' };

  it.each([
    ['the user id', { userId: 'u1' }],
    ['the e-mail', { email: 'anna@example.com' }],
    ['the order', { order: { psp: 'stripe', subscription: 'sub_w' } }],
  ])('are exported by %s, lose the erased person, and wait on; another integration’s do not change', async (way, named) => {
    const [integration, other] = [`w ${way}`.replaceAll(' ', '-'), `w2 ${way}`.replaceAll(' ', '-')];
    const api = await serve(integration);
    for (const one of [integration, other]) await store.routes.keep(at(one), waiting('in_w', ['sub_w', 'in_w'], identity), nowMs);
    await store.routes.keep(at(integration), waiting('in_b', ['sub_b', 'in_b'], { userId: 'ben' }), nowMs);
    expect((await api.call('POST', '/api/users/export', named)).body.waiting).toMatchObject([
      { psp: 'stripe', subscription: 'sub_w', fact: { moneyId: 'in_w' }, identity },
    ]);
    const erased = await api.call('POST', '/api/users/erase', named);
    expect(erased.body).toEqual({ erased: true, orders: [], quarantined: 0, waiting: 1 });
    const buyers = async (of: string) =>
      (await store.routes.everything(of, null)).map(({ read }) => [read.fact.moneyId, read.identity]);
    expect(new Map((await buyers(integration)) as never)).toEqual(
      new Map<unknown, unknown>([
        ['in_w', {}],
        ['in_b', { userId: 'ben' }],
      ]),
    );
    expect(new Map((await buyers(other)) as never)).toEqual(new Map<unknown, unknown>([['in_w', identity]]));
    expect(await store.routes.waiting(at(integration), ['in_w'])).toHaveLength(1);
  });
});

it('the export says what was sent, what operators did, and what the quarantine has; each export is noted', async () => {
  const api = await serve('x1');
  await buyer('x1', 'sub_1');
  const request = { data: [{ user: { email: 'hash' } }] };
  const ref = { psp: 'stripe', subscription: 'sub_1', moneyId: 'in_sub_1' };
  await store.attempts.keep('x1', tried(ref, { request }, { record: purchase('in_sub_1') }));
  await store.audit.append({
    integration: 'x1',
    atMs: nowMs,
    by: 'ben',
    action: 'purchase.skip',
    target: 'stripe/sub_1/in_sub_1',
    reason: 'double',
  });
  await store.audit.append({
    integration: 'x1',
    atMs: nowMs,
    by: 'ben',
    action: 'purchase.skip',
    target: 'stripe/sub_10/in_9',
    reason: 'other',
  });
  await api.call('POST', '/api/users/export', { userId: 'u1' });
  const { body } = await api.call('POST', '/api/users/export', { userId: 'u1' });
  expect(body.orders[0].purchases[0].sent).toMatchObject([{ number: 1, request }]);
  expect(body.audit.map(({ action, by }: { action: string; by: string }) => [action, by])).toEqual([
    ['user.export', 'api'],
    ['purchase.skip', 'ben'],
  ]);
});
