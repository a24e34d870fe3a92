/** `/api/checks/:psp` and `/api/backfill/:psp`. */
import type { Store } from '../../src/store';
import type { AccountRef, TimeWindow } from '../../workflows/contract';
import type { Api } from '../support/api-server';
import { nowMs, serveApi } from '../support/api-server';
import { memoryStore } from '../support/embedded-database';

const hour = 3_600_000;
const integrations = ['default', 'other'];

let store: Store;
let api: Api;
const startedChecks: AccountRef[] = [];
const startedBackfills: { account: AccountRef; window: TimeWindow; remember: boolean }[] = [];
let isTemporalDown = false;

beforeAll(async () => {
  store = await memoryStore();
  api = await serveApi({
    store,
    integrations,
    temporalUrl: (workflowId) => `http://temporal.example/${workflowId}`,
    api: {
      checkedAccounts: () => [
        { integration: 'default', psp: 'stripe' },
        { integration: 'other', psp: 'paddle' },
      ],
      renewalChecks: {
        check: async (account) => {
          if (isTemporalDown) throw new Error('Temporal is out of reach');
          startedChecks.push(account);
          return `renewal-check/${account.integration}/${account.psp}`;
        },
        backfill: async (account, window, remember) => {
          startedBackfills.push({ account, window, remember });
          return `backfill/${account.integration}/${account.psp}`;
        },
      },
    },
  });
});
afterAll(async () => {
  await api.close();
  await store.close();
});
beforeEach(() => {
  for (const list of [startedChecks, startedBackfills, api.audit]) list.length = 0;
});

describe('a check', () => {
  it('is started, noted, and answered with where it can be watched', async () => {
    const { status, body } = await api.call('POST', '/api/checks/stripe');
    expect(status).toBe(202);
    expect(body).toEqual({
      workflowId: 'renewal-check/default/stripe',
      temporalUrl: 'http://temporal.example/renewal-check/default/stripe',
    });
    expect(startedChecks).toEqual([{ integration: 'default', psp: 'stripe' }]);
    expect(api.audit).toEqual([
      ...[{ integration: 'default', atMs: nowMs, by: 'api', action: 'check', target: body.workflowId, reason: null }],
    ]);
  });

  it.each([
    ['/api/checks/paddle', 'without a key'],
    ['/api/checks/nobody', 'of an unknown provider'],
    ['/api/checks/generic', 'of a provider without an API'],
    ['/api/checks/stripe?integration=other', 'of another integration'],
    ['/api/checks/stripe?integration=nobody', 'of an unknown integration'],
    ['/api/checks/__proto__', 'of something that is not a provider'],
  ])('of %s is not there: %s', async (path) => {
    expect((await api.call('POST', path)).status).toBe(404);
    expect((await api.call('GET', path)).status).toBe(404);
    expect([...startedChecks, ...api.audit]).toEqual([]);
  });

  it('is of the integration that is named', async () => {
    expect((await api.call('POST', '/api/checks/paddle?integration=other')).status).toBe(202);
    expect(startedChecks).toEqual([{ integration: 'other', psp: 'paddle' }]);
  });

  it('that was not started is not noted', async () => {
    isTemporalDown = true;
    expect((await api.call('POST', '/api/checks/stripe')).status).toBeGreaterThanOrEqual(500);
    isTemporalDown = false;
    expect(api.audit).toEqual([]);
  });

  it('is for operators only', async () => {
    for (const [method, path] of [
      ['POST', '/api/checks/stripe'],
      ['GET', '/api/checks/stripe'],
      ['POST', '/api/backfill/stripe'],
    ] as const)
      expect((await api.call(method, path, undefined, { authorization: 'Bearer nobody' })).status).toBe(401);
    expect([...startedChecks, ...startedBackfills]).toEqual([]);
  });
});

