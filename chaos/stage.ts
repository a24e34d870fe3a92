/** The service under test: webs and workers of two versions on PostgreSQL and a real Temporal server, or `npm start` with everything embedded. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporalCliConfig } from '../src/config/config';
import { Keyring } from '../src/crypto/keyring';
import { findTemporalCli } from '../src/temporal/dev-server/cli';
import { freePort } from '../src/temporal/dev-server/ports';
import { connectClient, plainTarget } from '../src/temporal/connection';
import { dataConverterFor } from '../src/temporal/codec';
import { createSubscriptions, type Subscriptions } from '../src/temporal/subscriptions';
import type { Build } from '../scripts/stack/builds';
import { startInfrastructure } from '../scripts/stack/infrastructure';
import type { OwnEnd, Part } from '../scripts/stack/part';
import { signalAll } from '../scripts/stack/process-tree';
import { query } from '../scripts/stack/postgres';
import { createService, type Service } from '../scripts/stack/service';
import type { OrderRef } from '../workflows/contract';
import type { ChaosOptions, Target } from './plan';

export const operatorToken = 'the-operator-token-of-the-chaos';

export interface Stage {
  /** Where webhooks go. */
  readonly webs: readonly string[];
  /** Those of today's version, which operators ask. */
  readonly newestWebs: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  kill(target: Target, index: number): Promise<void>;
  /** kill -9 of the process alone: what it has started stays behind. */
  killAlone(target: Target, index: number): Promise<void>;
  /** SIGSTOP, and SIGCONT after some time. */
  pause(target: Target, index: number, ms: number): Promise<void>;
  /** Asked to end, as a deployment asks. Resolves to how it ended. */
  restart(target: Target, index: number): Promise<string>;
  /** Ends a share of the service's database connections. Resolves to their number. */
  endConnections(share: number): Promise<number>;
  /** Resolves when every part serves. */
  ready(): Promise<void>;
  ownEnds(): readonly OwnEnd[];
  /** Asks the workflows themselves. */
  readonly subscriptions: () => Promise<Pick<Subscriptions, 'state'> & { close(): Promise<void> }>;
  stop(): Promise<void>;
}

export interface StageOptions extends Pick<ChaosOptions, 'stack' | 'webs' | 'workers'> {
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  /** The service's processes take turns. */
  readonly builds: readonly Build[];
  readonly progress: (line: string) => void;
}

/** Histories this long are continued as new; in production it is some thousand events. */
const eventsPerRun = 24;

export function startStage(options: StageOptions): Promise<Stage> {
  return options.stack === 'postgres' ? apart(options) : embedded(options);
}

function secretsOf(): { readonly encryptionKey: Buffer; readonly env: Readonly<Record<string, string>> } {
  const encryptionKey = randomBytes(32);
  return {
    encryptionKey,
    env: {
      ENCRYPTION_KEYS: `k1:${encryptionKey.toString('base64')}`,
      USER_ID_PEPPER: randomBytes(32).toString('hex'),
      OPERATOR_TOKEN: operatorToken,
      OPERATOR_PASSWORD: randomBytes(12).toString('hex'),
      LOG_LEVEL: 'info',
    },
  };
}

