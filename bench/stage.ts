/**
 * Both sides, on one of two stacks: `embedded` is `npm start` beside a dev server of the same kind with a bare web and worker; `postgres` is web
 * and worker beside the bare ones, on one real Temporal server and one PostgreSQL.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { temporalCliConfig } from '../src/config/config';
import { Keyring } from '../src/crypto/keyring';
import { dataConverterFor, EncryptionCodec } from '../src/temporal/codec';
import { connectClient, plainTarget } from '../src/temporal/connection';
import { findTemporalCli } from '../src/temporal/dev-server/cli';
import { startEmbeddedTemporal } from '../src/temporal/dev-server/embedded';
import { freePort } from '../src/temporal/dev-server/ports';
import { type Build, buildsFolder, currentBuild, sources } from '../scripts/stack/builds';
import { startInfrastructure } from '../scripts/stack/infrastructure';
import { Part } from '../scripts/stack/part';
import { query } from '../scripts/stack/postgres';
import { createService, isReady, type Service } from '../scripts/stack/service';
import { bareVariables } from './bare/contract';
import { buildBare } from './bare/build';
import { measureSizes, type Sizes } from './sizes';
import { Receiver } from './receiver/client';
import { Side } from './side';

export type StackName = 'embedded' | 'postgres';

export interface Stage {
  readonly stack: StackName;
  readonly build: Build;
  readonly ours: Side;
  readonly bare: Side;
  readonly receiver: Receiver;
  readonly sizes: Sizes;
  /** Of the service, without a path. */
  readonly url: string;
  readonly folder: string;
  readonly postgres: PostgresAccess | null;
  /** Clients of the two Temporal servers, which are one on PostgreSQL. */
  readonly temporal: { readonly ours: Client; readonly bare: Client };
  /** By which the service seals and hashes, for rows that are written past it. */
  readonly secrets: { readonly encryptionKey: Buffer; readonly pepper: string; readonly operatorToken: string };
  /** Calls the operators' API of the service. */
  api<T>(method: string, path: string, body?: object): Promise<T>;
  stop(): Promise<void>;
}

export interface PostgresAccess {
  /** Of the service's database. */
  readonly databaseUrl: string;
  /** Of the database `postgres`, as a superuser. */
  readonly adminUrl: string;
  /** Where the server logs. */
  readonly log: string;
  readonly roles: { readonly web: string; readonly worker: string };
  /** Starts one more worker, and gives what stops it; it is stopped with the stage at the latest. */
  addWorker(): Promise<() => Promise<void>>;
}

export interface StageOptions {
  readonly stack: StackName;
  readonly folder: string;
  /** The service runs as `npm start` runs it, and nothing is built. */
  readonly isShort: boolean;
  readonly progress: (line: string) => void;
}

const secret = 'whsec_of_the_bench_0123456789abcdef';
const operatorToken = 'the-operator-token-of-the-bench';
const roles = { web: 'relay_web', worker: 'relay_worker' } as const;

