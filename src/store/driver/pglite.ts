/** The embedded database: PostgreSQL in this process, on a folder or in memory. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { Database } from './database';
import { lockFolder } from './folder-lock';

/**
 * Opens the embedded database in a folder, or in memory when `dataDir` is null. In memory it can start from a `dump` of
 * `dumpDataDir`, which takes a fifth of the time of a new database; tests do.
 * @throws FolderInUse
 */
export async function openPglite(dataDir: string | null, dump?: Blob): Promise<Database> {
  if (dataDir === null) return databaseOver(await PGlite.create(dump === undefined ? {} : { loadDataDir: dump }));

  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(join(dataDir, 'database.lock'));
  try {
    return databaseOver(await PGlite.create(join(dataDir, 'database')), unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** How long queries may follow each other before timers and connections get a turn. */
const longestBusyMs = 10;

/**
 * PGlite computes in this thread and hands over from query to query within microtasks: while queries wait, no timer fires and no connection
 * is read, so that nothing could be answered before the last of them, not even with 503. Here the event loop gets a turn between two of them.
 */
function givesTurns(client: PGlite): void {
  const execute = client.execProtocolRaw.bind(client);
  let turnedAt = performance.now();
  client.execProtocolRaw = async (...message) => {
    const answer = await execute(...message);
    if (performance.now() - turnedAt > longestBusyMs) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      turnedAt = performance.now();
    }
    return answer;
  };
}

/** The database of a client. One connection: PGlite itself lets transactions and queries wait for each other. */
export function databaseOver(client: PGlite, unlock: () => void = () => undefined): Database {
  givesTurns(client);
  const queries = drizzle(client);
  return {
    queries,
    transaction: (work) => queries.transaction(work),
    close: async () => {
      if (!client.closed) await client.close();
      unlock();
    },
  };
}
