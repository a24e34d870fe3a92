/** A PostgreSQL cluster of its own in a folder, on a free port. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../../src/temporal/dev-server/ports';
import { Part } from './part';

export interface Postgres {
  readonly part: Part;
  readonly port: number;
  /** Of the database `postgres`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** Where PostgreSQL's programs are: Debian's place, then PATH. Null when they are nowhere. */
export function postgresBinaries(): string | null {
  const folders = ['/usr/lib/postgresql/15/bin', ...(process.env['PATH'] ?? '').split(delimiter)];
  return (
    folders.find((folder) => folder !== '' && existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
  );
}

/**
 * Makes the cluster and starts its server. It flushes nothing to the disk (`-F`): kill -9 loses nothing by that, only a power cut would.
 * `folder` must be one that everybody may pass through, since PostgreSQL does not run as root.
 */
export async function startPostgres(binaries: string, folder: string, settings: readonly string[] = []): Promise<Postgres> {
  const user = 'relay';
  const data = join(folder, 'data');
  const unprivileged = unprivilegedUser();
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  if (unprivileged) chownSync(folder, unprivileged.uid, unprivileged.gid);
  execFileSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', user, '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
    { ...unprivileged, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const port = await freePort('127.0.0.1');
  const password = 'not-needed';
  const url = `postgres://${user}:${password}@127.0.0.1:${port}/postgres`;
  const part = new Part({
    name: 'postgres',
    command: join(binaries, 'postgres'),
    args: [
      ...['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1', '-F'],
      ...settings.flatMap((setting) => ['-c', setting]),
    ],
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' },
    cwd: folder,
    ...(unprivileged ? { user: unprivileged } : {}),
    log: join(folder, '..', 'postgres.log'),
    ready: () => query(url, 'select 1'),
  });
  await part.start();
  return { part, port, url, user, password };
}

/** One statement over a connection of its own. */
export async function query(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // the statement fails with it
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** PostgreSQL does not run as root: then it runs as `nobody`. */
function unprivilegedUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
