/** The page Checks without scripts: how checks stand, run now, and backfills that are counted before they are taken in. */
import type { Store } from '../../src/store';
import type { Backfill, Checks } from '../../src/temporal/checks';
import type { Task } from '../../src/temporal/tasks';
import { backfillId, type CheckProgress } from '../../workflows/contract';
import { type Api, noChecks, nowMs, serveApi } from '../support/api-server';
import { type ConsoleClient, signedIn } from '../support/console-client';
import { temporalIsAway } from '../support/temporal-away';
import { emptyStore } from '../support/test-database';

const hour = 3_600_000;
const stripe = { integration: 'default', psp: 'stripe' };
const days = { fromMs: Date.UTC(2026, 9, 1), toMs: Date.UTC(2026, 10, 1) };
const progress: CheckProgress = { window: days, page: 'p2', isRead: false, facts: 1_230, found: 4, polled: 0, unreadable: 1 };

let store: Store;
let api: Api;
let client: ConsoleClient;
const checked: unknown[] = [];
const backfilled: unknown[] = [];
const cancelled: string[] = [];
/** What Temporal knows; a test sets it. `listed` lags behind `known`. */
let check: Task<CheckProgress> | null = null;
let known: readonly Backfill[] = [];
let listed: readonly Backfill[] = [];
/** What Temporal answers everything with; null while it answers. */
let fault: Error | null = null;
const temporal: Checks = {
  ...noChecks,
  check: async (account) => (checked.push(account), 'renewal-check/default/stripe'),
  findCheck: async () => {
    if (fault) throw fault;
    return check;
  },
  nextAtMs: async () => nowMs + 5 * 60_000,
  backfill: async (account, window, how) => {
    backfilled.push({ ...account, ...window, ...how });
    return backfillId(account, window, how.dryRun);
  },
  backfills: async () => listed,
  findBackfill: async (_account, workflowId) => known.find((one) => one.workflowId === workflowId) ?? null,
  cancelBackfill: async (_account, workflowId) => (cancelled.push(workflowId), true),
};

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({
    ...{ store, console: true, integrations: ['default', 'keyless'] },
    temporalUrl: (id) => `http://ui.example/${encodeURIComponent(id)}`,
    api: { checkedAccounts: () => [stripe], renewalChecks: temporal },
  });
  client = await signedIn(api.url);
});
afterAll(async () => {
  await api.close();
  await store.close();
});
beforeEach(() => {
  check = null;
  known = listed = [];
  fault = null;
  checked.length = backfilled.length = cancelled.length = api.audit.length = 0;
});

function backfill(more: Partial<Backfill> = {}): Backfill {
  const dryRun = more.dryRun ?? false;
  return {
    ...{ workflowId: backfillId(stripe, days, dryRun), window: days, dryRun, state: 'running', progress },
    ...{ startedAtMs: nowMs - hour, endedAtMs: null, lastError: null },
    ...more,
  };
}

/** As people read it. */
const textOf = (html: string): string => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const read = async (path = '/checks'): Promise<string> => textOf((await client.get(path)).html);

describe('a check', () => {
  it('that never ran says when the first one comes', async () => {
    const text = await read();
    for (const words of ['Stripe', 'Not run yet', 'none has run', 'in 5 min', 'Run now']) expect(text).toContain(words);
  });

  it('is asked for again while it runs, and cannot be started twice', async () => {
    check = { workflowId: 'c', state: 'running', progress, startedAtMs: nowMs, endedAtMs: null, lastError: 'got no answer' };
    const { html } = await client.get('/checks/stripe', { 'hx-request': 'true' });
    expect(html).toMatch(/^<div id="check-stripe" hx-get="\/console\/checks\/stripe" hx-trigger="every 2s" hx-swap="outerHTML"/);
    const text = textOf(html);
    for (const words of ['Running', '1,230', '2026-10-01 to before 2026-11-01', 'Stripe could not be asked, and is asked again'])
      expect(text).toContain(words);
    expect(text).toContain('1 thing: in quarantine');
    expect(text).not.toContain('Run now');
  });

  it('is started by a button', async () => {
    expect(await client.post('/checks/stripe')).toMatchObject({ status: 303, location: '/console/checks' });
    expect(checked).toEqual([stripe]);
    expect(api.audit).toMatchObject([{ by: 'anna', action: 'check' }]);
    expect((await client.post('/checks/paddle')).status).toBe(404);
  });

  it('that failed says what to do, with what was told behind it', async () => {
    await store.checks.finish('default', 'stripe', {
      ...{ upToMs: nowMs - hour, finishedAtMs: nowMs - hour },
      summary: { facts: 7, found: 2, polled: 1, unreadable: 0, error: 'PspUnauthorized: Stripe answered 401', window: days },
    });
    const text = await read();
    for (const words of [
      'The last one failed',
      '2 payments that no webhook had brought',
      'Stripe refuses the API key: enter another one under Providers. (PspUnauthorized: Stripe answered 401)',
    ])
      expect(text).toContain(words);
    expect((await client.get('/checks')).html).not.toContain('hx-trigger="every 2s"');
  });
});

