/** `/api/attention`: groups, acknowledgement, and the bulk resend as a task. */
import type { DeliveryError } from '../../src/domain/purchase';
import type { ApiDeps } from '../../src/operator/api';
import type { Store } from '../../src/store';
import type { Task } from '../../src/temporal/tasks';
import type { BulkResendProgress } from '../../workflows/contract';
import { type Api, nowMs, purchase, serveApi, viewerToken } from '../support/api-server';
import { emptyStore } from '../support/test-database';

const hour = 3_600_000;
let store: Store;
let api: Api;
let task: Task<BulkResendProgress> | null = null;
const started: unknown[] = [];

const bulkResends: ApiDeps['bulkResends'] = {
  start: async (scope, by) => {
    started.push({ ...scope, by });
    return 'bulk-resend/default';
  },
  find: async () => task,
  cancel: async () => task?.state === 'running',
};
const expired: DeliveryError = { type: 'TikTokUnauthorized', code: 40102, message: 'expired' };
const rejected: DeliveryError = { type: 'TikTokRejected', code: 40002, message: '<script>alert(1)</script>' };
const waiting = (id: string, subscription: string, lastError: DeliveryError) =>
  purchase(id, { subscription, lastError, state: 'needs_attention', attempts: 0, sentAtMs: null, requestId: null });

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, integrations: ['default', 'empty', 'seen'], api: { bulkResends } });
  await store.purchases.record('default', [
    { ...waiting('in_1', 'sub_1', expired), occurredAtMs: nowMs - 72 * hour },
    waiting('in_2', 'sub_1', expired),
    waiting('in_3', 'sub_2', expired),
    waiting('in_4', 'sub_3', rejected),
    purchase('in_5', { subscription: 'sub_4' }),
    purchase('in_6', { subscription: 'sub_5', state: 'pending', lastError: expired }),
  ]);
  await store.purchases.beginAttempt('default', waiting('in_1', 'sub_1', expired), nowMs - 60 * hour);
});
afterAll(async () => {
  await api.close();
  await store.close();
});
beforeEach(() => {
  task = null;
  started.length = api.audit.length = 0;
});

describe('what needs attention', () => {
  it('is grouped by error, the largest first, with cause and cure by the code', async () => {
    const { status, body } = await api.call('GET', '/api/attention');
    expect([status, body.nextCursor]).toEqual([200, null]);
    expect(body.items).toMatchObject([
      {
        ...{ error: 'TikTokUnauthorized', count: 3, orders: 2, codes: [40102], olderThan48h: 1, acknowledged: null },
        ...{ since: '2026-11-19T22:00:00.000Z', last: '2026-11-22T10:00:00.000Z' },
        cause: expect.stringMatching(/expired/),
        cure: expect.stringMatching(/Events Manager/),
      },
      { error: 'TikTokRejected', count: 1, orders: 1, olderThan48h: 0 },
    ]);
  });

  it('is nothing where all is well', async () => {
    expect((await api.call('GET', '/api/attention?integration=empty')).body).toEqual({ items: [], nextCursor: null });
  });

  it('is acknowledged by whoever has seen it, and forgotten when the group is empty', async () => {
    const at = '?integration=seen';
    await store.purchases.record('seen', [waiting('in_1', 'sub_1', expired)]);
    const { body } = await api.call('POST', `/api/attention/TikTokUnauthorized/acknowledge${at}`, { by: 'anna' });
    expect(body.acknowledged).toEqual({ by: 'anna', at: '2026-11-22T10:00:00.000Z' });
    expect(api.audit).toMatchObject([{ by: 'anna', action: 'attention.acknowledge', target: 'TikTokUnauthorized' }]);

    await store.purchases.record('seen', [purchase('in_1', { revision: 2 })]);
    expect((await api.call('GET', `/api/attention${at}`)).body.items).toEqual([]);
    await store.purchases.record('seen', [{ ...waiting('in_2', 'sub_2', expired) }]);
    expect((await api.call('GET', `/api/attention${at}`)).body.items).toMatchObject([{ acknowledged: null }]);
  });

  it('cannot be acknowledged where there is nothing', async () => {
    expect((await api.call('POST', '/api/attention/DeliveryExpired/acknowledge', {})).status).toBe(404);
    expect(api.audit).toEqual([]);
  });
});

describe('sending again', () => {
  it.each([
    ['everything', undefined, null, 'api', 4, 'every error: 4 purchases of 3 orders'],
    [
      'one error',
      { error: 'TikTokRejected', by: ' Ada ' },
      'TikTokRejected',
      'Ada',
      1,
      'TikTokRejected: 1 purchases of 1 orders',
    ],
  ])('%s is a task, noted with how much it is', async (_, body, error, by, total, target) => {
    const answer = await api.call('POST', '/api/attention/resend', body);
    expect([answer.status, answer.body]).toMatchObject([
      202,
      { workflowId: 'bulk-resend/default', state: 'running', total, done: 0 },
    ]);
    expect(started).toEqual([{ integration: 'default', error, by }]);
    expect(api.audit).toMatchObject([{ by, action: 'attention.resend', target }]);
  });

  it('shows its progress, while it runs and after', async () => {
    expect((await api.call('GET', '/api/attention/resend')).status).toBe(404);
    const progress: BulkResendProgress = {
      ...{ by: 'anna', startedAtMs: nowMs, total: 214, done: 50, orders: 40, failed: 1, cursor: 'x', isDone: false },
    };
    task = { workflowId: 'w', state: 'running', progress, startedAtMs: nowMs, endedAtMs: null, lastError: null };
    expect((await api.call('GET', '/api/attention/resend')).body).toEqual({
      ...{ workflowId: 'w', temporalUrl: null, state: 'running', total: 214, done: 50, orders: 40, failed: 1, by: 'anna' },
      ...{ startedAt: '2026-11-22T10:00:00.000Z', endedAt: null, lastError: null },
    });
  });

  it('is cancelled while it runs, and not found otherwise', async () => {
    expect((await api.call('DELETE', '/api/attention/resend')).status).toBe(404);
    task = { workflowId: 'w', state: 'running', progress: null, startedAtMs: nowMs, endedAtMs: null, lastError: null };
    expect((await api.call('DELETE', '/api/attention/resend?error=TikTokRejected')).status).toBe(202);
    expect(api.audit).toMatchObject([{ by: 'api', action: 'attention.resend.cancel', target: 'TikTokRejected' }]);
  });

  it('is for operators', async () => {
    const authorization = `Bearer ${viewerToken}`;
    expect((await api.call('POST', '/api/attention/resend', {}, { authorization })).status).toBe(403);
    expect(started).toEqual([]);
  });

  it.each([
    [{ error: '' }, 'error'],
    [{ error: 5 }, 'error'],
    [{ by: '' }, 'by'],
    [{ all: true }, 'all'],
  ])('refuses %j', async (body, path) => {
    const answer = await api.call('POST', '/api/attention/resend', body);
    expect([answer.status, answer.body.errors[0].path, started]).toEqual([422, path, []]);
  });
});

it('filters of the Temporal UI are ready-made, one for each error that there is', async () => {
  const { items } = (await api.call('GET', '/api/temporal-links')).body;
  const byId = Object.fromEntries((items as { id: string; query: string }[]).map(({ id, query }) => [id, query]));
  expect(byId['needs-attention']).toBe(
    "WorkflowType = 'subscription' AND TtIntegration = 'default' AND TtNeedsAttention = true AND ExecutionStatus = 'Running'",
  );
  expect(byId['error/TikTokRejected']).toMatch(/TtErrorType = 'TikTokRejected'$/);
});
