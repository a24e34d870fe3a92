/** The whole service in this process, on a namespace of its own of the run's Temporal server, with TikTok's end beside it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { loadConfig } from '../../src/config/config';
import type { Services } from '../../src/app/services';
import { openServices } from '../../src/app/services';
import { createLogger } from '../../src/telemetry/logger';
import { signGeneric } from '../../sandbox/generic/webhooks';
import { createDatabase } from './postgres';
import { template } from './test-database';
import { signStripe } from '../../sandbox/stripe/webhooks';
import type { RunningTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { startTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { plainTarget } from '../../src/temporal/connection';
import { installRuntime } from '../../src/temporal/runtime';
import { subscriptionWorkflowId } from '../../workflows/contract';
import type { Web } from '../../src/app/web';
import { startWeb } from '../../src/app/web';
import type { Workers } from '../../src/app/workers';
import { startWorkers } from '../../src/app/workers';

export const stripeSecret = 'whsec_test_secret';
export const genericSecret = `whsec_${Buffer.from('a secret of the generic webhook').toString('base64')}`;
const token = 'operator-token-of-the-tests';

export interface RelayOptions {
  /** Default: a database of the run's PostgreSQL; where that is not installed, PGlite in a folder of its own. */
  readonly databaseUrl?: string;
  /** PGlite, except on the real stack. Its folder has a thousand files, which takes a slow machine seconds. */
  readonly embedded?: boolean;
  /** Default: the run's server itself. */
  readonly temporal?: string;
  /** Default: true. */
  readonly worker?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly maxCachedWorkflows?: number;
  /** Pixels that TikTok's end knows beside that of the variables. */
  readonly pixelCodes?: readonly string[];
  /** Where its log goes; default stdout. Lines of `error` only. */
  readonly log?: { write(line: string): void };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- what a client sees is not typed
}

export class Relay {
  private constructor(
    readonly services: Services,
    readonly web: Web,
    readonly tiktok: RunningTikTokSandbox,
    readonly namespace: string,
    private readonly dataDir: string,
    private readonly maxCachedWorkflows: number | undefined,
  ) {}
  private workers: Workers | null = null;

  static async start(
    name: string,
    {
      databaseUrl: ownDatabase,
      embedded = false,
      temporal = temporalAddress(),
      worker = true,
      env = {},
      maxCachedWorkflows,
      pixelCodes = [],
      log,
    }: RelayOptions = {},
  ): Promise<Relay> {
    const databaseUrl = ownDatabase ?? (await databaseOfRun(name, embedded));
    const dataDir = mkdtempSync(join(tmpdir(), `relay-${name}-`));
    const tiktok = await startTikTokSandbox({
      accessTokens: ['tiktok-token'],
      pixelCodes: ['C4TESTPIXEL000000001', ...pixelCodes],
    });
    const config = loadConfig(
      {
        HOME: dataDir,
        PORT: '0',
        DATA_DIR: dataDir,
        TEMPORAL_ADDRESS: temporal,
        STRIPE_WEBHOOK_SECRETS: stripeSecret,
        GENERIC_WEBHOOK_SECRETS: genericSecret,
        TIKTOK_API_URL: tiktok.url,
        TIKTOK_PIXEL_URL: `${tiktok.url}/i18n/pixel/events.js`,
        TIKTOK_PIXEL_CODE: 'C4TESTPIXEL000000001',
        TIKTOK_ACCESS_TOKEN: 'tiktok-token',
        OPERATOR_TOKEN: token,
        LOG_LEVEL: 'error',
        ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
        ...env,
      },
      'all',
    );
    const namespace = await createNamespace(name);
    const logger = createLogger({ level: config.logLevel, ...(log === undefined ? {} : { pretty: false, destination: log }) });
    if (!Runtime._instance) installRuntime(logger);
    const services = await openServices(config, plainTarget(temporal, namespace), logger);
    const web = await startWeb(services, { temporalUiUrl: null });
    const relay = new Relay(services, web, tiktok, namespace, dataDir, maxCachedWorkflows);
    if (worker) await relay.startWorker();
    return relay;
  }

