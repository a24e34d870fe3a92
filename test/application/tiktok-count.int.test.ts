/** The count closed at the far end: TikTok's stand-in, over HTTP, is asked what it has received, and that stands beside what was sent. */
import { startTikTokSandbox, type RunningTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { countTikTok, type TikTokCountDeps } from '../../src/application/tiktok-count';
import { utcDay } from '../../src/application/utc-day';
import { dayMs, hourMs } from '../../src/domain/duration';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { defaultSettings, type Settings } from '../../src/domain/settings';
import { countDifferences } from '../../src/domain/tiktok-count';
import { createEventsApi, createEventStatistics, purchaseEvent } from '../../src/tiktok';
import type { Store } from '../../src/store';
import { emptyStore } from '../support/test-database';

const start = Date.UTC(2026, 10, 20, 10);
const pixelCode = 'C4ABCDEFGHIJKLMNOPQR';
const advertiser = '7011111111111111111';
const settings: Settings = { ...defaultSettings, pixelCode, accessToken: 'good' };
const events = createEventsApi();
const statistics = createEventStatistics();

let clock = start;
let sandbox: RunningTikTokSandbox;
let store: Store;

beforeAll(async () => {
  sandbox = await startTikTokSandbox({
    ...{ nowMs: () => clock, accessTokens: ['good', 'sends-only'], pixelCodes: [pixelCode], advertiserIds: [advertiser] },
  });
  store = await emptyStore();
});
beforeEach(() => {
  clock = start;
  sandbox.reset();
});
afterAll(async () => {
  await Promise.all([sandbox.close(), store.close(), events.close(), statistics.close()]);
});

let number = 0;

/** Sends a purchase as the activity does, and leaves the row that it leaves. */
async function sell(integration: string, eventName = 'CompletePayment', occurredAtMs = clock): Promise<void> {
  const moneyId = `in_${++number}`;
  const { body } = purchaseEvent({
    ...{ pixelCode, testEventCode: null, eventName, eventId: `stripe:${moneyId}`, occurredAtMs },
    ...{ value: { amountMinor: 1999, currency: 'USD' }, identity: {}, fallbackPageUrl: 'https://shop.example/' },
    ...{ limitedDataUse: false, withoutIdentity: false },
  });
  const outcome = await events.track({ baseUrl: sandbox.url, accessToken: 'good' }, body);
  expect(outcome.kind).toBe('accepted');
  const record: PurchaseRecord = {
    ...{
      psp: 'stripe',
      subscription: `sub_${number}`,
      moneyId,
      purchaseType: 'subscription',
      phase: 'conversion',
      state: 'sent',
    },
    ...{ reason: null, heldBy: null, eventId: `stripe:${moneyId}`, eventName, value: { amountMinor: 1999, currency: 'USD' } },
    ...{ chargedMinor: 1999, refundedMinor: 0, currency: 'USD', occurredAtMs, attempts: 1, lastError: null },
    ...{ requestId: 'req', sentAtMs: clock, by: null, settingsVersion: 1, revision: 2 },
  };
  await store.purchases.record(integration, [record]);
  await store.attempts.keep(integration, {
    payment: { psp: 'stripe', subscription: record.subscription, moneyId },
    attempt: {
      ...{ number: 1, atMs: clock, durationMs: 1, by: null, destination: 'tiktok', outcome: 'accepted', code: 0, message: null },
      ...{ requestId: 'req', request: null },
    },
    ...{ matchedBy: [], became: { record, asOfMs: clock } },
  });
}

const logged: object[] = [];
const count = (integration: string, more: Partial<TikTokCountDeps> = {}) =>
  countTikTok(
    {
      ...{ integrations: [integration], advertiserId: () => advertiser, settings: async () => settings },
      target: ({ accessToken }) => ({ baseUrl: sandbox.url, pixelCode, accessToken: accessToken ?? '' }),
      ...{ destination: () => 'tiktok', statistics, tiktokCounts: store.tiktokCounts },
      telemetry: { tiktokCounted: (said) => void logged.push(said) },
      ...{ nowMs: () => clock, ...more },
    },
    integration,
  );
const kept = async (integration: string) => store.tiktokCounts.read(integration, utcDay(start) - 3, utcDay(clock) + 1);
const differences = async (integration: string) => countDifferences(await kept(integration), 2, clock);

/** A first day that is only shown, then a day with five purchases. */
async function fiveADayLater(integration: string): Promise<void> {
  await sell(integration);
  clock = start + dayMs;
  for (let one = 0; one < 5; one += 1) await sell(integration);
  clock = start + 2 * dayMs;
}

it('agrees where TikTok has all', async () => {
  await fiveADayLater('all');
  expect(await count('all')).toEqual({ days: 8, error: null });
  expect((await kept('all')).find(({ day }) => day === utcDay(start) + 1)).toMatchObject({
    ...{ event: 'Purchase', ours: { byPayment: { sent: 5 } }, theirs: { total: 5, server: 5, browser: 0 }, notCompared: null },
  });
  expect(await differences('all')).toEqual([]);
});

it('finds a difference that was planted', async () => {
  await sell('planted');
  clock = start + dayMs;
  sandbox.loseNext('CompletePayment', 3);
  for (let one = 0; one < 5; one += 1) await sell('planted');
  clock = start + 2 * dayMs;
  await count('planted');
  expect(await differences('planted')).toEqual([{ event: 'Purchase', day: utcDay(start) + 1, sent: 5, test: 0, difference: -3 }]);
});

it('counts for the day of sending what is sent as late as the settings allow', async () => {
  const old = { ...settings, maxEventAgeHours: 8_760 };
  for (let one = 0; one < 4; one += 1) await sell('late', 'CompletePayment', start - 60 * dayMs);
  await count('late', { settings: async () => old });
  expect((await kept('late')).find(({ day }) => day === utcDay(start))).toMatchObject({
    ...{ ours: { byPayment: { sent: 0 }, bySending: { sent: 4 } }, theirs: { server: 4 } },
  });
});

it('does not judge a day that is not over, and reads it again', async () => {
  await sell('today');
  clock = start + dayMs;
  sandbox.loseNext('CompletePayment', 4);
  for (let one = 0; one < 5; one += 1) await sell('today');
  clock += hourMs;
  await count('today');
  expect(await differences('today')).toEqual([]);
  clock = start + 2 * dayMs;
  await count('today');
  expect(await differences('today')).toMatchObject([{ difference: -4 }]);
});

it.each<[string, Partial<TikTokCountDeps>, RegExp]>([
  ['no advertiser', { advertiserId: () => null }, /TIKTOK_ADVERTISER_ID/],
  [
    'an advertiser that is not ours',
    { advertiserId: () => '7099999999999999999' },
    /may not read the pixels of advertiser 7099999999999999999/,
  ],
  [
    'a token that is none',
    { target: () => ({ baseUrl: sandbox.url, pixelCode, accessToken: 'bad' }) },
    /access token may not read/,
  ],
  [
    'a pixel of somebody else',
    { target: () => ({ baseUrl: sandbox.url, pixelCode: 'C4OTHEROTHEROTHER000', accessToken: 'good' }) },
    /no pixel with the code/,
  ],
  ['no token', { target: () => null, settings: async () => ({ ...settings, accessToken: null }) }, /no access token is set/],
])('with %s says so in one line, and ends', async (_what, more, line) => {
  const result = await count('refused', more);
  expect(result).toMatchObject({ days: 0, error: expect.stringMatching(line) as string });
  expect(result.error).not.toMatch(/\n|good|bad/);
  expect(await store.tiktokCounts.lastRun('refused')).toMatchObject({ error: result.error });
  expect(logged.at(-1)).toMatchObject({ error: result.error });
});

it('is asked again where TikTok is out of reach', async () => {
  await expect(
    count('away', { target: () => ({ baseUrl: 'http://127.0.0.1:9', pixelCode, accessToken: 'good' }) }),
  ).rejects.toThrow(/TikTok did not say its count/);
});
