/** A PostgreSQL of its own for a test run: a cluster in a temporary folder, on a free port, gone afterwards. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../../src/temporal/dev-server/ports';

export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** Its files. */
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** Where PostgreSQL's programs are: Debian's place, then PATH. Null when they are nowhere. */
export function postgresBinaries(): string | null {
  const folders = ['/usr/lib/postgresql/15/bin', ...(process.env['PATH'] ?? '').split(delimiter)];
  return (
    folders.find((folder) => folder !== '' && existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
  );
}

export async function startPostgres(binaries: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-postgres-'));
  const data = join(folder, 'data');
  const identity = unprivileged();
  if (identity) chownSync(folder, identity.uid, identity.gid);
  const port = await freePort('127.0.0.1');
  execFileSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'relay', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
    {
      ...identity,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const server = spawn(join(binaries, 'postgres'), ['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1', '-F'], {
    ...identity,
    cwd: folder,
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  // A test run that dies takes its server along.
  const kill = () => void server.kill('SIGQUIT');
  process.once('exit', kill);

  const stop = async () => {
    process.removeListener('exit', kill);
    server.kill('SIGINT');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `postgres://relay:not-needed@127.0.0.1:${port}/postgres`;
  try {
    await untilReady(url, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, port, dataDir: data, stop };
}

/** A database of its own within the server. */
export async function createDatabase(server: PostgresServer, name: string): Promise<string> {
  await query(server.url, `create database ${name}`);
  return server.url.replace(/\/postgres$/, `/${name}`);
}

/** One statement over a connection of its own. */
export async function query(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** PostgreSQL does not run as root: then it runs as `nobody`. */
function unprivileged(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await query(url, 'select 1');
      return;
    } catch (error) {
      if (server.exitCode !== null || attempt === 150) throw error;
      await pause(100);
    }
  }
}