describe('the last check', () => {
  it('is null while there was none, then what it came to', async () => {
    expect(await api.call('GET', '/api/checks/paddle?integration=other')).toMatchObject({ status: 200, body: null });
    const summary = { facts: 7, found: 2, polled: 1, unreadable: 0, error: null };
    await store.checks.finish('default', 'stripe', { upToMs: nowMs - hour, finishedAtMs: nowMs, summary });
    expect((await api.call('GET', '/api/checks/stripe')).body).toEqual({
      upTo: '2026-11-22T09:00:00.000Z',
      finishedAt: '2026-11-22T10:00:00.000Z',
      ...summary,
    });
  });

  it('says what was read, and what the provider could not be asked for', async () => {
    const notes = ['before 2026-10-23T10:00:00.000Z: PayPal keeps events for 30 days, and has no other list of what happened'];
    const counts = { facts: 0, found: 0, polled: 0, unreadable: 0, error: null };
    const window = { fromMs: nowMs - 40 * 24 * hour, toMs: nowMs };
    await store.checks.finish('default', 'stripe', { upToMs: nowMs, finishedAtMs: nowMs, summary: { ...counts, window, notes } });
    expect((await api.call('GET', '/api/checks/stripe')).body).toEqual({
      ...{ upTo: '2026-11-22T10:00:00.000Z', finishedAt: '2026-11-22T10:00:00.000Z', ...counts, notes },
      window: { from: '2026-10-13T10:00:00.000Z', to: '2026-11-22T10:00:00.000Z' },
    });
  });

  it('says why it failed', async () => {
    const summary = { facts: 0, found: 0, polled: 0, unreadable: 0, error: 'PspUnauthorized: Stripe answered 401' };
    await store.checks.finish('default', 'stripe', { upToMs: nowMs - 3 * hour, finishedAtMs: nowMs + hour, summary });
    expect((await api.call('GET', '/api/checks/stripe')).body).toMatchObject({
      ...{ upTo: '2026-11-22T10:00:00.000Z', finishedAt: '2026-11-22T11:00:00.000Z', error: summary.error },
    });
  });
});

describe('a backfill', () => {
  it.each([
    [{}, false],
    [{ rememberFirstPurchases: false }, false],
    [{ rememberFirstPurchases: true }, true],
  ])('goes over its range of dates, noted, with %j', async (more, remember) => {
    const { status, body } = await api.call('POST', '/api/backfill/stripe', {
      ...{ from: '2026-10-01', to: '2026-11-01T12:00:00+02:00' },
      ...more,
    });
    expect([status, body.workflowId]).toEqual([202, 'backfill/default/stripe']);
    expect(startedBackfills).toEqual([
      {
        account: { integration: 'default', psp: 'stripe' },
        window: { fromMs: Date.UTC(2026, 9, 1), toMs: Date.UTC(2026, 10, 1, 10) },
        remember,
      },
    ]);
    expect(api.audit).toMatchObject([{ action: 'backfill', target: 'backfill/default/stripe' }]);
  });

  const range = { from: '2026-10-01', to: '2026-11-01' };
  it.each<[unknown, string]>([
    [undefined, 'from'],
    [{}, 'from'],
    [{ from: range.from }, 'to'],
    [{ ...range, from: '2026-11-01' }, 'to'],
    [{ ...range, from: '2026-11-02' }, 'to'],
    [{ ...range, from: 'yesterday' }, 'from'],
    [{ ...range, from: '2026-10-01T10:00' }, 'from'],
    [{ ...range, from: 1_790_000_000_000 }, 'from'],
    [{ ...range, rememberFirstPurchases: 'yes' }, 'rememberFirstPurchases'],
    [{ ...range, psp: 'paddle' }, 'psp'],
  ])('of %j is not started: %s is wrong', async (body, field) => {
    const answer = await api.call('POST', '/api/backfill/stripe', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).toContain(field);
    expect([...startedBackfills, ...api.audit]).toEqual([]);
  });

  it('of an account without a key is not there', async () => {
    expect((await api.call('POST', '/api/backfill/paddle', range)).status).toBe(404);
  });
});
