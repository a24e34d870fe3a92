import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { PgTable, getTableConfig } from 'drizzle-orm/pg-core';
import { defaultSettings } from '../../src/domain/settings';
import { FolderInUse, openStore } from '../../src/store';
import type { Queries } from '../../src/store/driver/database';
import { migrate } from '../../src/store/driver/migrate';
import { migrations } from '../../src/store/migrations';
import { storeOver } from '../../src/store/open-store';
import { openPglite } from '../../src/store/driver/pglite';
import * as schema from '../../src/store/schema';
import { storeConformance } from './conformance';
import { integration, key, noonMs, oldKeyring, payment, record, registration } from '../support/store-samples';

jest.setTimeout(60_000);

type Rows = readonly Record<string, unknown>[];

async function raw(queries: Queries, statement: string): Promise<Rows> {
  const { rows } = (await queries.execute(sql.raw(statement))) as { rows: unknown } as { rows: Rows }; // what both drivers answer
  return rows;
}

storeConformance('PGlite', async () => {
  const database = await openPglite(null);
  await migrate(database, migrations);
  return {
    open: (keyring) => Promise.resolve(storeOver(database, keyring)),
    raw: (statement) => raw(database.queries, statement),
    close: () => database.close(),
  };
});

describe('the migrations', () => {
  it('make the tables of the schema, column by column', async () => {
    const database = await openPglite(null);
    await migrate(database, migrations);
    const made = await raw(
      database.queries,
      `select table_name || '.' || column_name || ' ' || data_type || case is_nullable when 'NO' then ' not null' else '' end as line
       from information_schema.columns where table_schema = 'public' and table_name <> 'schema_migrations'`,
    );
    await database.close();
    const tables = Object.values(schema).filter((member) => member instanceof PgTable);
    const declared = tables
      .map(getTableConfig)
      .flatMap(({ name, columns }) =>
        columns.map((column) => `${name}.${column.name} ${column.getSQLType()}${column.notNull ? ' not null' : ''}`),
      );
    expect(declared.length).toBeGreaterThan(50);
    expect(made.map(({ line }) => line).sort()).toEqual(declared.sort());
  });

  it('run once, leave nothing half done, and refuse a database that is ahead of them', async () => {
    const database = await openPglite(null);
    const first = { id: 1, name: 'first', statements: ['create table made_once (n integer)'] };
    await migrate(database, [first]);
    await migrate(database, [first]);

    const failing = { id: 2, name: 'failing', statements: ['create table made_by_half (n integer)', 'select 1 / 0'] };
    await expect(migrate(database, [first, failing])).rejects.toThrow();
    expect(await raw(database.queries, `select to_regclass('made_by_half') as made`)).toEqual([{ made: null }]);
    expect(await raw(database.queries, `select id from schema_migrations`)).toEqual([{ id: 1 }]);

    await expect(migrate(database, [])).rejects.toThrow('newer version');
    await database.close();
  });

  it('are numbered without gaps', () => {
    expect(migrations.map(({ id }) => id)).toEqual(migrations.map((_, index) => index + 1));
  });
});

describe('the embedded database', () => {
  let dataDir = '';
  let lockFile = '';
  beforeEach(() => {
    dataDir = join(mkdtempSync(join(tmpdir(), 'relay-store-')), 'data');
    lockFile = join(dataDir, 'database.lock');
  });
  afterEach(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }));

  const open = () => openStore({ dataDir, keyring: oldKeyring });
  const ada = key('user_id', 'ada');

  it('has everything after a restart', async () => {
    const before = await open();
    await before.settings.load(integration, { ...defaultSettings, accessToken: 'token' });
    await before.users.register(registration(payment('in_1'), [ada], { identity: { ttp: 'ttp' }, paymentIds: ['ch_1'] }));
    await before.users.claimFirstPurchase(integration, [ada], payment('in_1'), 'this_payment', noonMs);
    const quarantined = await before.quarantine.keep(integration, 'stripe', Buffer.from('body'), 'type', 'reason', noonMs);
    await before.close();
    expect(existsSync(lockFile)).toBe(false);

    const after = await open();
    expect((await after.settings.load(integration, defaultSettings)).accessToken).toBe('token');
    expect((await after.users.find(integration, ada))?.firstPurchase).toEqual(payment('in_1'));
    expect(await after.users.identity(integration, [ada])).toEqual({ ttp: 'ttp' });
    expect(await after.users.orderOfPayment(integration, 'stripe', 'ch_1')).toEqual(payment('in_1'));
    expect((await after.purchases.list({ integration, limit: 5 })).items).toEqual([record(payment('in_1'))]);
    expect((await after.quarantine.body(integration, quarantined))?.raw.toString()).toBe('body');
    await after.close();
  });

  it('is open once only: a second start is told who has it', async () => {
    const store = await open();
    await expect(open()).rejects.toThrow(FolderInUse);
    await expect(open()).rejects.toThrow(`process ${process.pid}`);
    await expect(store.ping()).resolves.toBeUndefined();
    expect(statSync(dataDir).mode & 0o077).toBe(0);
    await store.close();
    await store.close();
    expect(existsSync(lockFile)).toBe(false);
  });
});