async function apart({ folder, variables, builds, webs, workers, progress }: StageOptions): Promise<Stage> {
  const infrastructure = await startInfrastructure({
    folder,
    progress,
    cli: temporalCliConfig(process.env),
    // Two cores bring back 512 shards slowly, and their number changes nothing here.
    historyShards: 32,
    dynamicConfig: `limit.historyCount.suggestContinueAsNew:\n  - value: ${eventsPerRun}\n`,
  });
  const { postgres, temporal, databaseUrl } = infrastructure;
  const { encryptionKey, env } = secretsOf();
  const noCache = `--require ${join(__dirname, 'no-cache.js')}`;
  const create = (kind: 'web' | 'worker', index: number): Promise<Service> =>
    createService({
      kind,
      name: `${kind}${index + 1}`,
      build: buildFor(builds, index),
      folder,
      env: {
        ...variables,
        ...env,
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporal.address,
        // The first worker keeps no workflow in memory.
        ...(kind === 'worker' && index === 0 ? { NODE_OPTIONS: noCache } : {}),
      },
    });
  const all = {
    web: await Promise.all(Array.from({ length: webs }, (_, index) => create('web', index))),
    worker: await Promise.all(Array.from({ length: workers }, (_, index) => create('worker', index))),
  };
  const services = [...all.web, ...all.worker];
  // One after the other: the first migrates.
  for (const { part } of services) await part.start();
  const parts = [postgres.part, temporal.part, ...services.map(({ part }) => part)];
  const partOf = (target: Target, index: number): Part => {
    if (target === 'postgres') return postgres.part;
    if (target === 'temporal') return temporal.part;
    const service = target === 'service' ? undefined : all[target][index];
    if (!service) throw new Error(`there is no ${target} ${index + 1}`);
    return service.part;
  };
  return {
    webs: all.web.map(({ url }) => url),
    newestWebs: all.web.filter(({ version }) => version === builds[0]?.version).map(({ url }) => url),
    versions: Object.fromEntries(services.map(({ part, version }) => [part.name, version])),
    kill: (target, index) => partOf(target, index).kill(),
    killAlone: (target, index) => partOf(target, index).killAlone(),
    pause: (target, index, ms) => partOf(target, index).pause(ms),
    restart: (target, index) => partOf(target, index).restart(),
    async endConnections(share) {
      const rows = await query(
        databaseUrl,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'relay' and pid <> pg_backend_pid() and random() < ${share}`,
      );
      return rows.length;
    },
    ready: async () => void (await Promise.all(parts.map((part) => part.ready()))),
    ownEnds: () => parts.flatMap(({ ownEnds }) => ownEnds),
    subscriptions: () => asked(temporal.address, encryptionKey),
    async stop() {
      await Promise.all(services.map(({ part }) => part.stop()));
      await infrastructure.stop();
    },
  };
}

function buildFor(builds: readonly Build[], index: number): Build {
  const build = builds[index % builds.length];
  if (!build) throw new Error('there is no build');
  return build;
}

async function embedded({ folder, variables, builds, progress }: StageOptions): Promise<Stage> {
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  const { path } = await findTemporalCli({ ...temporalCliConfig(process.env), progress });
  const { encryptionKey, env } = secretsOf();
  const port = await freePort('127.0.0.1');
  const service = await createService({
    ...{ kind: 'all', name: 'service', build: buildFor(builds, 0), folder },
    env: {
      ...variables,
      ...env,
      DATA_DIR: dataDir,
      TEMPORAL_CLI_PATH: cliWithShortRuns(folder, path),
      TEMPORAL_PORT: String(port),
      TEMPORAL_UI_PORT: String(await freePort('127.0.0.1')),
      NODE_OPTIONS: `--require ${join(__dirname, 'no-cache.js')}`,
    },
  });
  const { part } = service;
  await part.start();
  const temporalPids = (): readonly number[] => {
    try {
      return [(JSON.parse(readFileSync(join(dataDir, 'temporal.pid'), 'utf8')) as { pid: number }).pid];
    } catch {
      return []; // none at this moment
    }
  };
  return {
    webs: [service.url],
    newestWebs: [service.url],
    versions: { service: service.version },
    async kill(target) {
      if (target === 'temporal') signalAll(temporalPids(), 'SIGKILL');
      else await part.kill();
    },
    killAlone: () => part.killAlone(),
    async pause(target, _index, ms) {
      if (target !== 'temporal') return part.pause(ms);
      const pids = temporalPids();
      signalAll(pids, 'SIGSTOP');
      await sleep(ms);
      signalAll(pids, 'SIGCONT');
    },
    restart: () => part.restart(),
    endConnections: async () => 0,
    ready: () => part.ready(),
    ownEnds: () => part.ownEnds,
    subscriptions: () => asked(`127.0.0.1:${port}`, encryptionKey),
    async stop() {
      await part.stop();
      signalAll(temporalPids(), 'SIGKILL'); // of a service that could not end it
    },
  };
}

/** The Temporal CLI with a server that has runs continued as new early. */
function cliWithShortRuns(folder: string, cli: string): string {
  const wrapper = join(folder, 'temporal');
  const value = `limit.historyCount.suggestContinueAsNew=${eventsPerRun}`;
  const script = [
    '#!/bin/sh',
    `if [ "$1" = server ]; then set -- "$@" --dynamic-config-value ${value}; fi`,
    `exec '${cli}' "$@"`,
  ];
  writeFileSync(wrapper, `${script.join('\n')}\n`);
  chmodSync(wrapper, 0o755);
  return wrapper;
}

async function asked(address: string, encryptionKey: Buffer) {
  const converter = dataConverterFor(new Keyring([{ id: 'k1', key: encryptionKey }]));
  const client = await connectClient(plainTarget(address), converter);
  const subscriptions = createSubscriptions(client, () => Promise.resolve(false));
  return { state: (order: OrderRef) => subscriptions.state(order), close: () => client.connection.close() };
}
