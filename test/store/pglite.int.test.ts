import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { PgTable, getTableConfig } from 'drizzle-orm/pg-core';
import { recordOfRow } from '../../src/domain/purchase';
import { defaultSettings } from '../../src/domain/settings';
import { FolderInUse, openStore } from '../../src/store';
import type { Queries } from '../../src/store/driver/database';
import { migrate } from '../../src/store/driver/migrate';
import { readMigrations } from '../../src/store/driver/migrations';
import { storeOver } from '../../src/store';
import * as schema from '../../src/store/schema';
import { blankDatabase, embeddedDatabase } from '../support/test-database';
import { storeConformance } from './conformance';
import { integration, key, noonMs, oldKeyring, payment, record, registration } from '../support/store-samples';

type Rows = readonly Record<string, unknown>[];

/** As information_schema names the type of a column. */
function typeOf(sqlType: string): string {
  return sqlType.endsWith('[]') ? 'ARRAY' : sqlType.replace(' collate "C"', '');
}

async function raw(queries: Queries, statement: string): Promise<Rows> {
  const { rows } = (await queries.execute(sql.raw(statement))) as { rows: unknown } as { rows: Rows }; // what both drivers answer
  return rows;
}

storeConformance('PGlite', async () => {
  const database = await embeddedDatabase();
  return {
    open: (keyring) => Promise.resolve(storeOver(database, keyring)),
    raw: (statement) => raw(database.queries, statement),
    close: () => database.close(),
  };
});