  async startWorker(): Promise<void> {
    const codePath = process.env['TEST_WORKFLOW_BUNDLE'];
    if (!codePath) throw new Error('no workflow bundle: see the start of the run');
    this.workers = await startWorkers(this.services, {
      bundle: { codePath },
      webUrl: this.web.url,
      sandboxUrl: this.tiktok.url,
      ...(this.maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows: this.maxCachedWorkflows }),
    });
  }

  async stopWorker(): Promise<void> {
    await this.workers?.stop();
    this.workers = null;
  }

  async stop(): Promise<void> {
    await this.web.stop();
    await this.stopWorker();
    await this.services.close();
    await this.tiktok.close();
    // Without a worker nobody else ends it, and it keeps the process alive.
    await Runtime._instance?.shutdown();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** A signed webhook, as the provider sends it. */
  async stripe(event: object, atMs = Date.now()): Promise<Answer> {
    const body = JSON.stringify(event);
    return this.deliver('/webhooks/stripe', body, {
      'stripe-signature': signStripe(body, stripeSecret, Math.floor(atMs / 1000)),
    });
  }

  async generic(event: object, id = `msg_${JSON.stringify(event).length}`): Promise<Answer> {
    const body = JSON.stringify(event);
    return this.deliver('/webhooks/generic', body, signGeneric(body, genericSecret, id, Math.floor(Date.now() / 1000)));
  }

  /** Sends again after a 503, for half a minute, as providers do for days: a slow machine answers so when its time is up. */
  private async deliver(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const giveUpAtMs = performance.now() + 30_000;
    for (let pauseMs = 200; ; pauseMs = Math.min(2 * pauseMs, 2_000)) {
      const answer = await this.post(path, body, headers);
      if (answer.status !== 503 || performance.now() > giveUpAtMs) return answer;
      await sleep(Math.random() * pauseMs);
    }
  }

  async post(path: string, body: string | Buffer, headers: Readonly<Record<string, string>>): Promise<Answer> {
    return answerOf(
      await fetch(this.web.localUrl + path, {
        method: 'POST',
        body: new Uint8Array(Buffer.from(body)),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    );
  }

  async api(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    return answerOf(
      await fetch(`${this.web.localUrl}/api${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  }

  /** An order's purchases, by money id. */
  async purchases(
    psp: string,
    id: string,
  ): Promise<Record<string, any>> /* eslint-disable-line @typescript-eslint/no-explicit-any */ {
    const { status, body } = await this.api('GET', `/subscriptions/${psp}/${encodeURIComponent(id)}`);
    if (status !== 200) return {};
    return Object.fromEntries((body.purchases as { moneyId: string }[]).map((purchase) => [purchase.moneyId, purchase]));
  }

  /** Waits until a payment is in one of the states, and answers its record. */
  async settled(
    psp: string,
    id: string,
    moneyId: string,
    ...states: string[]
  ): Promise<any> /* eslint-disable-line @typescript-eslint/no-explicit-any */ {
    const wanted = states.length > 0 ? states : ['sent', 'suppressed', 'not_a_purchase', 'needs_attention', 'skipped'];
    return eventually(async () => {
      const record = (await this.purchases(psp, id))[moneyId];
      if (!record || !wanted.includes(record.state)) throw new Error(`${moneyId} is ${JSON.stringify(record)}`);
      return record;
    });
  }

  /**
   * Waits until the workflow has handled every signal accepted so far and no report is under way. Only a timer or another
   * signal makes it report more, so that a test can then assert that nothing was sent.
   */
  async idle(psp: string, subscription: string): Promise<void> {
    const id = subscriptionWorkflowId({ integration: 'default', psp, subscription });
    await eventually(async () => {
      const { raw } = await this.services.client.workflow.getHandle(id).describe();
      if (raw.pendingWorkflowTask || raw.pendingActivities?.length) throw new Error(`${id} is still at work`);
    });
  }

  /** What TikTok counted, by event id. */
  counted(): string[] {
    return this.tiktok.events().flatMap(({ fate, eventId }) => (fate === 'counted' ? [eventId ?? ''] : []));
  }
}

/** Repeats until it does not throw, up to a limit that only a fault reaches, also on a loaded machine. */
export async function eventually<T>(check: () => Promise<T> | T, withinMs = 120_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

async function databaseOfRun(name: string, embedded: boolean): Promise<string | undefined> {
  const { TEST_POSTGRES_URL: ofStack, TEST_DATABASES_URL: ofTests } = process.env;
  const url = ofStack ?? (embedded ? undefined : ofTests);
  return url && createDatabase({ url }, `${name}_${process.pid}`.replaceAll(/\W/g, '_').toLowerCase(), template);
}

export function temporalAddress(): string {
  const address = process.env['TEST_TEMPORAL_ADDRESS'];
  if (!address) throw new Error('no Temporal server: integration tests run in the project "integration"');
  return address;
}

/** Files run side by side and task queues have fixed names: each file has a namespace. */
export async function createNamespace(name: string): Promise<string> {
  const namespace = `${name}-${process.pid}`;
  const connection = await Connection.connect({ address: temporalAddress() });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    await eventually(() => connection.workflowService.describeNamespace({ namespace }));
    await eventually(() => connection.workflowService.listOpenWorkflowExecutions({ namespace, maximumPageSize: 1 }));
    return namespace;
  } finally {
    await connection.close();
  }
}
