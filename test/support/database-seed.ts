/**
 * PostgreSQL's initdb takes seconds. The run pays it once: global-setup.ts writes a migrated data folder to a file, named
 * by TEST_DATABASE_SEED, and each test file loads that file into a database of its own.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { Database } from '../../src/store/driver/database';
import { migrate } from '../../src/store/driver/migrate';
import { readMigrations } from '../../src/store/driver/migrations';

export async function writeSeed(path: string): Promise<void> {
  const client = await PGlite.create();
  await migrate(databaseOver(client), readMigrations());
  const dump = await client.dumpDataDir('none');
  await writeFile(path, Buffer.from(await dump.arrayBuffer()));
  await client.close();
}

/** An empty database in memory whose schema is up to date. */
export async function openSeeded(path: string): Promise<Database> {
  return databaseOver(await PGlite.create({ loadDataDir: new Blob([await readFile(path)]) }));
}

function databaseOver(client: PGlite): Database {
  const queries = drizzle(client);
  return { queries, transaction: (work) => queries.transaction(work), close: () => client.close() };
}