describe('a backfill', () => {
  it('is counted first', async () => {
    const { status, location } = await client.post('/checks/backfill', { psp: 'stripe', from: '2026-10-01', to: '2026-11-01' });
    const id = backfillId(stripe, days, true);
    expect([status, location]).toEqual([303, `/console/checks?backfill=${encodeURIComponent(id)}#backfill`]);
    expect(backfilled).toEqual([{ ...stripe, ...days, rememberFirstPurchases: false, dryRun: true }]);
    expect(api.audit).toMatchObject([{ by: 'anna', action: 'backfill.dry-run' }]);
  });

  it.each([
    [{ from: '2026-11-01', to: '2026-10-01' }, 'Before (UTC) must be after from'],
    [{ from: '', to: '2026-10-01' }, 'From (UTC) must be an ISO 8601 date'],
  ])('of %j says at the field what is wrong, and keeps what was entered', async (fields, words) => {
    const { status, html } = await client.post('/checks/backfill', { psp: 'stripe', ...fields });
    expect(status).toBe(422);
    expect(textOf(html)).toContain(words);
    expect(html).toContain('value="2026-10-01"');
    expect(backfilled).toEqual([]);
  });

  it('is shown at once by the address, though the list lags behind', async () => {
    known = [backfill({ dryRun: true })];
    expect(await read()).toContain('None has run lately.');
    const { html } = await client.get(`/checks?backfill=${encodeURIComponent(known[0]!.workflowId)}`);
    expect(html).toMatch(/<li class="task" hx-get="\/console\/checks\/stripe\/backfill\?id=backfill[^"]+" hx-trigger="every 2s"/);
    expect(textOf(html)).toMatch(/Running Stripe, 2026-10-01 to before 2026-11-01 \(UTC\)/);
    listed = known;
    const both = await client.get(`/checks?backfill=${encodeURIComponent(known[0]!.workflowId)}`);
    expect(both.html.match(/<li class="task"/g)).toHaveLength(1);
  });

  it('that was counted offers to take it in, in numbers', async () => {
    const counts = { wouldSend: 12, tooOld: 3, notPurchases: 1 };
    known = listed = [backfill({ dryRun: true, state: 'done', endedAtMs: nowMs, progress: { ...progress, dryRun: counts } })];
    const { html } = await client.get(`/checks/stripe/backfill?id=${encodeURIComponent(known[0]!.workflowId)}`, {
      'hx-request': 'true',
    });
    expect(html).toMatch(/^<li class="task">/);
    const text = textOf(html);
    expect(text).toContain('It would send 12 purchases at most, and record 3 as too old and 1 as no purchase.');
    expect(text).toContain('Read and take in');
    await client.post('/checks/backfill/take-in', {
      ...{ psp: 'stripe', from: '2026-10-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z', rememberFirstPurchases: 'on' },
    });
    expect(backfilled).toEqual([{ ...stripe, ...days, rememberFirstPurchases: true, dryRun: false }]);
    expect(api.audit).toMatchObject([{ by: 'anna', action: 'backfill' }]);
  });

  it('can be ended while it runs', async () => {
    known = listed = [backfill()];
    expect(await read()).toContain('Cancel');
    const { status } = await client.post('/checks/stripe/backfill/cancel', { workflowId: known[0]!.workflowId });
    expect([status, cancelled]).toEqual([303, [known[0]!.workflowId]]);
  });

  it('that ended says what came of it', async () => {
    listed = [backfill({ state: 'cancelled', endedAtMs: nowMs, lastError: '<b>no</b>' })];
    const { html } = await client.get('/checks');
    expect(textOf(html)).toContain('1,230 payments and changes read, 4 payments of them not known before');
    expect(html).not.toContain('<b>no</b>');
  });
});

describe('while Temporal is out of reach', () => {
  beforeEach(() => {
    fault = temporalIsAway();
  });

  it('the page says so, and shows how the last check ended', async () => {
    await store.checks.finish('default', 'stripe', {
      ...{ upToMs: nowMs - hour, finishedAtMs: nowMs - hour },
      summary: { facts: 7, found: 2, polled: 1, unreadable: 0, error: null, window: days },
    });
    const { status, html } = await client.get('/checks');
    expect(status).toBe(200);
    const text = textOf(html);
    for (const words of ['Temporal does not answer.', '2 payments that no webhook had brought', 'Next not known now'])
      expect(text).toContain(words);
    expect(html).not.toMatch(/Run now|Count first/);
  });

  it('a fault of another kind is not taken for that', async () => {
    fault = new Error('a fault of ours');
    expect((await client.get('/checks')).status).toBe(500);
  });
});

it('says where to enter an API key while no provider can be asked', async () => {
  const { html } = await client.get('/checks?integration=keyless');
  expect(textOf(html)).toContain('No provider can be asked yet');
  expect(html).toContain('href="/console/providers?integration=keyless"');
});

it('offers a viewer nothing to change, and refuses it', async () => {
  known = listed = [backfill()];
  const viewer = await signedIn(api.url, 'viewer-token', 'vera');
  expect((await viewer.get('/checks')).html).not.toMatch(/Run now|Count first|>Cancel</);
  for (const path of ['/checks/stripe', '/checks/backfill', '/checks/backfill/take-in', '/checks/stripe/backfill/cancel'])
    expect((await viewer.post(path, {})).status).toBe(403);
  expect([...checked, ...backfilled, ...cancelled]).toEqual([]);
});
