/** What a provider signed and nobody could read: kept, listed, and read again after an upgrade. Through real HTTP and a real store. */
import { defaultSettings } from '../../src/domain/settings';
import type { Settings } from '../../src/domain/settings';
import { createUserKeys } from '../../src/crypto/user-keys';
import type { IngestionDeps } from '../../src/application/ingestion';
import { createIngestion } from '../../src/application/ingestion';
import { adapterOf } from '../../src/psp';
import type { PspAdapter, ReadFact } from '../../src/psp/adapter';
import { retryQuarantined } from '../../src/application/quarantine';
import type { Store } from '../../src/store';
import type { WebhookServer } from '../support/webhook-server';
import { nowMs, paidInvoice, serveWebhooks } from '../support/webhook-server';
import { emptyStore } from '../support/test-database';
import { payment } from '../support/order-scenario';
import { unshared } from '../support/unshared';

let store: Store;
let server: WebhookServer;
let settings: Settings;
/** What workflows were told. */
let signals: string[];
let isTemporalDown: boolean;
let audit: object[];

beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());

beforeEach(async () => {
  [settings, signals, isTemporalDown, audit] = [defaultSettings, [], false, []];
  const signal: IngestionDeps['signal'] = async (order, { fact }) => {
    if (isTemporalDown) throw new Error('Temporal is out of reach');
    signals.push(`${order.integration} ${order.subscription} ${fact.kind} ${fact.moneyId ?? ''}`);
  };
  const current = async (): Promise<Settings> => settings;
  const keys = createUserKeys('a pepper for tests');
  const { users, firstPurchases, payments, purchases, openPayments, signalledFacts, orderRecords, quarantine } = store;
  const ingestion = createIngestion({
    ...{
      settings: current,
      users,
      firstPurchases,
      payments,
      purchases,
      openPayments,
      signalledFacts,
      note: () => undefined,
      orderRecords,
      signal,
      keys,
      telemetry: { factSignalled: () => undefined, usersJoined: () => undefined },
      nowMs: () => nowMs,
    },
  });
  const deps = { quarantine, shared: unshared(ingestion, current) };
  server = await serveWebhooks({
    store,
    api: {
      retryQuarantined: (integration, id) => retryQuarantined(deps, integration, id),
      store: { ...store, audit: { ...store.audit, append: async (entry) => void audit.push(entry) } },
    },
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await server.close();
});

/** As if a version came that knows the shape. */
function upgraded(read: PspAdapter['read']): jest.SpyInstance {
  const stripe = adapterOf('stripe');
  if (!stripe) throw new Error('there is no Stripe');
  return jest.spyOn(stripe, 'read').mockImplementation(read);
}

async function api(method: string, path: string) {
  const response = await fetch(`${server.url}/api${path}`, { method, headers: { authorization: 'Bearer operator-token' } });
  return { status: response.status, body: JSON.parse(await response.text()) as Record<string, unknown> };
}

const listed = async (integration = 'default') =>
  (await api('GET', `/quarantine?integration=${integration}`)).body['items'] as { id: string; type: string; reason: string }[];
const retry = (id: string, integration = 'default') => api('POST', `/quarantine/${id}/retry?integration=${integration}`);

/** A delivery that nobody can read. */
async function deliver(moneyId: string, path = '/webhooks/stripe'): Promise<{ id: string }> {
  const integration = path.includes('/other/') ? 'other' : 'default';
  const before = new Set((await listed(integration)).map(({ id }) => id));
  const answer = await server.stripe(paidInvoice(moneyId, { amount_paid: `nineteen for ${moneyId}` }), path);
  expect([answer.status, answer.body.outcome]).toEqual([202, 'quarantined']);
  const [added, ...more] = (await listed(integration)).filter(({ id }) => !before.has(id));
  if (!added || more.length > 0) throw new Error('not one delivery more');
  return { id: added.id };
}

const conversion = (moneyId: string): ReadFact => ({
  ...{ fact: payment('conversion', moneyId, 0), subscription: `sub_of_${moneyId}`, identity: {}, paymentIds: [] },
});

it('is answered 202 and listed with type and reason, and nothing of it is told to a workflow', async () => {
  const { id } = await deliver('in_listed');
  const item = (await listed()).find((one) => one.id === id);
  expect(item).toEqual({
    ...{ id, psp: 'stripe', receivedAt: new Date(nowMs).toISOString(), type: 'invoice.paid' },
    reason: expect.stringContaining('amount_paid'),
  });
  expect(JSON.stringify(item)).not.toContain('nineteen');
  expect([...signals, ...server.signals]).toEqual([]);
});

it('stays, and says why, while this version cannot read it either', async () => {
  const { id } = await deliver('in_stays');
  for (const _ of [1, 2]) {
    expect(await retry(id)).toEqual({
      status: 200,
      body: { outcome: 'quarantined', reason: expect.stringContaining('amount_paid') },
    });
    expect((await listed()).map((item) => item.id)).toContain(id);
  }
  expect(signals).toEqual([]);
});

it('is accepted once a version reads it, as if it had just come, and is gone', async () => {
  const { id } = await deliver('in_upgraded');
  const read = upgraded(() => ({ kind: 'facts', facts: [conversion('in_upgraded')] }));
  expect(await retry(id)).toEqual({
    status: 200,
    body: {
      outcome: 'accepted',
      facts: [{ kind: 'conversion', moneyId: 'in_upgraded', subscription: 'sub_of_in_upgraded' }],
    },
  });
  // It was given what the provider had signed.
  expect(read.mock.calls[0]?.[0]).toMatchObject({ data: { object: { amount_paid: 'nineteen for in_upgraded' } } });
  expect(signals).toEqual(['default sub_of_in_upgraded conversion in_upgraded']);
  expect((await listed()).map((item) => item.id)).not.toContain(id);
  expect(await retry(id)).toMatchObject({ status: 404 });
  expect(signals).toHaveLength(1);
});

it('is read with the prices that the merchant has set by now', async () => {
  const { id } = await deliver('in_prices');
  settings = { ...defaultSettings, prices: { price_1: 'ignore' } };
  const read = upgraded(() => ({ kind: 'facts', facts: [conversion('in_prices')] }));
  await retry(id);
  const context = read.mock.calls[0]?.[1] as Parameters<PspAdapter['read']>[1];
  expect([context.roleOf('price_1'), context.roleOf('price_2')]).toEqual(['ignore', undefined]);
});

it('is gone too when a version knows that it is not needed, and the ids that it tells are learned', async () => {
  const { id } = await deliver('in_ignored');
  upgraded(() => ({ kind: 'ignored', reason: 'no payment at all', links: [{ id: 'pi_learned', moneyId: 'in_learned' }] }));
  expect(await retry(id)).toEqual({ status: 200, body: { outcome: 'ignored', reason: 'no payment at all' } });
  expect((await listed()).map((item) => item.id)).not.toContain(id);
  const { users } = store;
  const registered = { integration: 'default', psp: 'stripe', subscription: 'sub_learned', moneyId: 'in_learned' };
  await users.register({
    ...{ ...registered, keys: [{ kind: 'order', hmac: 'h' }], identity: {}, checkout: null, pending: null, atMs: nowMs },
    paymentIds: ['in_learned'],
  });
  expect(await store.payments.orderOf('default', 'stripe', 'pi_learned')).toMatchObject({ moneyId: 'in_learned' });
});

it('stays while what it says cannot be stored, and can be tried again', async () => {
  const { id } = await deliver('in_down');
  upgraded(() => ({ kind: 'facts', facts: [conversion('in_down')] }));
  isTemporalDown = true;
  expect((await retry(id)).status).toBeGreaterThanOrEqual(500);
  expect((await listed()).map((item) => item.id)).toContain(id);
  isTemporalDown = false;
  expect((await retry(id)).body).toMatchObject({ outcome: 'accepted' });
  expect((await listed()).map((item) => item.id)).not.toContain(id);
});

it('is an integration’s own', async () => {
  const { id } = await deliver('in_other', '/webhooks/other/stripe');
  upgraded(() => ({ kind: 'facts', facts: [conversion('in_other')] }));
  expect(await retry(id, 'default')).toMatchObject({ status: 404 });
  expect(await retry(id, 'other')).toMatchObject({ status: 200 });
  expect(signals).toEqual(['other sub_of_in_other conversion in_other']);
});

it('stays when it is of a provider that this version does not have', async () => {
  const id = await store.quarantine.keep('default', {
    psp: 'former',
    raw: Buffer.from('{}'),
    type: 'paid',
    reason: 'a new shape',
    atMs: nowMs,
  });
  expect(await retry(id)).toEqual({
    status: 200,
    body: { outcome: 'quarantined', reason: 'this version cannot read former' },
  });
  expect((await listed()).map((item) => item.id)).toContain(id);
});

it('tells who looks after it that it was tried, and what came of it', async () => {
  const { id } = await deliver('in_audited');
  await retry(id);
  const tried = { integration: 'default', atMs: nowMs, by: 'api', action: 'quarantine.retry', target: id };
  expect(audit).toEqual([{ ...tried, reason: 'quarantined' }]);
  expect(await retry('nobody')).toMatchObject({ status: 404 });
  expect(audit).toHaveLength(1);
});
