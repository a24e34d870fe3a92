/** The page Needs attention without scripts: groups in words, acknowledging, and sending again with its numbers and its progress. */
import type { DeliveryError } from '../../src/domain/purchase';
import type { Store } from '../../src/store';
import type { Task } from '../../src/temporal/tasks';
import type { BulkResendProgress } from '../../workflows/contract';
import { type Api, noResends, nowMs, purchase, serveApi } from '../support/api-server';
import { type ConsoleClient, signedIn } from '../support/console-client';
import { temporalIsAway } from '../support/temporal-away';
import { emptyStore } from '../support/test-database';

const hour = 3_600_000;
const expired: DeliveryError = { type: 'TikTokUnauthorized', code: 40102, message: 'expired' };
const rejected: DeliveryError = { type: 'TikTokRejected', code: 40002, message: 'no' };
const waiting = (id: string, subscription: string, lastError: DeliveryError) =>
  purchase(id, { subscription, lastError, state: 'needs_attention', sentAtMs: null, requestId: null });

let store: Store;
let api: Api;
let client: ConsoleClient;
const started: unknown[] = [];
const cancelled: unknown[] = [];
/** What Temporal knows, by error type, the empty one for all; null while it is out of reach. */
let tasks: ReadonlyMap<string, Task<BulkResendProgress>> | null = new Map();

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({
    ...{ store, console: true, integrations: ['default', 'empty', 'seen'] },
    temporalListUrl: (query) => `http://ui.example/?query=${encodeURIComponent(query)}`,
    api: {
      bulkResends: {
        ...noResends,
        start: async (scope, by) => (started.push({ ...scope, by }), 'bulk-resend/default'),
        find: async ({ error }) => {
          if (tasks === null) throw temporalIsAway();
          return tasks.get(error ?? '') ?? null;
        },
        cancel: async (scope) => (cancelled.push(scope), true),
      },
    },
  });
  await store.purchases.record('default', [
    waiting('in_1', 'sub_1', expired),
    waiting('in_2', 'sub_1', expired),
    waiting('in_3', 'sub_2', expired),
    waiting('in_4', 'sub_3', rejected),
  ]);
  await store.purchases.beginAttempt('default', waiting('in_1', 'sub_1', expired), nowMs - 60 * hour);
  await store.purchases.record('seen', [waiting('in_1', 'sub_1', { ...rejected, type: '<script>alert(1)</script>' })]);
  client = await signedIn(api.url);
});
afterAll(async () => {
  await api.close();
  await store.close();
});
beforeEach(() => {
  tasks = new Map();
  started.length = cancelled.length = api.audit.length = 0;
});

function task(state: Task<BulkResendProgress>['state'], done: number): Task<BulkResendProgress> {
  const progress = { by: 'anna', startedAtMs: nowMs, total: 214, done, orders: 40, failed: 1, cursor: null, isDone: false };
  const endedAtMs = state === 'running' ? null : nowMs;
  return { workflowId: 'bulk-resend/default', state, progress, startedAtMs: nowMs, endedAtMs, lastError: null };
}

/** As people read it. */
const textOf = (html: string): string => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const read = async (path = '/attention'): Promise<string> => textOf((await client.get(path)).html);

it('says by cause what it is, what to do, how many and since when, and leads to them', async () => {
  const { html } = await client.get('/attention');
  const text = textOf(html);
  for (const words of [
    'Token or pixel refused',
    'The access token has expired.',
    'Make a new one in TikTok Events Manager',
    '3 purchases of 2 orders',
    '40102',
    'Event refused',
    '1 purchase of 1 order',
    '4 purchases, by 2 causes',
  ])
    expect(text).toContain(words);
  expect(html).toContain('href="/console/purchases?state=needs_attention&amp;error=TikTokUnauthorized"');
  expect(html).toContain(`href="http://ui.example/?query=${encodeURIComponent("WorkflowType = 'subscription'").slice(0, 12)}`);
  expect(text.indexOf('Token or pixel refused')).toBeLessThan(text.indexOf('Event refused'));
});

it('asks once before it sends again, in numbers', async () => {
  const text = await read();
  expect(text).toContain('Sends 3 purchases of 2 orders again. 1 of them is older than 48 hours: TikTok counts it anew');
  expect(text).toContain('Sends 1 purchase of 1 order again. Each was first tried less than 48 hours ago');
  expect(text).toContain('Sends 4 purchases of 3 orders again. 1 of them is older');
});

