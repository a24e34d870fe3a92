/** TikTok's own count as operators see it: by the API and in the console. What TikTok answered is in the store already. */
import { dayMs, hourMs } from '../../src/domain/duration';
import type { CountedEvent } from '../../src/domain/tiktok-count';
import type { Store } from '../../src/store';
import { type Api, nowMs, operatorToken, serveApi, viewerToken } from '../support/api-server';
import { signedIn } from '../support/console-client';
import { emptyStore } from '../support/test-database';

const today = Math.floor(nowMs / dayMs);
const advertiser = '7012345678901234567';

let store: Store;
const apis: Api[] = [];
beforeAll(async () => {
  store = await emptyStore();
});
afterEach(() => Promise.all(apis.splice(0).map((api) => api.close())));
afterAll(() => store.close());

/** Served with an advertiser id, and with readings that only note that they were asked for. */
async function serve(integration: string, advertiserId: string | null = advertiser) {
  const asked: string[] = [];
  const api = await serveApi({
    ...{ store, integrations: [integration], console: true },
    initial: { pixelCode: 'C4ABCDEFGHIJKLMNOPQR', accessToken: 'a-token' },
    temporalUrl: (id) => `https://temporal.example.com/${id}`,
    api: {
      advertiserId: () => advertiserId,
      countRuns: {
        count: async (of) => (asked.push(of), `tiktok-count/${of}`),
        find: async () => null,
        nextAtMs: async () => nowMs + 3 * hourMs,
      },
    },
  });
  apis.push(api);
  return { ...api, asked };
}

/** A day's purchases: as many as were sent, and as TikTok counts; read when the day was over for long. */
function purchases(sent: number, server: number, { test = 0 } = {}): Omit<CountedEvent, 'day'> {
  const count = { sent, test, fromCheckouts: 0, attempts: sent };
  return {
    ...{ event: 'Purchase', ours: { byPayment: count, bySending: count }, notCompared: null, countedAtMs: nowMs },
    theirs: { total: server, server, browser: 0 },
  };
}

async function kept(integration: string, event: Omit<CountedEvent, 'day'>, error: string | null = null): Promise<void> {
  await store.tiktokCounts.keep(integration, today - 1, [event]);
  await store.tiktokCounts.finish(integration, { finishedAtMs: nowMs - hourMs, error, notes: [] });
}

it('stands beside ours, day by day, with what differs and what usually causes it', async () => {
  const api = await serve('c1');
  await kept('c1', purchases(100, 90));
  const { status, body } = await api.call('GET', '/api/tiktok-count');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ advertiserId: advertiser, pixelCode: 'C4ABCDEFGHIJKLMNOPQR', tolerancePercent: 2, problem: null },
    differences: [{ event: 'Purchase', sent: 100, testEvents: 0, difference: -10 }],
    days: [
      { events: [{ event: 'Purchase', verdict: 'differs', difference: -10, sent: 100, tiktok: { total: 90, server: 90 } }] },
    ],
  });
  expect(String(body.differences[0].causes)).toMatch(/test event code/i);
  const { html } = await (await signedIn(api.url)).get('/tiktok-count');
  expect(html).toContain('Purchase: TikTok counts 10 events fewer than the 100 events that were sent on');
});

it.each<[string, Omit<CountedEvent, 'day'>]>([
  ['within the tolerance', purchases(100, 98)],
  ['of two events', purchases(10, 8)],
])('finds nothing in a difference %s', async (what, event) => {
  const integration = what.replaceAll(' ', '-');
  const api = await serve(integration);
  await kept(integration, event);
  const { body } = await api.call('GET', '/api/tiktok-count');
  expect(body).toMatchObject({ differences: [], days: [{ events: [{ verdict: 'agrees' }] }] });
});

it('reads a period, and says what is none', async () => {
  const api = await serve('c2');
  await kept('c2', purchases(5, 5));
  const iso = (day: number): string => new Date(day * dayMs).toISOString();
  const within = async (from: number, to: number) =>
    (await api.call('GET', `/api/tiktok-count?from=${iso(from)}&to=${iso(to)}`)).body as { days: unknown[] };
  expect((await within(today - 1, today)).days).toHaveLength(1);
  expect((await within(today - 9, today - 1)).days).toHaveLength(0);
  for (const query of ['from=yesterday', `from=${iso(today)}&to=${iso(today - 1)}`, 'days=7'])
    expect((await api.call('GET', `/api/tiktok-count?${query}`)).status).toBe(400);
});

it('is asked for by an operator, noted in the audit, and not by a viewer', async () => {
  const api = await serve('c3');
  const authorization = (token: string) => ({ authorization: `Bearer ${token}` });
  expect((await api.call('POST', '/api/tiktok-count', undefined, authorization(viewerToken))).status).toBe(403);
  expect(api.asked).toEqual([]);
  const answer = await api.call('POST', '/api/tiktok-count', undefined, authorization(operatorToken));
  expect(answer).toMatchObject({
    ...{ status: 202, body: { workflowId: 'tiktok-count/c3', temporalUrl: 'https://temporal.example.com/tiktok-count/c3' } },
  });
  const client = await signedIn(api.url);
  await client.post('/tiktok-count', {});
  expect(api.asked).toEqual(['c3', 'c3']);
  expect(api.audit.map(({ action, target }) => [action, target])).toContainEqual(['tiktok-count', 'tiktok-count/c3']);
});

it('says in one line that the token may not read it, beside what was read before', async () => {
  const api = await serve('c4');
  const error = `The access token may not read the pixels of advertiser ${advertiser} (code 40001: No permission).`;
  await kept('c4', purchases(7, 7), error);
  expect((await api.call('GET', '/api/tiktok-count')).body).toMatchObject({ problem: error, days: [{}] });
  const { html } = await (await signedIn(api.url)).get('/tiktok-count');
  expect(html).toContain('TikTok’s count could not be read.');
  expect(html).toContain(error);
});

it('without an advertiser id it says what to set, and is not asked for', async () => {
  const api = await serve('c5', null);
  expect((await api.call('GET', '/api/tiktok-count')).body).toMatchObject({
    ...{ advertiserId: null, problem: expect.stringContaining('TIKTOK_ADVERTISER_ID') as string, days: [], differences: [] },
  });
  expect((await api.call('POST', '/api/tiktok-count')).status).toBe(404);
  expect(api.asked).toEqual([]);
  expect((await (await signedIn(api.url)).get('/tiktok-count')).html).toContain('No advertiser id is set');
});
