/**
 * Empty databases for tests. Where PostgreSQL is installed, `emptyDatabase` is one of the run's server, a copy of its template: most tests ask
 * only that there is a store, and the embedded one takes ten times as long. `embeddedDatabase` is PGlite in memory, from a dump that is made once
 * for all suites.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { getTableName, sql } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { Keyring } from '../../src/crypto/keyring';
import type { Store } from '../../src/store';
import { migrateDatabase, storeOver } from '../../src/store';
import type { Database } from '../../src/store/driver/database';
import { migrate } from '../../src/store/driver/migrate';
import { type Migration, readMigrations } from '../../src/store/driver/migrations';
import { databaseOver, openPglite } from '../../src/store/driver/pglite';
import { openPostgres } from '../../src/store/driver/postgres';
import * as schema from '../../src/store/schema';
import { createDatabase } from './postgres';

const modules = join(__dirname, '../../node_modules');

const keyring = new Keyring([{ id: 'k1', key: Buffer.alloc(32, 1) }]);

/** Opens an empty store; the caller closes it. */
export async function emptyStore(): Promise<Store> {
  return storeOver(await emptyDatabase(), keyring);
}

/** Opens an empty database, with all tables; the caller closes it. */
export async function emptyDatabase(): Promise<Database> {
  const server = process.env['TEST_DATABASES_URL'];
  if (!server) return embeddedDatabase();
  const url = await createDatabase({ url: server }, `test_${randomUUID().replaceAll('-', '')}`, template);
  const database = await openPostgres(url, { max: 10, connectionTimeoutMillis: 60_000 });
  return { ...database, close: () => closeInTurn(database) };
}

/** After the queries that were asked for before, as the embedded database does: a pool that is closed leaves those that wait for a connection. */
async function closeInTurn(database: Database): Promise<void> {
  await nextTurn();
  await database.queries.execute(sql`select 1`);
  await database.close();
}

/** The database from which those of a run are copied. */
export const template = 'relay_template';

/** Makes the template. For the setup of a run. */
export async function makeTemplate(server: { readonly url: string }): Promise<void> {
  await migrateDatabase({ databaseUrl: await createDatabase(server, template), dataDir: null });
}

/** Opens an empty store over the embedded database; the caller closes it. */
export async function embeddedStore(): Promise<Store> {
  return storeOver(await embeddedDatabase(), keyring);
}

/** Opens an empty embedded database, with all tables, in memory; the caller closes it. */
export async function embeddedDatabase(): Promise<Database> {
  return openPglite(null, new Blob([readFileSync(await dumpOf(readMigrations()))]));
}

/** Takes every row out of a database with all tables: a test that needs an empty one has it at once, where opening takes seconds. */
export async function emptyTables({ queries }: Database): Promise<void> {
  const tables = Object.values(schema).filter((member) => member instanceof PgTable);
  await queries.execute(sql.raw(`truncate table ${tables.map(getTableName).join(', ')} restart identity`));
}

/** Opens an embedded database without a table, in memory; the caller closes it. */
export async function blankDatabase(): Promise<Database> {
  return openPglite(null, new Blob([readFileSync(await dumpOf([]))]));
}

/** The path of a dump (tar) of a database without rows. */
async function dumpOf(migrations: readonly Migration[]): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(modules, '@electric-sql/pglite/package.json'), 'utf8')) as { version: string };
  const key = createHash('sha256')
    .update(JSON.stringify([version, migrations]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(modules, '.cache/pglite');
  const path = join(folder, `${key}.tar`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const partial = `${path}.${process.pid}`;
    writeFileSync(partial, await dump(migrations));
    renameSync(partial, path); // another process may have been quicker
  }
  return path;
}

async function dump(migrations: readonly Migration[]): Promise<Buffer> {
  const client = await PGlite.create();
  const database = await databaseOver(client);
  if (migrations.length > 0) await migrate(database, migrations);
  const dumped = await client.dumpDataDir('none');
  await database.close();
  return Buffer.from(await dumped.arrayBuffer());
}
