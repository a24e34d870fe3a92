/** The embedded database: PostgreSQL in this process, on a folder or in memory. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { Database } from './database';
import { lockFolder } from './folder-lock';

/** @throws FolderInUse */
export async function openPglite(dataDir: string | null): Promise<Database> {
  if (dataDir === null) return over(await PGlite.create(), () => undefined);

  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(join(dataDir, 'database.lock'));
  try {
    return over(await PGlite.create(join(dataDir, 'database')), unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** One connection: PGlite itself lets transactions and queries wait for each other. */
function over(client: PGlite, unlock: () => void): Database {
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
