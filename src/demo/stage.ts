/** Everything that the demo needs, in this process and on free ports: TikTok's end, Temporal, database, web, worker. And its end. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoEnvironment } from '../config';
import { loadConfig } from '../config';
import { openFoundation } from '../foundation';
import { createLogger } from '../logger';
import type { ReceivedEvent } from '../sandbox/tiktok';
import { startTikTokSandbox } from '../sandbox/tiktok';
import { findTemporalCli } from '../temporal/cli';
import { plainTarget } from '../temporal/connection';
import { startEmbeddedTemporal } from '../temporal/embedded';
import { installRuntime } from '../temporal/runtime';
import { workflowBundle } from '../temporal/workflow-bundle';
import { startWeb } from '../web';
import { startWorkers } from '../workers';
import type { LogBook } from './log-book';
import type { SeenRecord, Service } from './performance';
import type { Provider, StandIn, Webhook } from './provider';
import type { Step } from './steps';

export interface Stage extends Service {
  changeSettings(patch: object): Promise<void>;
  /** What reached TikTok's end, oldest first; still known after `clear`. */
  received(): readonly ReceivedEvent[];
  /** Stops everything in order and removes the folder. Repeatable. When it resolves nothing can reach TikTok's end any more. */
  clear(): Promise<void>;
}

export interface StageOptions {
  readonly providers: readonly Provider[];
  readonly environment: DemoEnvironment;
  readonly log: LogBook;
  readonly signal: AbortSignal;
  readonly step: Step;
}

const pixelCode = 'C4DEMOPIXEL000000001';
const accessToken = 'the-token-of-the-demo';
const operatorToken = 'the-operator-of-the-demo';

/** @throws when something can't be started, or the signal says stop; then nothing is left of it. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-demo-'));
  const stops: (() => Promise<void>)[] = [];
  const atExit = (): void => removeAtOnce(folder);
  process.once('exit', atExit);
  const clear = async (): Promise<void> => {
    for (let stop = stops.pop(); stop; stop = stops.pop()) await stop().catch(() => undefined); // the folder goes in any case
    rmSync(folder, { recursive: true, force: true });
    process.off('exit', atExit);
  };
  try {
    return { ...(await build(folder, options, (stop) => void stops.push(stop))), clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

async function build(
  folder: string,
  { providers, environment, log, signal, step }: StageOptions,
  onClear: (stop: () => Promise<void>) => void,
): Promise<Omit<Stage, 'clear'>> {
  const logger = createLogger({ level: 'info', pretty: false, destination: log });
  installRuntime(logger);
  const bundling = workflowBundle();
  bundling.catch(() => undefined); // told where it is awaited

  const startTikTok = async () => {
    const sandbox = await startTikTokSandbox({ accessTokens: [accessToken], pixelCodes: [pixelCode] });
    onClear(() => sandbox.close());
    return sandbox;
  };
  const tiktok = await step('TikTok’s end', startTikTok, ({ url }) => url);
  signal.throwIfAborted();

  const startApis = async () => {
    const started = new Map<string, StandIn>();
    for (const { name, api } of providers) {
      if (!api) continue;
      const standIn = await api.start();
      onClear(() => standIn.close());
      started.set(name, standIn);
    }
    return started;
  };
  const apis = await step('Providers’ APIs', startApis, (started) => [...started.keys()].join(', '));
  signal.throwIfAborted();

  const switchedOn = providers.map((provider) => provider.environment(apis.get(provider.name)?.url ?? ''));
  const config = loadConfig(
    {
      ...environment.variables,
      ...Object.fromEntries(switchedOn.flatMap((variables) => Object.entries(variables))),
      DATA_DIR: folder,
      PORT: '0',
      OPERATOR_TOKEN: operatorToken,
      TIKTOK_API_URL: tiktok.url,
      TIKTOK_PIXEL_CODE: pixelCode,
      TIKTOK_ACCESS_TOKEN: accessToken,
    },
    'all',
  );

  const startTemporal = async (note: (text: string) => void) => {
    const cli = await findTemporalCli({ ...config.temporalCli, progress: note, signal });
    signal.throwIfAborted();
    const server = await startEmbeddedTemporal({ cliPath: cli.path, dataDir: folder, port: 0, uiPort: 0, logger });
    onClear(() => server.stop());
    return server;
  };
  const temporal = await step('Temporal server', startTemporal, ({ address }) => address);
  signal.throwIfAborted();

  const bundle = await step(
    'Workflow code',
    () => bundling,
    (made) => ('codePath' in made ? 'as built' : 'bundled'),
  );
  signal.throwIfAborted();

  const startService = async () => {
    const foundation = await openFoundation(config, plainTarget(temporal.address, temporal.namespace), logger);
    onClear(() => foundation.close());
    const web = await startWeb(foundation, { temporalUiUrl: temporal.uiUrl });
    onClear(() => web.stop());
    return { foundation, web };
  };
  const { foundation, web } = await step('Database, web', startService, ({ web: { url } }) => url);
  signal.throwIfAborted();

  const startWorker = async () => {
    const started = await startWorkers(foundation, { bundle, webUrl: web.url, sandboxUrl: tiktok.url });
    onClear(() => started.stop());
  };
  await step('Worker', startWorker, () => 'two task queues: workflows, sends');
  signal.throwIfAborted();

  const client = new Client(web.localUrl);
  return {
    deliver: (psp, webhook, until) => client.deliver(psp, webhook, until),
    records: (psp, order, until) => client.records(psp, order, until),
    tell: (psp, webhooks) => apis.get(psp)?.tell(webhooks),
    check: (psp, until, deadlineMs) => client.check(psp, until, deadlineMs),
    changeSettings: (patch) => client.changeSettings(patch, signal),
    received: () => tiktok.events(),
  };
}

/** The service from outside: what a provider and an operator can do. */
class Client {
  constructor(private readonly url: string) {}

