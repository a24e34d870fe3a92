/** Days in seconds: the workflow on Temporal's time-skipping test server, with the real activity and a TikTok that answers as it is told. */
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { createReportPurchase } from '../../activities/report-purchase';
import type { DeliveryOutcome } from '../../src/domain/delivery';
import { dayMs, hourMs } from '../../src/domain/duration';
import type { LifecycleFact, PaymentFact, SubscriptionFact } from '../../src/domain/fact';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import { failureConverterPath } from '../../src/temporal/codec';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes';
import { startTimeSkipping, type TimeSkipping } from '../support/time-skipping';
import type { RecordPurchasesInput } from '../../activities/record-purchases';
import type { Accepted, SubscriptionView } from '../../workflows/contract';
import { coreTaskQueue, eventsTaskQueue, lifecycleSignal, renewalSignal, stateQuery } from '../../workflows/contract';

const outage: DeliveryOutcome = { kind: 'unreachable', code: null, message: 'HTTP 503' };
const accepts: DeliveryOutcome = { kind: 'accepted', code: 0, requestId: 'req_1' };

let server: TimeSkipping;
let env: TestWorkflowEnvironment;
let workers: readonly Worker[];
let running: Promise<unknown>;
const rows = new Map<string, PurchaseRecord>();
const attempts = new Map<string, number[]>();
/** What reached TikTok, by the server's clock. */
const sends = new Map<string, number[]>();
let tiktok: (moneyId: string, atMs: number) => DeliveryOutcome = () => accepts;
let isPaused = false;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } } });
  server = await startTimeSkipping();
  env = server.env;
  await ensureSearchAttributes(env.client, { warn: (fields, message) => console.error(message, fields) });
  const codePath = process.env['TEST_WORKFLOW_BUNDLE'];
  if (!codePath) throw new Error('no workflow bundle: see the start of the run');
  const shared = { connection: env.nativeConnection, dataConverter: { failureConverterPath } };
  workers = [
    await Worker.create({
      ...shared,
      taskQueue: coreTaskQueue,
      workflowBundle: { codePath },
      activities: { recordPurchases: (input: RecordPurchasesInput) => Promise.resolve(keep(input.records)) },
    }),
    await Worker.create({ ...shared, taskQueue: eventsTaskQueue, activities: { reportPurchase: report() } }),
  ];
  running = Promise.all(workers.map((worker) => worker.run()));
});

afterAll(async () => {
  for (const worker of workers ?? []) worker.shutdown();
  await running;
  await server?.stop();
});

beforeEach(() => {
  tiktok = () => accepts;
  isPaused = false;
});

it('gives up 48 h after the first attempt, and needs attention; a resend then has 48 h of its own', async () => {
  tiktok = () => outage;
  const order = await begins('sub_48h');
  await env.sleep(47 * hourMs);
  expect((await order.view()).purchases).toMatchObject([{ state: 'pending' }]);
  await env.sleep(2 * hourMs);
  const { purchases } = await order.view();
  expect(purchases).toMatchObject([{ state: 'needs_attention', lastError: { type: 'DeliveryExpired' } }]);
  const [first = 0, ...others] = sends.get(order.moneyId) ?? [];
  expect((others.at(-1) ?? 0) - first).toBeGreaterThan(47.8 * hourMs);
  expect((others.at(-1) ?? 0) - first).toBeLessThanOrEqual(48 * hourMs);
  // Every 5 minutes once the pauses have grown.
  expect(others.length).toBeGreaterThan(500);

  tiktok = (_, atMs) => (atMs - first > 80 * hourMs ? accepts : outage);
  await order.handle.signal('resend', { by: 'anna' });
  await env.sleep(40 * hourMs);
  expect((await order.view()).purchases).toMatchObject([{ state: 'sent', by: 'anna' }]);
});