describe('the migrations', () => {
  it('make the tables of the schema, column by column', async () => {
    const database = await blankDatabase();
    await migrate(database, readMigrations());
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
        columns.map((column) => `${name}.${column.name} ${typeOf(column.getSQLType())}${column.notNull ? ' not null' : ''}`),
      );
    expect(declared.length).toBeGreaterThan(50);
    expect(made.map(({ line }) => line).sort()).toEqual(declared.sort());
  });

  it('keep the indexes, the sort order of page keys, and what goes with a user', async () => {
    const database = await blankDatabase();
    await migrate(database, readMigrations());
    const indexes = await raw(
      database.queries,
      `select replace(replace(indexdef, 'CREATE INDEX ', ''), 'public.', '') as line from pg_indexes
       where schemaname = 'public' and indexname not like '%pk%' order by indexname`,
    );
    const sorted = await raw(
      database.queries,
      `select table_name || '.' || column_name as line from information_schema.columns
       where table_schema = 'public' and collation_name = 'C' order by 1`,
    );
    const references = await raw(
      database.queries,
      `select conrelid::regclass || ' ' || pg_get_constraintdef(oid) as line from pg_constraint where contype = 'f' order by 1`,
    );
    await database.close();
    expect({
      indexes: indexes.map(({ line }) => line),
      sorted: sorted.map(({ line }) => line),
      references: references.map(({ line }) => line),
    }).toEqual({
      indexes: [
        'alerts_newest ON alerts USING btree (integration, opened_at_ms DESC)',
        'CREATE UNIQUE INDEX alerts_open ON alerts USING btree (integration, kind, subject) WHERE (closed_at_ms IS NULL)',
        'audit_newest ON audit USING btree (integration, at_ms DESC)',
        'browser_purchases_caller ON browser_purchases USING btree (integration, caller) WHERE (caller IS NOT NULL)',
        'browser_purchases_user ON browser_purchases USING btree (user_id)',
        'checkouts_by_order ON checkouts USING btree (integration, psp, subscription)',
        'declined_orders_oldest ON declined_orders USING btree (declined_at_ms)',
        'delivery_attempts_requests ON delivery_attempts USING btree (at_ms) WHERE (request IS NOT NULL)',
        'first_purchases_user ON first_purchases USING btree (user_id, claimed_at_ms)',
        'CREATE UNIQUE INDEX operator_tokens_named ON operator_tokens USING btree (name) WHERE (revoked_at_ms IS NULL)',
        'payment_ids_money ON payment_ids USING btree (integration, psp, money_id)',
        'payments_by_order ON payments USING btree (integration, psp, subscription)',
        'purchase_total_changes_of ON purchase_total_changes USING btree (integration, day)',
        'purchases_by_error ON purchases USING btree (integration, error_type, occurred_at_ms DESC) WHERE (error_type IS NOT NULL)',
        'purchases_by_event ON purchases USING btree (integration, event_id text_pattern_ops)',
        'purchases_by_payment ON purchases USING btree (integration, money_id)',
        'purchases_by_psp ON purchases USING btree (integration, psp, occurred_at_ms DESC, money_id DESC)',
        `purchases_by_reason ON purchases USING btree (integration, reason, occurred_at_ms DESC) WHERE (state = ANY (ARRAY['suppressed'::text, 'not_a_purchase'::text]))`,
        'purchases_by_state ON purchases USING btree (integration, state, occurred_at_ms DESC, money_id DESC, psp DESC)',
        'purchases_by_subscription ON purchases USING btree (integration, subscription text_pattern_ops)',
        'purchases_newest ON purchases USING btree (integration, occurred_at_ms DESC, money_id DESC, psp DESC)',
        'purchases_refused_by_page ON purchases USING btree (integration, occurred_at_ms) WHERE refused_by_page',
        'quarantine_by_item ON quarantine USING btree (integration, psp, item) WHERE (item IS NOT NULL)',
        'quarantine_newest ON quarantine USING btree (integration, received_at_ms DESC, id DESC)',
        'signalled_facts_oldest ON signalled_facts USING btree (signalled_at_ms)',
        'user_identifiers_user ON user_identifiers USING btree (user_id)',
        'user_joins_newest ON user_joins USING btree (integration, id)',
        'user_joins_pair ON user_joins USING btree (merged_id, survivor_id)',
        'user_joins_survivor ON user_joins USING btree (survivor_id)',
        'user_orders_due ON user_orders USING btree (integration, psp, due_at_ms, subscription) WHERE ((ended_at_ms IS NULL) AND (due_at_ms IS NOT NULL))',
        'user_orders_user ON user_orders USING btree (user_id)',
        'users_identified ON users USING btree (updated_at_ms) WHERE (identity IS NOT NULL)',
        'users_idle ON users USING btree (updated_at_ms)',
        'users_merged ON users USING btree (merged_into) WHERE (merged_into IS NOT NULL)',
        'visits_caller ON visits USING btree (integration, caller) WHERE (caller IS NOT NULL)',
        'visits_idle ON visits USING btree (updated_at_ms)',
        'visits_of_email ON visits USING btree (integration, email_hmac) WHERE (email_hmac IS NOT NULL)',
        'visits_of_user_id ON visits USING btree (integration, user_id_hmac) WHERE (user_id_hmac IS NOT NULL)',
        "visits_refused ON visits USING btree (integration, consent_at_ms) WHERE ((consent = 'denied'::text) AND (kind <> 'checkout'::text))",
        'waiting_facts_oldest ON waiting_facts USING btree (kept_at_ms)',
        'webhook_log_newest ON webhook_log USING btree (integration, psp, id DESC)',
        'webhook_log_oldest ON webhook_log USING btree (received_at_ms)',
      ],
      sorted: [
        'delivery_attempts.money_id',
        'delivery_attempts.psp',
        'first_purchases.money_id',
        'first_purchases.psp',
        'first_purchases.subscription',
        'purchases.money_id',
        'purchases.psp',
        'quarantine.id',
      ],
      references: [
        'browser_purchases FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE',
        'first_purchases FOREIGN KEY (user_id) REFERENCES users(id)',
        'user_identifiers FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE',
        'user_joins FOREIGN KEY (merged_id) REFERENCES users(id) ON DELETE CASCADE',
        'user_joins FOREIGN KEY (survivor_id) REFERENCES users(id) ON DELETE CASCADE',
        'user_orders FOREIGN KEY (user_id) REFERENCES users(id)',
        'users FOREIGN KEY (merged_into) REFERENCES users(id) ON DELETE CASCADE',
      ],
    });
  });

  it('run once, and leave nothing half done', async () => {
    const database = await blankDatabase();
    const first = { id: 1, name: 'first', statements: ['create table made_once (n integer)'] };
    await migrate(database, [first]);
    await migrate(database, [first]);

    const failing = { id: 2, name: 'failing', statements: ['create table made_by_half (n integer)', 'select 1 / 0'] };
    await expect(migrate(database, [first, failing])).rejects.toThrow();
    expect(await raw(database.queries, `select to_regclass('made_by_half') as made`)).toEqual([{ made: null }]);
    expect(await raw(database.queries, `select id from schema_migrations`)).toEqual([{ id: 1 }]);

    await database.close();
  });

  it('let this version run on a newer schema that only adds, and no other', async () => {
    const database = await blankDatabase();
    const known = [{ id: 1, name: 'first', statements: ['create table had (n integer)'] }];
    const adds = { id: 2, name: 'adds', statements: ['alter table had add column more integer'] };
    expect(await migrate(database, [...known, adds])).toEqual({ done: ['first', 'adds'], newer: [] });
    expect(await migrate(database, known)).toEqual({ done: [], newer: [2] });

    const takesAway = { id: 3, name: 'takes away', minimumReader: 2, statements: ['alter table had drop column n'] };
    await migrate(database, [...known, adds, takesAway]);
    await expect(migrate(database, known)).rejects.toThrow(
      'its schema needs a version that knows step 2, this one ends at 1. Start the newer version, or restore a backup',
    );
    expect(await migrate(database, [...known, adds])).toEqual({ done: [], newer: [3] });
    await database.close();
  });

  it('go on from a database whose steps were done before they said who can run on them', async () => {
    const database = await blankDatabase();
    await raw(database.queries, 'create table schema_migrations (id integer primary key, name text not null)');
    await raw(database.queries, `insert into schema_migrations values (1, 'first')`);
    const first = { id: 1, name: 'first', statements: ['select 1 / 0'] };
    expect(await migrate(database, [first])).toEqual({ done: [], newer: [] });
    const second = { id: 2, name: 'second', minimumReader: 1, statements: ['create table second (n integer)'] };
    expect(await migrate(database, [first, second])).toEqual({ done: ['second'], newer: [] });
    expect(await raw(database.queries, 'select minimum_reader from schema_migrations order by id')).toEqual([
      { minimum_reader: null },
      { minimum_reader: 1 },
    ]);
    await database.close();
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
    await before.firstPurchases.claim({ integration, keys: [ada], payment: payment('in_1'), mode: 'this_payment', atMs: noonMs });
    const quarantined = await before.quarantine.keep(integration, {
      psp: 'stripe',
      raw: Buffer.from('body'),
      type: 'type',
      reason: 'reason',
      atMs: noonMs,
    });
    await before.close();
    expect(existsSync(lockFile)).toBe(false);

    const after = await open();
    expect((await after.settings.load(integration, defaultSettings)).accessToken).toBe('token');
    expect((await after.users.find(integration, ada))?.firstPurchase).toEqual(payment('in_1'));
    expect(await after.users.identity(integration, [ada])).toEqual({ ttp: 'ttp' });
    expect(await after.payments.orderOf(integration, 'stripe', 'ch_1')).toEqual(payment('in_1'));
    expect((await after.purchases.list({ integration, limit: 5 })).items.map(recordOfRow)).toEqual([record(payment('in_1'))]);
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