  /** Sends again what was answered 503, as providers do. */
  async deliver(psp: string, { body, headers }: Webhook, signal: AbortSignal): Promise<readonly { moneyId: string | null }[]> {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(`${this.url}/webhooks/${psp}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
        signal,
      });
      const text = await response.text();
      if (response.status === 200) return (JSON.parse(text) as { facts: { moneyId: string | null }[] }).facts;
      if (response.status !== 503 || attempt === 4)
        throw new Error(`a webhook of ${psp} was answered ${response.status}: ${text}`);
      await sleep(attempt * 500, undefined, { signal });
    }
  }

  /** None while the service can't tell. */
  async records(psp: string, order: string, signal: AbortSignal): Promise<readonly SeenRecord[]> {
    const response = await this.api('GET', `/subscriptions/${psp}/${encodeURIComponent(order)}`, signal);
    const answer = (await response.json()) as { purchases?: SeenRecord[] };
    return answer.purchases ?? [];
  }

  async check(psp: string, signal: AbortSignal, deadlineMs: number): Promise<string | null> {
    const askedAtMs = Date.now();
    const response = await this.api('POST', `/checks/${psp}`, signal);
    if (!response.ok) throw new Error(`a check of ${psp} was answered ${response.status}: ${await response.text()}`);
    await response.text();
    while (Date.now() < deadlineMs) {
      const last = (await (await this.api('GET', `/checks/${psp}`, signal)).json()) as LastCheck | null;
      if (last && Date.parse(last.finishedAt) >= askedAtMs) return last.error;
      await sleep(100, undefined, { signal });
    }
    return 'it has not ended';
  }

  async changeSettings(patch: object, signal: AbortSignal): Promise<void> {
    const response = await this.api('PATCH', '/settings', signal, patch);
    if (!response.ok) throw new Error(`settings were answered ${response.status}: ${await response.text()}`);
    await response.text();
  }

  private api(method: string, path: string, signal: AbortSignal, body?: object): Promise<Response> {
    const headers = { authorization: `Bearer ${operatorToken}`, ...(body ? { 'content-type': 'application/json' } : {}) };
    return fetch(`${this.url}/api${path}`, { method, headers, signal, ...(body ? { body: JSON.stringify(body) } : {}) });
  }
}

interface LastCheck {
  readonly finishedAt: string;
  readonly error: string | null;
}

/** For an end that waits for nothing (a second Ctrl-C, a crash): the one other process, and the folder. */
function removeAtOnce(folder: string): void {
  try {
    const { pid } = JSON.parse(readFileSync(join(folder, 'temporal.pid'), 'utf8')) as { pid: number }; // by embedded.ts, in our own folder
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was not started, or is gone.
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