it('closes 45 days after the end of an order and its last fact, and not before', async () => {
  const order = await begins('sub_45d');
  await order.told({ kind: 'ended', occurredAtMs: await env.currentTimeMs() });
  await env.sleep(44 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('RUNNING');
  await order.told({ kind: 'updated', occurredAtMs: await env.currentTimeMs() });
  await env.sleep(44 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('RUNNING');
  await env.sleep(2 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('COMPLETED');
});

it('does not close while a purchase needs attention', async () => {
  tiktok = () => ({ kind: 'unauthorized', code: 40105, message: 'invalid token', requestId: null });
  const order = await begins('sub_attention');
  await order.told({ kind: 'ended', occurredAtMs: await env.currentTimeMs() });
  await env.sleep(100 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('RUNNING');
  tiktok = () => accepts;
  await order.handle.signal('resend', { by: 'anna' });
  await env.sleep(46 * dayMs);
  expect((await order.handle.describe()).status.name).toBe('COMPLETED');
});

it('waits 20 s for the fact that tells whether there is a trial, and no longer', async () => {
  const order = await begins('sub_waits', { awaits: ['trial'] });
  await env.sleep(15_000);
  expect((await order.view()).purchases).toMatchObject([
    { state: 'pending', attempts: 0, waitsUntilMs: expect.any(Number) as number },
  ]);
  await env.sleep(10_000);
  expect((await order.view()).purchases).toMatchObject([{ state: 'sent' }]);
  const [sentAtMs = 0] = sends.get(order.moneyId) ?? [];
  expect(sentAtMs - order.acceptedAtMs).toBeGreaterThanOrEqual(20_000);
});

it('begins no attempt while sends are paused, for hours, and sends everything after', async () => {
  isPaused = true;
  const order = await begins('sub_paused');
  await env.sleep(6 * hourMs);
  expect(sends.get(order.moneyId) ?? []).toEqual([]);
  isPaused = false;
  await env.sleep(60_000);
  expect((await order.view()).purchases).toMatchObject([{ state: 'sent', attempts: 1 }]);
});

/** Starts an order with its first payment. */
async function begins(subscription: string, more: Partial<PaymentFact> = {}) {
  const acceptedAtMs = await env.currentTimeMs();
  const moneyId = `pay_${subscription}`;
  const fact: PaymentFact = { kind: 'renewal', moneyId, occurredAtMs: acceptedAtMs, amountMinor: 1999, currency: 'USD', ...more };
  const handle = await env.client.workflow.signalWithStart('subscription', {
    workflowId: `subscription/default/generic/${subscription}`,
    taskQueue: coreTaskQueue,
    args: [{ integration: 'default', psp: 'generic', subscription }],
    signal: renewalSignal,
    signalArgs: [accepted(fact, acceptedAtMs)],
  });
  return {
    handle,
    moneyId,
    acceptedAtMs,
    told: async (told: LifecycleFact) => handle.signal(lifecycleSignal, accepted(told, await env.currentTimeMs())),
    view: (): Promise<SubscriptionView> => handle.query(stateQuery),
  };
}

function accepted<F extends SubscriptionFact>(fact: F, acceptedAtMs: number): Accepted<F> {
  const settings = decidingSettings({ ...defaultSettings, maxEventAgeHours: 10_000 });
  return { fact, accepted: { acceptedAtMs, settings, tooOld: false, userKeys: [], checkoutId: null } };
}

function keep(records: readonly PurchaseRecord[]): void {
  for (const record of records) {
    const known = rows.get(record.moneyId);
    if (!known || record.revision >= known.revision) rows.set(record.moneyId, record);
  }
}

/** The real activity. Its clock is the server's: the time of the attempt. */
function report() {
  const info = () => Context.current().info;
  const nowMs = (): number => info().currentAttemptScheduledTimestampMs;
  return createReportPurchase({
    settings: () => Promise.resolve({ ...defaultSettings, pixelCode: 'C0PIXEL', accessToken: 'token', paused: isPaused }),
    users: { identity: () => Promise.resolve({}) },
    firstPurchases: { claim: ({ payment }) => Promise.resolve({ granted: true, holder: payment }) },
    purchases: {
      record: (_, records) => Promise.resolve(keep(records)),
      recordPaused: (_, record) => Promise.resolve(keep([record])),
      recordRefusedByPage: (_, record) => Promise.resolve(keep([record])),
      twinOf: () => Promise.resolve(null),
      recordAttempt: (_, record, { atMs }) => {
        const { moneyId } = record;
        keep([record]);
        const made = attempts.get(moneyId) ?? [];
        attempts.set(moneyId, [...made, atMs]);
        const sent = rows.get(moneyId);
        const alreadySent = sent?.state === 'sent' && sent.sentAtMs !== null ? { ...sent, sentAtMs: sent.sentAtMs } : null;
        return Promise.resolve({ attempts: made.length + 1, firstAttemptAtMs: made[0] ?? atMs, lastError: null, alreadySent });
      },
    },
    attempts: { keep: (_, { became }) => Promise.resolve('record' in became ? keep([became.record]) : undefined) },
    events: {
      track: (_, body) => {
        const moneyId = (body.data[0]?.event_id ?? '').split(':')[1] ?? '';
        sends.set(moneyId, [...(sends.get(moneyId) ?? []), nowMs()]);
        return Promise.resolve(tiktok(moneyId, nowMs()));
      },
    },
    target: () => ({ baseUrl: 'http://tiktok.test', pixelCode: 'C0PIXEL', accessToken: 'token' }),
    destination: () => 'sandbox',
    fallbackPageUrl: 'https://shop.example.com',
    telemetry: { purchaseDecided: () => undefined, deliveryAttempted: () => undefined },
    nowMs,
    scheduledAtMs: () => info().scheduledTimestampMs,
    attemptScheduledAtMs: nowMs,
  });
}
