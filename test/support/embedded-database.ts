/** Embedded databases for tests. They start from a dump of an empty database, made once for all suites: that takes a fifth of the time. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { getTableName, sql } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { Keyring } from '../../src/crypto/keyring';
import type { Store } from '../../src/store';
import { storeOver } from '../../src/store';
import type { Database } from '../../src/store/driver/database';
import { migrate } from '../../src/store/driver/migrate';
import { type Migration, readMigrations } from '../../src/store/driver/migrations';
import { databaseOver, openPglite } from '../../src/store/driver/pglite';
import * as schema from '../../src/store/schema';

const modules = join(__dirname, '../../node_modules');

/** Opens an empty store; the caller closes it. */
export async function memoryStore(): Promise<Store> {
  return storeOver(await memoryDatabase(), new Keyring([{ id: 'k1', key: Buffer.alloc(32, 1) }]));
}

/** Opens an empty database, with all tables, in memory; the caller closes it. */
export async function memoryDatabase(): Promise<Database> {
  return openPglite(null, new Blob([readFileSync(await emptyDatabase(readMigrations()))]));
}

/** Takes every row out of a database with all tables: a test that needs an empty one has it at once, where opening takes seconds. */
export async function emptyTables({ queries }: Database): Promise<void> {
  const tables = Object.values(schema).filter((member) => member instanceof PgTable);
  await queries.execute(sql.raw(`truncate table ${tables.map(getTableName).join(', ')} restart identity`));
}

/** Opens a database without a table, in memory; the caller closes it. */
export async function blankDatabase(): Promise<Database> {
  return openPglite(null, new Blob([readFileSync(await emptyDatabase([]))]));
}

/** The path of a dump (tar) of a database without rows. */
async function emptyDatabase(migrations: readonly Migration[]): Promise<string> {
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
