/** `/api/checks/:psp` and `/api/backfill/:psp`. */
import type { Store } from '../../src/store';
import type { Backfill, Checks } from '../../src/temporal/checks';
import type { Task } from '../../src/temporal/tasks';
import type { AccountRef, CheckProgress, TimeWindow } from '../../workflows/contract';
import type { Api } from '../support/api-server';
import { noChecks, nowMs, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';

const hour = 3_600_000;
const integrations = ['default', 'other'];

let store: Store;
let api: Api;
const startedChecks: AccountRef[] = [];
const startedBackfills: { account: AccountRef; window: TimeWindow; remember: boolean; dryRun: boolean }[] = [];
let isTemporalDown = false;
/** What Temporal knows; a test sets it. */
let task: Task<CheckProgress> | null = null;
let nextAtMs: number | null = null;
let backfills: readonly Backfill[] = [];
const cancelled: string[] = [];
const temporal: Pick<Checks, 'findCheck' | 'nextAtMs' | 'backfills' | 'cancelBackfill'> = {
  findCheck: async () => task,
  nextAtMs: async () => nextAtMs,
  backfills: async () => backfills,
  cancelBackfill: async (_account, workflowId) => {
    cancelled.push(workflowId);
    return backfills.some((one) => one.workflowId === workflowId && one.state === 'running');
  },
};

beforeAll(async () => {
  store = await emptyStore();
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
        ...noChecks,
        ...temporal,
        check: async (account) => {
          if (isTemporalDown) throw new Error('Temporal is out of reach');
          startedChecks.push(account);
          return `renewal-check/${account.integration}/${account.psp}`;
        },
        backfill: async (account, window, { rememberFirstPurchases, dryRun }) => {
          startedBackfills.push({ account, window, remember: rememberFirstPurchases, dryRun });
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
    ['/api/checks/paddle', 'without a key', /^no API key of Paddle is configured for the integration default$/],
    ['/api/checks/nobody', 'of an unknown provider', /^there is no such provider; there are .*paddle.*stripe/],
    ['/api/checks/generic', 'of a provider without an API', /has no API that lists payments/],
    ['/api/checks/stripe?integration=other', 'of another integration', /^no API key of Stripe/],
    ['/api/checks/stripe?integration=nobody', 'of an unknown integration', /integration/],
    ['/api/checks/__proto__', 'of something that is not a provider', /^there is no such provider/],
  ])('of %s is not there: %s', async (path, _, reason) => {
    const { status, body } = await api.call('POST', path);
    expect([status, body.detail]).toEqual([404, expect.stringMatching(reason)]);
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

describe('the state of a check', () => {
  const window = { fromMs: nowMs - 40 * 24 * hour, toMs: nowMs };
  const shownWindow = { from: '2026-10-13T10:00:00.000Z', to: '2026-11-22T10:00:00.000Z' };
  const counts = { facts: 7, found: 2, polled: 1, unreadable: 0, error: null };
  const state = async (path = '/api/checks/stripe') => (await api.call('GET', path)).body;
  const ended = (more: Partial<Task<CheckProgress>> = {}): Task<CheckProgress> => ({
    ...{ workflowId: 'renewal-check/default/stripe', state: 'done', progress: null, lastError: null },
    ...{ startedAtMs: nowMs, endedAtMs: nowMs },
    ...more,
  });
  beforeEach(() => {
    task = null;
    nextAtMs = null;
  });

  it('is “never” before the first, with the time of the first', async () => {
    nextAtMs = nowMs + hour;
    expect(await state('/api/checks/paddle?integration=other')).toEqual({
      ...{
        psp: 'paddle',
        account: 'other',
        state: 'never',
        since: null,
        window: null,
        done: 0,
        found: 0,
        unreadable: 0,
        polled: 0,
      },
      ...{ lastError: null, nextAt: '2026-11-22T11:00:00.000Z', last: null, workflowId: 'renewal-check/other/paddle' },
      temporalUrl: 'http://temporal.example/renewal-check/other/paddle',
    });
  });

  it('is “idle” after one that went well: what was read, and what the provider could not be asked for', async () => {
    const notes = ['before 2026-10-23T10:00:00.000Z: PayPal keeps events for 30 days, and has no other list of what happened'];
    await store.checks.finish('default', 'stripe', {
      ...{ upToMs: nowMs - hour, finishedAtMs: nowMs - hour },
      summary: { ...counts, window, notes },
    });
    expect(await state()).toMatchObject({
      ...{ state: 'idle', since: '2026-11-22T09:00:00.000Z', window: shownWindow, done: 7, found: 2, lastError: null },
      last: { upTo: '2026-11-22T09:00:00.000Z', finishedAt: '2026-11-22T09:00:00.000Z', notes, ...counts },
    });
  });

  it('is “running” while one runs: its progress so far, and why its last attempt failed', async () => {
    const progress: CheckProgress = { window, page: 'p2', isRead: false, facts: 30, found: 4, polled: 0, unreadable: 1 };
    task = ended({ state: 'running', progress, endedAtMs: null, lastError: 'got no answer: ECONNREFUSED' });
    expect(await state()).toMatchObject({
      ...{ state: 'running', since: '2026-11-22T10:00:00.000Z', window: shownWindow, done: 30, found: 4, unreadable: 1 },
      ...{ lastError: 'got no answer: ECONNREFUSED', last: { facts: 7 } },
    });
  });

  it('is “running” also while no worker says how far it is', async () => {
    task = ended({ state: 'running', endedAtMs: null });
    expect(await state()).toMatchObject({ state: 'running', window: null, done: 0 });
  });

  it('is “failed” with the reason, also when its workflow was ended from outside', async () => {
    task = ended({ state: 'failed', endedAtMs: nowMs });
    expect(await state()).toMatchObject({ state: 'failed', lastError: expect.stringMatching(/ended without a result/) });
    const error = 'PspUnauthorized: Stripe answered 401';
    await store.checks.finish('default', 'stripe', {
      ...{ upToMs: nowMs - 3 * hour, finishedAtMs: nowMs + hour },
      summary: { ...counts, error },
    });
    expect(await state()).toMatchObject({ state: 'failed', lastError: error, last: { upTo: '2026-11-22T09:00:00.000Z', error } });
  });

  it('is listed for all accounts of the integration', async () => {
    const { items } = await state('/api/checks');
    expect(items.map(({ psp }: { psp: string }) => psp)).toEqual(['stripe']);
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
        dryRun: false,
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

  it('that only counts says so', async () => {
    expect((await api.call('POST', '/api/backfill/stripe', { ...range, dryRun: true })).status).toBe(202);
    expect(startedBackfills).toMatchObject([{ dryRun: true }]);
    expect(api.audit).toMatchObject([{ action: 'backfill.dry-run' }]);
  });

  const one: Backfill = {
    ...{ workflowId: 'backfill/default/stripe/a..b', state: 'running', startedAtMs: nowMs, endedAtMs: null, lastError: null },
    ...{ window: { fromMs: nowMs - hour, toMs: nowMs }, dryRun: true },
    progress: {
      ...{
        window: { fromMs: nowMs - hour, toMs: nowMs },
        page: null,
        isRead: false,
        facts: 9,
        found: 5,
        polled: 0,
        unreadable: 0,
      },
      dryRun: { wouldSend: 2, tooOld: 2, notPurchases: 1 },
    },
  };

  it('is listed with its progress, and what it would do', async () => {
    backfills = [one];
    expect((await api.call('GET', '/api/backfill/stripe')).body.items).toMatchObject([
      { state: 'running', dryRun: true, done: 9, found: 5, wouldSend: 2, wouldRecordAsTooOld: 2, wouldRecordAsNoPurchase: 1 },
    ]);
  });

  it('that runs can be ended, by its id or as the one that runs, and nothing else can', async () => {
    backfills = [{ ...one, workflowId: 'ended', state: 'done' }, one];
    for (const query of ['', `?workflowId=${encodeURIComponent(one.workflowId)}`]) {
      const { status, body } = await api.call('DELETE', `/api/backfill/stripe${query}`);
      expect([status, body.workflowId]).toEqual([202, one.workflowId]);
    }
    expect(api.audit).toMatchObject([{ action: 'backfill.cancel' }, { action: 'backfill.cancel' }]);
    expect((await api.call('DELETE', '/api/backfill/stripe?workflowId=ended')).status).toBe(404);
    backfills = [];
    expect((await api.call('DELETE', '/api/backfill/stripe')).status).toBe(404);
    expect(cancelled).toHaveLength(3);
  });

  it('of an account without a key is not there', async () => {
    expect((await api.call('POST', '/api/backfill/paddle', range)).status).toBe(404);
  });
});
