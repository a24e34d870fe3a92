/** A real Temporal server with its history and its visibility in PostgreSQL, set up by the very files that docker-compose mounts. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { isPortFree } from '../../src/temporal/dev-server/ports';
import { Part } from './part';
import type { Postgres } from './postgres';
import type { TemporalBinaries } from './temporal-binaries';

export interface TemporalServer {
  readonly part: Part;
  readonly address: string;
}

export interface TemporalServerOptions {
  readonly binaries: TemporalBinaries;
  readonly postgres: Postgres;
  readonly folder: string;
  /** Default 512, as in docker-compose. Fewer start sooner. */
  readonly historyShards?: number;
  /** Lines of YAML beside those of `deploy/temporal/dynamic-config.yaml`. */
  readonly dynamicConfig?: string;
}

const deploy = join(__dirname, '..', '..', 'deploy', 'temporal');

/** Creates both databases, starts the server, makes the namespace `default` with its search attributes. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { binaries, postgres, folder, historyShards = 512, dynamicConfig = '' } = options;
  const env = { PATH: `${binaries.folder}${delimiter}${process.env['PATH'] ?? ''}`, HOME: folder };
  const dynamicConfigFile = join(folder, 'dynamic-config.yaml');
  writeFileSync(dynamicConfigFile, readFileSync(join(deploy, 'dynamic-config.yaml'), 'utf8') + dynamicConfig);

  await script('schema.sh', {
    ...env,
    POSTGRES_HOST: '127.0.0.1',
    POSTGRES_PORT: String(postgres.port),
    SQL_PASSWORD: postgres.password,
    TEMPORAL_SCHEMA: binaries.schema,
  });
  const ports = await freePorts(portVariables.length);
  const port = ports[0] ?? 0;
  const address = `127.0.0.1:${port}`;
  const part = new Part({
    name: 'temporal',
    command: join(binaries.folder, 'temporal-server'),
    // The configuration is the server's own template, filled from the same variables as in docker-compose.
    args: ['--allow-no-auth', 'start'],
    env: {
      ...env,
      DB: 'postgres12',
      POSTGRES_SEEDS: '127.0.0.1',
      DB_PORT: String(postgres.port),
      POSTGRES_USER: postgres.user,
      POSTGRES_PWD: postgres.password,
      BIND_ON_IP: '127.0.0.1',
      NUM_HISTORY_SHARDS: String(historyShards),
      DYNAMIC_CONFIG_FILE_PATH: dynamicConfigFile,
      LOG_LEVEL: 'warn',
      ...Object.fromEntries(portVariables.map((name, index) => [name, String(ports[index])])),
    },
    cwd: folder,
    log: join(folder, 'temporal.log'),
    ready: () => listens(port),
  });
  await part.start();
  await script('namespace.sh', { ...env, TEMPORAL_ADDRESS: address });
  return { part, address };
}

const services = ['FRONTEND', 'MATCHING', 'HISTORY', 'WORKER'];
const portVariables = [
  ...services.map((service) => `${service}_GRPC_PORT`),
  ...services.map((service) => `${service}_MEMBERSHIP_PORT`),
  'FRONTEND_HTTP_PORT',
];

async function script(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  await promisify(execFile)('sh', [join(deploy, name)], { env, timeout: 180_000 }).catch((error: Error & { stderr?: string }) => {
    throw new Error(`deploy/temporal/${name} failed: ${error.message}\n${error.stderr ?? ''}`);
  });
}

/**
 * Below 32,768: the schema keeps the ports of the cluster's members as `smallint`, and a server on a higher one ends at its start. Those that
 * the system itself gives out lie above.
 */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let port = 20_000 + ((process.pid * 20) % 10_000); ports.length < count; port += 1)
    if (await isPortFree('127.0.0.1', port)) ports.push(port);
  return ports;
}

/** @throws while nobody listens. */
export function listens(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')));
    socket.once('connect', () => socket.destroy() && resolve());
    socket.once('error', reject);
  });
}
