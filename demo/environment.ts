/** What the demo and the example funnel stand on: a folder, TikTok's end and the whole service, in this process and on free ports. And their end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DemoEnvironment } from '../src/config/config';
import { loadConfig } from '../src/config/config';
import { integrationVariables } from '../src/config/integrations';
import { openServices } from '../src/app/services';
import { createLogger } from '../src/telemetry/logger';
import type { RunningTikTokSandbox } from '../sandbox/tiktok/receiver';
import { startTikTokSandbox } from '../sandbox/tiktok/receiver';
import { findTemporalCli } from '../src/temporal/dev-server/cli';
import { plainTarget } from '../src/temporal/connection';
import { startEmbeddedTemporal } from '../src/temporal/dev-server/embedded';
import { installRuntime } from '../src/temporal/runtime';
import { workflowBundle } from '../src/temporal/workflow-bundle';
import { uiCodecEndpoint } from '../src/app/codec-endpoint';
import { openWebListener } from '../src/app/listener';
import { startWeb } from '../src/app/web';
import { startWorkers } from '../src/app/workers';
import { operatorToken, RelayClient } from './client';
import type { LogBook } from './log-book';
import type { Step } from '../src/app/steps';

export interface EnvironmentOptions {
  readonly environment: DemoEnvironment;
  readonly log: LogBook;
  readonly signal: AbortSignal;
  readonly step: Step;
  /** Pixels beside the first one. */
  readonly pixels?: readonly Pixel[];
}

export interface Environment {
  readonly tiktok: RunningTikTokSandbox;
  /** Starts the service with these variables besides what connects it with TikTok's end. */
  readonly startService: (variables: Readonly<Record<string, string>>) => Promise<RunningService>;
  /** What else was started; the last is stopped first. */
  readonly onClear: (stop: () => Promise<void>) => void;
}

/** A pixel that takes payments of the accounts of the variables. */
export interface Pixel {
  /** Its integration. */
  readonly id: string;
  readonly pixelCode: string;
  readonly only: { readonly metadata: Readonly<Record<string, string>> };
}

export interface RunningService {
  readonly url: string;
  readonly temporalUiUrl: string;
  readonly client: RelayClient;
}

export const pixelCode = 'C4DEMOPIXEL000000001';
const accessToken = 'the-token-of-the-demo';

/**
 * What `build` made, and `clear`: it stops everything in order and removes the folder, is repeatable, and when it resolves nothing can
 * reach TikTok's end any more. @throws when something can't be started, or the signal says stop; then nothing is left of it.
 */
export async function inNewEnvironment<T extends object>(
  options: EnvironmentOptions,
  build: (created: Environment) => Promise<T>,
): Promise<T & { clear(): Promise<void> }> {
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
    const created = await prepare(folder, options, (stop) => void stops.push(stop));
    return { ...(await build(created)), clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

async function prepare(
  folder: string,
  { environment, log, signal, step, pixels = [] }: EnvironmentOptions,
  onClear: (stop: () => Promise<void>) => void,
): Promise<Environment> {
  const logger = createLogger({ level: 'info', pretty: false, destination: log });
  installRuntime(logger);
  const bundling = workflowBundle();
  bundling.catch(() => undefined); // told where it is awaited

  const startTikTok = async () => {
    const sandbox = await startTikTokSandbox({
      accessTokens: [accessToken],
      pixelCodes: [pixelCode, ...pixels.map((pixel) => pixel.pixelCode)],
    });
    onClear(() => sandbox.close());
    return sandbox;
  };
  const tiktok = await step('TikTok’s end', startTikTok, ({ url }) => url);
  signal.throwIfAborted();

  const startService: Environment['startService'] = async (variables) => {
    const given = {
      ...environment.variables,
      ...variables,
      DATA_DIR: folder,
      PORT: '0',
      OPERATOR_TOKEN: operatorToken,
      TIKTOK_API_URL: tiktok.url,
      TIKTOK_PIXEL_CODE: pixelCode,
      TIKTOK_ACCESS_TOKEN: accessToken,
      TIKTOK_ADVERTISER_ID: '7012345678901234567',
    };
    const config = loadConfig(pixels.length === 0 ? given : withPixels(folder, given, pixels), 'all');

    const listener = await openWebListener(config);
    onClear(() => listener.stop());

    const startTemporal = async (note: (text: string) => void) => {
      const cli = await findTemporalCli({ ...config.temporalCli, progress: note, signal });
      signal.throwIfAborted();
      const server = await startEmbeddedTemporal({
        ...{ cliPath: cli.path, dataDir: folder, port: 0, uiPort: 0, logger },
        uiCodecEndpoint: uiCodecEndpoint(listener.localUrl, operatorToken),
      });
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

    const startWebOnDatabase = async () => {
      const services = await openServices(config, plainTarget(temporal.address, temporal.namespace), logger);
      onClear(() => services.close());
      const web = await startWeb(services, { temporalUiUrl: temporal.uiUrl, listener });
      onClear(() => web.stop());
      return { services, web };
    };
    const { services, web } = await step('Database, web', startWebOnDatabase, ({ web: { url } }) => url);
    signal.throwIfAborted();

    const startWorker = async () => {
      const started = await startWorkers(services, { bundle, webUrl: web.url, sandboxUrl: tiktok.url });
      onClear(() => started.stop());
    };
    await step('Worker', startWorker, () => 'two task queues: workflows, sends');
    signal.throwIfAborted();
    return { url: web.localUrl, temporalUiUrl: temporal.uiUrl, client: new RelayClient(web.localUrl) };
  };

  return { tiktok, startService, onClear };
}

/** The same accounts as `INTEGRATIONS_FILE`, in which other pixels take of them. */
function withPixels(folder: string, given: Readonly<Record<string, string>>, pixels: readonly Pixel[]) {
  const integrations = loadConfig(given, 'all').integrations.map(({ id, psps, tiktok }) => ({ id, psps, tiktok }));
  const others = pixels.map((pixel) => ({
    ...{ id: pixel.id, from: integrations[0]?.id, only: pixel.only },
    tiktok: { pixelCode: pixel.pixelCode, accessToken },
  }));
  const path = join(folder, 'integrations.json');
  writeFileSync(path, JSON.stringify([...integrations, ...others]), { mode: 0o600 });
  const unread = new Set(integrationVariables);
  return { ...Object.fromEntries(Object.entries(given).filter(([name]) => !unread.has(name))), INTEGRATIONS_FILE: path };
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
