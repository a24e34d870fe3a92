/** A correction takes the broken webhook out of the quarantine, and nothing else ever. Through real HTTP and a real store. */
import { createQuarantineResolution } from '../../src/application/quarantine-resolution';
import type { Store } from '../../src/store';
import { emptyStore } from '../support/test-database';
import { genericPayment, serveWebhooks, type WebhookServer } from '../support/webhook-server';

let store: Store;
let server: WebhookServer;

beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  server = await serveWebhooks({ store });
  for (const { id } of await kept()) await store.quarantine.remove('default', id);
});
afterEach(() => server.close());

const kept = async () => (await store.quarantine.list('default', undefined, 50)).items;
const call = async (method: string, path: string) => {
  const response = await fetch(`${server.url}/api${path}`, { method, headers: { authorization: 'Bearer operator-token' } });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as Record<string, unknown>) };
};

it('is resolved by a corrected webhook of the same payment', async () => {
  expect((await server.generic(genericPayment('pay_fixed', { amount: 'nineteen' }))).status).toBe(202);
  expect(await kept()).toHaveLength(1);
  expect((await server.generic(genericPayment('pay_fixed'))).body.outcome).toBe('accepted');
  expect(await kept()).toEqual([]);
});

it.each([
  ['another payment', { money_id: 'pay_other' }],
  ['another type of event', { kind: 'renewal' }],
  ['another subscription', { subscription_id: 'order_of_somebody_else' }],
  ['another time', { occurred_at: '2026-11-20T00:00:00Z' }],
])('stays when a webhook of %s is taken in', async (_, other) => {
  await server.generic(genericPayment('pay_stays', { amount: 'nineteen' }));
  expect((await server.generic(genericPayment('pay_stays', other))).body.outcome).toBe('accepted');
  expect(await kept()).toHaveLength(1);
});

it('stays when it is a refund, of which one payment may have two', async () => {
  await server.generic(genericPayment('pay_back', { kind: 'refund', amount: 'half' }));
  await server.generic(genericPayment('pay_back', { kind: 'refund', amount: '5.00' }));
  expect(await kept()).toHaveLength(1);
});

it('asks nothing of the database per webhook while nothing is kept', async () => {
  let asked = 0;
  const quarantine = {
    types: async () => (asked++, []),
    mentioning: async () => (asked++, []),
    remove: async () => false,
  };
  const audit = { append: async () => undefined };
  const resolution = createQuarantineResolution({ quarantine, audit, pepper: 'pepper', nowMs: () => 0 });
  const quiet = await serveWebhooks({ store, webhooks: { resolution } });
  for (const id of ['pay_1', 'pay_2', 'pay_3']) await quiet.generic(genericPayment(id));
  await quiet.close();
  expect(asked).toBe(1);
});

it('shows body, every problem and the allowed values, and notes who looked', async () => {
  await server.generic({ kind: 'conversion', metadata: { email: 'ada@example.com' } });
  const [item] = await kept();
  const { status, body } = await call('GET', `/quarantine/${item?.id ?? ''}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ body: { kind: 'conversion', metadata: { email: 'ada@example.com' } } });
  expect((body?.['problems'] as { path: string }[]).map(({ path }) => path)).toEqual([
    ...['subscription_id', 'money_id', 'amount', 'currency', 'occurred_at'],
  ]);
  expect((await call('DELETE', `/quarantine/${item?.id ?? ''}`)).status).toBe(204);
  expect((await call('DELETE', `/quarantine/${item?.id ?? ''}`)).status).toBe(404);
});

it('names the choices of a kind, and what is expected in place of a list', async () => {
  const unknown = await server.generic({ kind: 'purchase', occurred_at: '2026-11-22T10:00:00Z' });
  expect(unknown.body.reason).toMatch(/^kind: expected one of trial_start, conversion, renewal/);
  const list = await server.generic([]);
  expect(list.body.reason).toBe('the body: expected object');
  const [first] = await kept();
  expect((await call('GET', `/quarantine/${first?.id ?? ''}`)).status).toBe(200);
});
