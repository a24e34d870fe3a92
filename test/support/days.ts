/** The workflow on Temporal's time-skipping test server, with the real activity and a TikTok that answers as it is told. */
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { RecordPurchasesInput } from '../../activities/record-purchases';
import { createReportPurchase } from '../../activities/report-purchase';
import type { DeliveryOutcome } from '../../src/domain/delivery';
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from '../../src/domain/fact';
import type { PurchaseRecord } from '../../src/domain/purchase';
import type { DecidingSettings } from '../../src/domain/settings';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import { failureConverterPath } from '../../src/temporal/codec';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes';
import type { Accepted, SubscriptionView } from '../../workflows/contract';
import {
  coreTaskQueue,
  eventsTaskQueue,
  lifecycleSignal,
  refundSignal,
  renewalSignal,
  stateQuery,
  trialStartSignal,
} from '../../workflows/contract';
import { startTimeSkipping, type TimeSkipping } from './time-skipping';

export const outage: DeliveryOutcome = { kind: 'unreachable', code: null, message: 'HTTP 503' };
export const accepts: DeliveryOutcome = { kind: 'accepted', code: 0, requestId: 'req_1' };

const anyAge: DecidingSettings = decidingSettings({ ...defaultSettings, maxEventAgeHours: 10_000 });

/** Days in seconds. */
export class Days {
  readonly rows = new Map<string, PurchaseRecord>();
  /** What reached TikTok, by the server's clock. */
  readonly sends = new Map<string, number[]>();
  tiktok: (moneyId: string, atMs: number) => DeliveryOutcome = () => accepts;
  isPaused = false;
  private readonly attempts = new Map<string, number[]>();
  private workers: readonly Worker[] = [];
  private running: Promise<unknown> = Promise.resolve();

  private constructor(private readonly server: TimeSkipping) {}

  static async start(): Promise<Days> {
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } } });
    const days = new Days(await startTimeSkipping());
    await ensureSearchAttributes(days.env.client, { warn: (fields, message) => console.error(message, fields) });
    await days.startWorkers();
    return days;
  }

  get env(): TestWorkflowEnvironment {
    return this.server.env;
  }

  async startWorkers(): Promise<void> {
    const codePath = process.env['TEST_WORKFLOW_BUNDLE'];
    if (!codePath) throw new Error('no workflow bundle: see the start of the run');
    const shared = { connection: this.env.nativeConnection, dataConverter: { failureConverterPath } };
    this.workers = [
      await Worker.create({
        ...shared,
        taskQueue: coreTaskQueue,
        workflowBundle: { codePath },
        // Each task replays its history, and none waits for a worker that is gone.
        maxCachedWorkflows: 0,
        activities: { recordPurchases: (input: RecordPurchasesInput) => Promise.resolve(this.keep(input.records)) },
      }),
      await Worker.create({ ...shared, taskQueue: eventsTaskQueue, activities: { reportPurchase: this.report() } }),
    ];
    this.running = Promise.all(this.workers.map((worker) => worker.run()));
  }

  async stopWorkers(): Promise<void> {
    for (const worker of this.workers) worker.shutdown();
    await this.running;
    this.workers = [];
  }

  async stop(): Promise<void> {
    await this.stopWorkers();
    await this.server.stop();
  }

  /** TikTok accepts everything again, and sends are not paused. */
  calmsDown(): void {
    this.tiktok = () => accepts;
    this.isPaused = false;
  }

  /** Starts an order with its first payment. */
  async begins(subscription: string, more: Partial<PaymentFact> = {}, settings = anyAge) {
    const { client } = this.env;
    const acceptedAtMs = await this.env.currentTimeMs();
    const moneyId = `pay_${subscription}`;
    const fact: PaymentFact = {
      ...{ kind: 'renewal', moneyId, occurredAtMs: acceptedAtMs, amountMinor: 1999, currency: 'USD' },
      ...more,
    };
    const handle = await client.workflow.signalWithStart('subscription', {
      workflowId: `subscription/default/generic/${subscription}`,
      taskQueue: coreTaskQueue,
      args: [{ integration: 'default', psp: 'generic', subscription }],
      signal: fact.kind === 'trial_start' ? trialStartSignal : renewalSignal,
      signalArgs: [accepted(fact, acceptedAtMs, settings)],
    });
    const acceptedNow = async <F extends SubscriptionFact>(told: F): Promise<Accepted<F>> =>
      accepted(told, await this.env.currentTimeMs(), settings);
    return {
      ...{ handle, moneyId, acceptedAtMs },
      told: async (told: LifecycleFact) => handle.signal(lifecycleSignal, await acceptedNow(told)),
      refunded: async (told: RefundFact) => handle.signal(refundSignal, await acceptedNow(told)),
      view: (): Promise<SubscriptionView> => handle.query(stateQuery),
    };
  }

  private keep(records: readonly PurchaseRecord[]): void {
    for (const record of records) {
      const known = this.rows.get(record.moneyId);
      if (!known || record.revision >= known.revision) this.rows.set(record.moneyId, record);
    }
  }

  /** The real activity. Its clock is the server's: the time of the attempt. */
  private report() {
    const info = () => Context.current().info;
    const nowMs = (): number => info().currentAttemptScheduledTimestampMs;
    return createReportPurchase({
      settings: () => Promise.resolve({ ...defaultSettings, pixelCode: 'C0PIXEL', accessToken: 'token', paused: this.isPaused }),
      users: { identity: () => Promise.resolve({}) },
      firstPurchases: { claim: ({ payment }) => Promise.resolve({ granted: true, holder: payment }) },
      purchases: {
        record: (_, records) => Promise.resolve(this.keep(records)),
        recordPaused: (_, record) => Promise.resolve(this.keep([record])),
        recordRefusedByPage: (_, record) => Promise.resolve(this.keep([record])),
        twinOf: () => Promise.resolve(null),
        recordAttempt: (_, record, { atMs }) => {
          const { moneyId } = record;
          this.keep([record]);
          const made = this.attempts.get(moneyId) ?? [];
          this.attempts.set(moneyId, [...made, atMs]);
          const sent = this.rows.get(moneyId);
          const alreadySent = sent?.state === 'sent' && sent.sentAtMs !== null ? { ...sent, sentAtMs: sent.sentAtMs } : null;
          return Promise.resolve({ attempts: made.length + 1, firstAttemptAtMs: made[0] ?? atMs, lastError: null, alreadySent });
        },
      },
      attempts: { keep: (_, { became }) => Promise.resolve('record' in became ? this.keep([became.record]) : undefined) },
      events: {
        track: (_, body) => {
          const moneyId = (body.data[0]?.event_id ?? '').split(':')[1] ?? '';
          this.sends.set(moneyId, [...(this.sends.get(moneyId) ?? []), nowMs()]);
          return Promise.resolve(this.tiktok(moneyId, nowMs()));
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
}

function accepted<F extends SubscriptionFact>(fact: F, acceptedAtMs: number, settings: DecidingSettings): Accepted<F> {
  return { fact, accepted: { acceptedAtMs, settings, tooOld: false, userKeys: [], checkoutId: null } };
}
