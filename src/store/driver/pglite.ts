/** The embedded database: PostgreSQL in this process, on a folder or in memory. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Database } from './database';
import { serveHere } from './embedded-server';
import { lockFolder } from './folder-lock';
import { copyNewDatabase } from './new-database';
import { connectTo } from './one-connection';
import { serveInThread } from './pglite-thread';

/**
 * Opens the embedded database in a folder, or in memory when `dataDir` is null. On a folder it computes in a thread of its own; in
 * memory, for tests, in this one. In memory it can start from a `dump` of `dumpDataDir`, which takes a fifth of the time of a new
 * database; tests do.
 * @throws FolderInUse
 */
export async function openPglite(dataDir: string | null, dump?: Blob): Promise<Database> {
  if (dataDir === null) return databaseOver(await PGlite.create(dump === undefined ? {} : { loadDataDir: dump }));

  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(join(dataDir, 'database.lock'));
  try {
    const folder = join(dataDir, 'database');
    copyNewDatabase(folder);
    const database = await connectTo(serveInThread(folder));
    return {
      queries: database.queries,
      transaction: database.transaction,
      close: () => database.close().finally(unlock),
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The database of a PGlite in this thread. */
export function databaseOver(client: PGlite): Promise<Database> {
  return connectTo(serveHere(client));
}