/** Starts both sides with nothing in them but what was needed to learn the service's sizes. The caller stops it. */
export async function startStage({ stack, folder, isShort, progress }: StageOptions): Promise<Stage> {
  const stops: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.reverse()) await each();
  };
  try {
    if (!isShort) progress('building');
    const build = isShort ? sources() : currentBuild(buildsFolder(temporalCliConfig(process.env)));
    const receiver = await Receiver.start();
    stops.push(() => receiver.stop());
    const encryptionKey = randomBytes(32);
    const pepper = randomBytes(32).toString('hex');
    const keyring = new Keyring([{ id: 'k1', key: encryptionKey }]);
    const env = {
      ENCRYPTION_KEYS: `k1:${encryptionKey.toString('base64')}`,
      USER_ID_PEPPER: pepper,
      OPERATOR_TOKEN: operatorToken,
      OPERATOR_PASSWORD: randomBytes(12).toString('hex'),
      STRIPE_WEBHOOK_SECRETS: secret,
      TIKTOK_API_URL: receiver.urlFor('ours'),
      TIKTOK_PIXEL_CODE: 'C4BENCHPIXEL00000001',
      TIKTOK_ACCESS_TOKEN: 'the-token-of-the-bench',
    };
    progress(`starting ${stack}`);
    const started = await (stack === 'postgres' ? onPostgres : embedded)({ folder, build, env, progress, stops });
    const url = started.web.url;
    const connect = async (address: string): Promise<Client> => {
      const client = await connectClient(plainTarget(address), dataConverterFor(keyring));
      stops.push(() => client.connection.close());
      return client;
    };
    const temporal = { ours: await connect(started.oursAddress), bare: await connect(started.bareAddress) };
    const ours = new Side({
      ...{ name: 'ours', target: { url: `${url}/webhooks/stripe`, secret }, receiver },
      pids: () => pidsOf(started.services),
    });
    const api = apiOf(url);
    await api('PATCH', '/settings', { limitPurchaseEvents: false });
    const sizes = await measureSizes(ours, { client: temporal.ours, codec: new EncryptionCodec(keyring), receiver });

    const bareFolder = await buildBare(build);
    const bare = await startBare({
      ...{ folder, bareFolder, sizes, stops },
      env: {
        [bareVariables.temporal]: started.bareAddress,
        [bareVariables.key]: encryptionKey.toString('base64'),
        [bareVariables.receiver]: `${receiver.urlFor('bare')}/events`,
      },
    });
    const bareSide = new Side({
      ...{ name: 'bare', target: { url: `${bare.url}/webhook`, secret }, receiver },
      pids: () => pidsOf(bare.services),
    });
    const { postgres } = started;
    const secrets = { encryptionKey, pepper, operatorToken };
    return { stack, build, ours, bare: bareSide, receiver, sizes, url, folder, postgres, temporal, secrets, api, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface StartOptions {
  readonly folder: string;
  readonly build: Build;
  readonly env: Readonly<Record<string, string>>;
  readonly progress: (line: string) => void;
  readonly stops: (() => unknown)[];
}

interface Started {
  readonly web: Service;
  readonly services: Readonly<Record<string, Part>>;
  readonly oursAddress: string;
  readonly bareAddress: string;
  readonly postgres: PostgresAccess | null;
}

async function embedded({ folder, build, env, progress, stops }: StartOptions): Promise<Started> {
  const { path: cliPath } = await findTemporalCli({ ...temporalCliConfig(process.env), progress });
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  const port = await freePort('127.0.0.1');
  const all = await createService({
    ...{ kind: 'all', name: 'service', build, folder },
    env: {
      ...env,
      DATA_DIR: dataDir,
      TEMPORAL_CLI_PATH: cliPath,
      TEMPORAL_PORT: String(port),
      TEMPORAL_UI_PORT: String(await freePort('127.0.0.1')),
    },
  });
  await all.part.start();
  stops.push(() => all.part.stop());
  const bareDir = join(folder, 'bare');
  const server = await startEmbeddedTemporal({ cliPath, dataDir: bareDir, port: 0, uiPort: 0, logger: quiet });
  stops.push(() => server.stop());
  return {
    ...{ web: all, services: { service: all.part }, postgres: null },
    ...{ oursAddress: `127.0.0.1:${port}`, bareAddress: server.address },
  };
}

async function onPostgres({ folder, build, env, progress, stops }: StartOptions): Promise<Started> {
  const infrastructure = await startInfrastructure({
    ...{ folder, progress, cli: temporalCliConfig(process.env) },
    // Two cores start 512 shards slowly; both sides have the same.
    historyShards: 64,
  });
  stops.push(() => infrastructure.stop());
  const { postgres, temporal, databaseUrl } = infrastructure;
  // A user for each, so that their statements can be told apart.
  for (const role of Object.values(roles)) await query(postgres.url, `create role ${role} superuser login`);
  let processes = 0;
  const create = async (kind: 'web' | 'worker'): Promise<Service> => {
    const url = new URL(databaseUrl);
    url.username = roles[kind];
    const variables = { ...env, DATABASE_URL: url.href, TEMPORAL_ADDRESS: temporal.address };
    processes += 1;
    const name = processes > 2 ? `${kind}${processes - 1}` : kind;
    const service = await createService({ kind, name, build, folder, env: variables });
    await service.part.start();
    stops.push(() => service.part.stop());
    return service;
  };
  const [web, worker] = [await create('web'), await create('worker')];
  return {
    ...{ web, services: { web: web.part, worker: worker.part } },
    ...{ oursAddress: temporal.address, bareAddress: temporal.address },
    postgres: {
      ...{ databaseUrl, adminUrl: postgres.url, log: join(folder, 'postgres.log'), roles },
      addWorker: async () => {
        const { part } = await create('worker');
        return () => part.stop();
      },
    },
  };
}

interface BareOptions {
  readonly folder: string;
  readonly bareFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sizes: Sizes;
  readonly stops: (() => unknown)[];
}

async function startBare({ folder, bareFolder, env, sizes, stops }: BareOptions) {
  const start = async (kind: 'web' | 'worker'): Promise<{ readonly part: Part; readonly url: string }> => {
    const part = await barePart(kind, { folder, bareFolder, env, sizes });
    await part.part.start();
    stops.push(() => part.part.stop());
    return part;
  };
  const [worker, web] = [await start('worker'), await start('web')];
  return { url: web.url, services: { web: web.part, worker: worker.part } };
}

/** A bare process; not started yet. */
export async function barePart(
  kind: 'web' | 'worker',
  { folder, bareFolder, env, sizes }: Omit<BareOptions, 'stops'>,
): Promise<{ readonly part: Part; readonly url: string }> {
  const port = await freePort('127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const part = new Part({
    name: `bare-${kind}`,
    command: process.execPath,
    args: ['--enable-source-maps', join(bareFolder, `${kind}.js`)],
    env: {
      ...{ PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NODE_ENV: 'production' },
      ...env,
      [bareVariables.port]: String(port),
      [bareVariables.signalBytes]: String(sizes.signalBytes),
      [bareVariables.activityBytes]: String(sizes.activityBytes),
      [bareVariables.bodyBytes]: String(sizes.bodyBytes),
    },
    cwd: folder,
    log: join(folder, `bare-${kind}.log`),
    ready: () => isReady(url),
  });
  return { part, url };
}

function apiOf(url: string): Stage['api'] {
  return async <T>(method: string, path: string, body?: object) => {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
}

/** Of the Node.js processes; the embedded Temporal server is a child of the service's. */
function pidsOf(parts: Readonly<Record<string, Part>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(parts).flatMap(([name, { pid }]) => (pid === null ? [] : [[name, pid]])));
}

const quiet = { info: () => undefined, warn: () => undefined, error: console.error };
