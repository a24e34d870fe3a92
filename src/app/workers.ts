/** The worker's two queues in one process: workflows with their short activities, and the sends with a rate limit of their own. */
import { Context } from '@temporalio/activity';
import type { NativeConnection, WorkerOptions as SdkWorkerOptions } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { createCoreActivities, createEventsActivities } from '../../activities';
import { coreTaskQueue, eventsTaskQueue } from '../../workflows/contract';
import type { Services } from './services';
import { destinationOf, tikTokTarget } from './services';
import { alertsDeps } from './alerting';
import { countingDeps } from './counting';
import { connectWorker } from '../temporal/connection';
import { activityInterceptors } from '../temporal/trace-interceptors';
import type { WorkflowBundle } from '../temporal/workflow-bundle';

export interface Workers {
  /** Rejects when a worker dies of something that it can't recover from. */
  readonly running: Promise<void>;
  isRunning(): boolean;
  /** Takes no more work, and resolves when what is under way has ended. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly bundle: WorkflowBundle;
  /** Of the web process, whose `/sandbox/tiktok` receives purchases while no pixel is set. */
  readonly webUrl: string;
  readonly sandboxUrl: string;
  /** Tests run the workflows without a cache, so that every task replays. */
  readonly maxCachedWorkflows?: number;
  /** Default true. Without it workflows run and answer, and nothing is sent. */
  readonly sends?: boolean;
  /** The workers are made at once, and take work from then on. Default: at once. */
  readonly workFrom?: Promise<unknown>;
}

/** Half of TikTok’s limit of 1,000 requests a second, for all workers together. */
const sendsPerSecond = 500;

export async function startWorkers(services: Services, options: WorkerOptions): Promise<Workers> {
  const connection = await connectWorker(services.temporal);
  try {
    const workers = [await coreWorker(services, connection, options)];
    if (options.sends ?? true) workers.push(await eventsWorker(services, connection, options));
    await options.workFrom;
    const runs = workers.map((worker) => worker.run());
    const running = Promise.all(runs).then(() => undefined);
    running.catch(() => undefined); // the caller awaits `running`
    return {
      running,
      isRunning: () => workers.every((worker) => worker.getState() === 'RUNNING'),
      async stop() {
        for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
        await Promise.allSettled(runs);
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function coreWorker(
  services: Services,
  connection: NativeConnection,
  { bundle, maxCachedWorkflows, webUrl, sandboxUrl }: WorkerOptions,
): Promise<Worker> {
  const { store, keys, telemetry, temporal, dataConverter, accounts, ingestion, shared, subscriptions, settings } = services;
  return Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: coreTaskQueue,
    dataConverter,
    workflowBundle: bundle,
    activities: createCoreActivities({
      ...store,
      keys,
      telemetry,
      alerting: alertsDeps(services, webUrl),
      counting: countingDeps(services, sandboxUrl),
      restartIfGone: (order) => subscriptions.restartIfGone(order),
      resendOrder: (order, word) => subscriptions.resendAll(order, word),
      maxEventAgeHours: async (integration) => (await settings.get(integration)).maxEventAgeHours,
      ...{ ingestion, shared },
      api: (account) => accounts.api(account),
      otherReaders: (account) => accounts.otherReaders(account),
      retentionDays: services.config.retention,
      heartbeat: (details) => Context.current().heartbeat(details),
      lastHeartbeat: () => Context.current().info.heartbeatDetails as unknown,
      nowMs: Date.now,
    }),
    ...traced(services),
    shutdownGraceTime: '5 s',
    ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
  });
}

function eventsWorker(services: Services, connection: NativeConnection, options: WorkerOptions): Promise<Worker> {
  const { config, store, telemetry, settings, events, temporal, dataConverter } = services;
  return Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: eventsTaskQueue,
    dataConverter,
    activities: createEventsActivities({
      settings: (integration) => settings.get(integration),
      users: store.users,
      firstPurchases: store.firstPurchases,
      purchases: store.purchases,
      attempts: store.attempts,
      events,
      target: (current) => tikTokTarget(config, options.sandboxUrl, current),
      destination: (current) => destinationOf(config, current),
      fallbackPageUrl: options.webUrl,
      telemetry,
      nowMs: Date.now,
      scheduledAtMs: () => Context.current().info.scheduledTimestampMs,
      attemptScheduledAtMs: () => Context.current().info.currentAttemptScheduledTimestampMs,
    }),
    ...traced(services),
    maxTaskQueueActivitiesPerSecond: sendsPerSecond,
    shutdownGraceTime: '20 s', // an attempt has 15 s for TikTok's answer
  });
}

function traced({ tracing }: Services): Pick<SdkWorkerOptions, 'interceptors'> {
  return tracing === null ? {} : { interceptors: { activity: [activityInterceptors(tracing)] } };
}
