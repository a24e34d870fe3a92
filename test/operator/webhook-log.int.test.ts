/** `GET /api/webhook-log`: what providers sent lately, and what became of it. */
import { createWriteBehind } from '../../src/application/write-behind';
import { createPurgeExpired } from '../../activities/purge-expired';
import { stripeEvent } from '../../sandbox/stripe/webhooks';
import { defaultRetention } from '../../src/domain/retention';
import type { Store } from '../../src/store';
import type { WebhookServer } from '../support/webhook-server';
import { genericPayment, nowSeconds, paidInvoice, serveWebhooks } from '../support/webhook-server';
import { eventually } from '../support/relay';
import type { Api } from '../support/api-server';
import { keys, nowMs, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';

const day = 86_400_000;
let store: Store;
let api: Api;
let webhooks: WebhookServer;

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, integrations: ['default', 'other', 'many', 'old'] });
  webhooks = await serveWebhooks({ store });
});
afterAll(async () => {
  await webhooks.close();
  await api.close();
  await store.close();
});

const purge = () =>
  createPurgeExpired({
    webhookLog: store.webhookLog,
    signalledFacts: store.signalledFacts,
    openPayments: store.openPayments,
    visitors: store.visitors,
    tallies: store.tallies,
    tiktokCounts: store.tiktokCounts,
    alerts: store.alerts,
    retention: store.retention,
    retentionDays: defaultRetention,
    nowMs: () => nowMs,
  })();

const get = async (query = '') => (await api.call('GET', `/api/webhook-log${query}`)).body;

it('are noted with time, type, outcome and reason, newest first, and without their bodies', async () => {
  await webhooks.stripe(paidInvoice('in_secret'));
  await eventually(async () => expect((await get()).items).toHaveLength(1));
  await webhooks.stripe(stripeEvent('customer.created', { id: 'cus_secret' }, { created: nowSeconds }));
  await eventually(async () => expect((await get()).items).toHaveLength(2));
  await webhooks.generic(genericPayment('pay_secret', { amount: 'a secret' }));
  await eventually(async () => expect((await get()).items).toHaveLength(3));
  const receivedAt = new Date(nowMs).toISOString();
  const body = await get();
  expect(body).toEqual({
    items: [
      { psp: 'generic', receivedAt, type: 'conversion', outcome: 'quarantined', reason: expect.stringContaining('amount') },
      { psp: 'stripe', receivedAt, type: 'customer.created', outcome: 'ignored', reason: expect.any(String) },
      { psp: 'stripe', receivedAt, type: 'invoice.paid', outcome: 'accepted', reason: null },
    ],
    nextCursor: null,
  });
  expect(JSON.stringify(body)).not.toContain('secret');
});

it('are no reason to refuse a webhook when they cannot be noted', async () => {
  const notes = createWriteBehind(() => Promise.reject(new Error('no database')));
  const one = await serveWebhooks({
    store,
    webhooks: { logWebhook: (integration, webhook) => notes.add(integration, [webhook]) },
  });
  expect((await one.stripe(paidInvoice('in_unnoted'))).status).toBe(200);
  await one.close();
});

it('are listed for one provider, and one integration', async () => {
  await store.webhookLog.append('other', { psp: 'paddle', receivedAtMs: nowMs, type: null, outcome: 'accepted', reason: null });
  expect((await get('?psp=generic')).items.map(({ psp }: { psp: string }) => psp)).toEqual(['generic']);
  expect((await get('?psp=nobody')).items).toEqual([]);
  expect((await get('?integration=other')).items).toMatchObject([{ psp: 'paddle', type: null }]);
});

it('come in pages of 50, each once', async () => {
  for (let index = 0; index < 120; index += 1)
    await store.webhookLog.append('many', {
      psp: 'stripe',
      receivedAtMs: nowMs,
      type: `t${index}`,
      outcome: 'ignored',
      reason: null,
    });
  const seen: string[] = [];
  const sizes: number[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: { type: string }[]; nextCursor: string | null } = await get(
      `?integration=many&psp=stripe&cursor=${cursor}`,
    );
    seen.push(...page.items.map(({ type }) => type));
    sizes.push(page.items.length);
    cursor = page.nextCursor;
  }
  expect(sizes).toEqual([50, 50, 20]);
  expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => `t${119 - index}`));
});

it.each([
  '?cursor=junk',
  `?cursor=${Buffer.from('["a"]').toString('base64url')}`,
  '?psp=a&psp=b',
  '?type=x',
  `?psp=${'p'.repeat(41)}`,
])('%s is refused', async (query) => {
  expect((await api.call('GET', `/api/webhook-log${query}`)).status).toBe(400);
});

it('are forgotten after 30 days by housekeeping, not before', async () => {
  const note = (type: string, receivedAtMs: number) =>
    store.webhookLog.append('old', { psp: 'stripe', receivedAtMs, type, outcome: 'accepted', reason: null });
  await note('31 days', nowMs - 31 * day);
  await note('just over', nowMs - 30 * day - 1);
  await note('just under', nowMs - 30 * day);
  await note('today', nowMs);
  await purge();
  expect((await get('?integration=old')).items.map(({ type }: { type: string }) => type)).toEqual(['today', 'just under']);
});

it('so are visitors who bought nothing, after 90 days', async () => {
  const met = async (userId: string, atMs: number) =>
    store.visitors.record({ integration: 'old', keys: [keys.userId('old', userId)], identity: { ttp: 'ttp-1' }, atMs });
  await met('91 days', nowMs - 91 * day);
  await met('89 days', nowMs - 89 * day);
  await purge();
  expect(await store.users.find('old', keys.userId('old', '91 days'))).toBeNull();
  expect(await store.users.find('old', keys.userId('old', '89 days'))).not.toBeNull();
});

it('and payments that never became final, after 60 days', async () => {
  await store.openPayments.remember('old', 'primer', ['61 days'], nowMs - 61 * day);
  await store.openPayments.remember('old', 'primer', ['59 days'], nowMs - 59 * day);
  await purge();
  expect(await store.openPayments.list('old', 'primer')).toEqual(['59 days']);
});