it.each([
  ['what has one error', 'TikTokUnauthorized', 'TikTokUnauthorized', '/console/attention?resent=TikTokUnauthorized'],
  ['everything', '', null, '/console/attention'],
])('sends %s again as whoever is signed in', async (_, field, error, leadsTo) => {
  const { status, location } = await client.post('/attention/resend', { error: field });
  expect([status, location]).toEqual([303, leadsTo]);
  expect(started).toEqual([{ integration: 'default', error, by: 'anna' }]);
  expect(api.audit).toMatchObject([{ by: 'anna', action: 'attention.resend' }]);
});

it('shows how far a resend is, asks again while it runs, and can end it', async () => {
  tasks = new Map([['TikTokUnauthorized', task('running', 50)]]);
  const { html } = await client.get('/attention/resend?error=TikTokUnauthorized', { 'hx-request': 'true' });
  expect(html).toMatch(/^<div class="task" [^>]*hx-get="\/console\/attention\/resend\?error=TikTokUnauthorized"/);
  expect(html).toContain('hx-trigger="every 2s"');
  expect(textOf(html)).toContain('Token or pixel refused 50 of 214');
  expect(await read()).toContain('50 of 214');
  expect(await read()).not.toContain('Send 3 purchases again');
  expect((await client.post('/attention/resend/cancel', { error: 'TikTokUnauthorized' })).status).toBe(303);
  expect(cancelled).toEqual([{ integration: 'default', error: 'TikTokUnauthorized' }]);
});

it('asks for the groups once more when a resend has ended, and then stands still', async () => {
  tasks = new Map([['', task('done', 213)]]);
  const alone = await client.get('/attention/resend', { 'hx-request': 'true' });
  expect(alone.html).toMatch(/hx-get="\/console\/attention" hx-trigger="load" hx-target="#attention"/);
  const { html } = await client.get('/attention', { 'hx-request': 'true' });
  expect(html).toMatch(/^<div id="attention"/);
  expect(html).not.toContain('hx-get');
  expect(textOf(html)).toContain('The last resend of everything by anna ended');
  expect(textOf(html)).toContain('213 purchases of 40 orders were sent on their way');
  expect(textOf(html)).toContain('1 order could not be told, and still needs attention');
});

it('shows a resend also when its group is empty already', async () => {
  tasks = new Map([['DeliveryExpired', task('done', 5)]]);
  expect(await read('/attention?integration=empty')).not.toContain('last resend');
  const text = await read('/attention?integration=empty&resent=DeliveryExpired');
  expect(text).toContain('The last resend of “No answer for 48 hours” by anna ended');
  expect(text).toContain('Nothing needs attention');
});

it('is acknowledged, and then says by whom', async () => {
  expect(await read('/attention')).not.toContain('Seen by');
  expect((await client.post('/attention/acknowledge', { error: 'TikTokRejected' })).location).toBe('/console/attention');
  expect(await read('/attention')).toContain('Seen by anna');
  expect((await client.post('/attention/acknowledge', { error: 'DeliveryExpired' })).status).toBe(404);
});

it.each(['\0', 'TikTokRejected\0', '\ud800'])('refuses a form with what no database takes: %j', async (error) => {
  const { status, html } = await client.post('/attention/acknowledge', { error });
  // Half a surrogate pair is no UTF-8: it arrives as U+FFFD, and is a group that there is not.
  expect(status).toBe(error.includes('\0') ? 422 : 404);
  if (status === 422) expect(textOf(html)).toContain('has a character that cannot be stored');
});

it('teaches where nothing needs attention', async () => {
  expect(await read('/attention?integration=empty')).toMatch(/Nothing needs attention.*grouped by cause/);
});

it('shows the groups also while Temporal is out of reach', async () => {
  tasks = null;
  const { status, html } = await client.get('/attention');
  expect(status).toBe(200);
  expect(textOf(html)).toContain('Temporal does not answer.');
  expect(textOf(html)).toContain('Token or pixel refused');
});

it('shows an error of another kind as text', async () => {
  const { html } = await client.get('/attention?integration=seen');
  expect(html).not.toContain('<script>alert');
  expect(textOf(html)).toContain('Unexpected error');
});

it('offers a viewer nothing to change, and refuses it', async () => {
  const viewer = await signedIn(api.url, 'viewer-token', 'vera');
  const { html } = await viewer.get('/attention');
  expect(textOf(html)).toContain('Token or pixel refused');
  expect(html).not.toMatch(/Send all again|I have seen it/);
  for (const path of ['/attention/resend', '/attention/resend/cancel', '/attention/acknowledge'])
    expect((await viewer.post(path, { error: 'TikTokRejected' })).status).toBe(403);
  expect([...started, ...cancelled]).toEqual([]);
});
