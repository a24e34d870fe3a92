import { sql } from 'drizzle-orm';
import { Client } from 'pg';
import { defaultSettings } from '../../src/domain/settings';
import type { Store } from '../../src/store';
import { DatabaseUnreachable, migrateDatabase, openStore, SchemaMismatch } from '../../src/store';
import { openPostgres } from '../../src/store/driver/postgres';
import { isUnreachable } from '../../src/http/unreachable';
import type { PostgresServer } from '../support/postgres';
import { createDatabase, postgresBinaries, query, startPostgres } from '../support/postgres';
import { storeConformance } from './conformance';
import { integration, key, noonMs, oldKeyring, payment, registration } from '../support/store-samples';

const binaries = postgresBinaries();

if (binaries === null && process.env['CI'] === 'true') {
  it('needs PostgreSQL 15 in CI', () => {
    throw new Error('initdb and postgres were found neither in /usr/lib/postgresql/15/bin nor on PATH');
  });
} else if (binaries === null) {
  it.skip('the store over PostgreSQL: skipped, since initdb and postgres are not installed', () => undefined);
} else {
  withPostgres(binaries);
}

function withPostgres(folder: string): void {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(folder);
  });
  afterAll(async () => server.stop());

  storeConformance('PostgreSQL', async () => {
    const databaseUrl = await createDatabase(server, 'conformance');
    const opened: Store[] = [];
    return {
      open: async (keyring) => {
        const store = await openStore({ databaseUrl, dataDir: null, keyring });
        opened.push(store);
        return store;
      },
      raw: (statement) => query(databaseUrl, statement),
      close: async () => void (await Promise.all(opened.map((store) => store.close()))),
    };
  });

  storeConformance('PostgreSQL that a newer version has set up, as a role that may change no table', async () => {
    const databaseUrl = await createDatabase(server, 'newer');
    const appUrl = await createRole(databaseUrl, 'relay_app');
    await migrateDatabase({ databaseUrl, dataDir: null });
    await addNewerStep(databaseUrl);
    const opened: Store[] = [];
    return {
      open: async (keyring) => {
        const store = await openStore({
          ...{ databaseUrl: appUrl, dataDir: null, keyring },
          onSchema: (schema) => expect(schema).toEqual({ done: [], newer: [1000] }),
        });
        opened.push(store);
        return store;
      },
      raw: (statement) => query(databaseUrl, statement),
      close: async () => void (await Promise.all(opened.map((store) => store.close()))),
    };
  });

  describe('the schema of PostgreSQL', () => {
    it('is brought up to date by its owner; a role that may not is told what to run', async () => {
      const databaseUrl = await createDatabase(server, 'owned');
      const appUrl = await createRole(databaseUrl, 'relay_unprivileged');
      const open = () => openStore({ databaseUrl: appUrl, dataDir: null, keyring: oldKeyring });
      const refusal: unknown = await open().catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(SchemaMismatch);
      expect(String(refusal)).toMatch(/lacks steps of its schema \(0000_first-tables.*`npm run migrate`/);

      expect((await migrateDatabase({ databaseUrl, dataDir: null })).done[0]).toBe('0000_first-tables');
      expect((await migrateDatabase({ databaseUrl, dataDir: null })).done).toEqual([]);
      const store = await open();
      await store.users.register(registration(payment('in_1')));
      await store.close();
    });

    it('refuses a version that it can no longer work with', async () => {
      const databaseUrl = await createDatabase(server, 'too_new');
      await migrateDatabase({ databaseUrl, dataDir: null });
      await addNewerStep(databaseUrl, 1000);
      await expect(openStore({ databaseUrl, dataDir: null, keyring: oldKeyring })).rejects.toThrow(
        'its schema needs a version that knows step 1000',
      );
    });
  });

  describe('PostgreSQL', () => {
    const open = (databaseUrl: string) => openStore({ databaseUrl, dataDir: null, keyring: oldKeyring });

    it('is set up once by processes that start at once', async () => {
      const databaseUrl = await createDatabase(server, 'started_at_once');
      const stores = await Promise.all(Array.from({ length: 5 }, () => open(databaseUrl)));
      const loads = await Promise.all(stores.map((store) => store.settings.load(integration, defaultSettings)));
      expect(loads.map(({ version }) => version)).toEqual([1, 1, 1, 1, 1]);
      expect(await query(databaseUrl, 'select count(*)::int as steps from schema_migrations where id = 1')).toEqual([
        { steps: 1 },
      ]);
      await Promise.all(stores.map((store) => store.close()));
    });

    it.each([
      ['nobody listens', 'postgres://relay:hunter2@127.0.0.1:1/relay', '127.0.0.1:1/relay'],
      ['the host does not exist', 'postgres://relay:hunter2@db.invalid/relay', 'db.invalid:5432/relay'],
      ['it is no URL', 'hunter2', 'not a postgres:// URL'],
    ])('that can not be reached (%s) is named without its password', async (_why, databaseUrl, place) => {
      const error: unknown = await open(databaseUrl).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DatabaseUnreachable);
      expect(String(error)).toContain(place);
      expect(String(error)).not.toContain('hunter2');
    });

    it('that has no such database says so', async () => {
      await expect(open(server.url.replace('/postgres', '/missing').concat('_db'))).rejects.toThrow(
        '"missing_db" does not exist',
      );
    });

    it('goes on when its connections were cut', async () => {
      const databaseUrl = await createDatabase(server, 'cut');
      const store = await open(databaseUrl);
      await Promise.all(Array.from({ length: 12 }, () => store.ping()));
      await query(server.url, `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'cut'`);
      await query(server.url, 'select pg_sleep(0.2)'); // until the news has come
      await expect(store.ping()).resolves.toBeUndefined();
      await expect(store.users.register(registration(payment('in_1')))).resolves.toMatchObject({ ownsCheckout: false });
      await store.close();
    });

    it.each([
      [
        'is terminated by an administrator',
        {},
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'broken'`,
      ],
      ['stands idle for too long', { idle_in_transaction_session_timeout: 100 }, 'select 1'],
    ])('a connection that %s within a transaction fails the transaction alone', async (_why, limits, statement) => {
      await query(server.url, 'drop database if exists broken with (force)');
      const database = await openPostgres(await createDatabase(server, 'broken'), { max: 2, ...limits });
      const broken = database.transaction(async (tx) => {
        await tx.execute(sql`create table half_done (id integer)`);
        await query(server.url, statement);
        // The connection ends between two queries: nobody waits for an answer when the news comes.
        await query(server.url, 'select pg_sleep(0.4)');
        await tx.execute(sql`insert into half_done values (1)`);
      });
      const error: unknown = await broken.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(isUnreachable(error)).toBe(true);
      // Both places of the pool can be used again, and nothing was kept.
      const table = sql<string | null>`to_regclass('half_done')`;
      const found = await Promise.all([1, 2].map(() => database.transaction((tx) => tx.select({ table }).from(sql`now()`))));
      expect(found).toEqual([[{ table: null }], [{ table: null }]]);
      await database.close();
    });

    it('that is stuck fails a call in time, and loses no connection by it', async () => {
      const databaseUrl = await createDatabase(server, 'stuck');
      const store = await open(databaseUrl);
      const blocker = new Client({ connectionString: databaseUrl });
      await blocker.connect();
      await blocker.query('begin; lock table users in access exclusive mode');

      const startedAt = performance.now();
      const registered = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) => store.users.register(registration(payment(`in_${index}`)))),
      );
      expect(registered.map(({ status }) => status)).toEqual(registered.map(() => 'rejected'));
      expect(performance.now() - startedAt).toBeLessThan(30_000);

      await blocker.end();
      await expect(Promise.all(Array.from({ length: 12 }, () => store.ping()))).resolves.toHaveLength(12);
      await store.users.register(registration(payment('in_1'), [key('user_id', 'ada')]));
      expect(
        (
          await store.firstPurchases.claim({
            integration,
            keys: [key('user_id', 'ada')],
            payment: payment('in_1'),
            mode: 'this_payment',
            atMs: noonMs,
          })
        ).granted,
      ).toBe(true);
      await store.close();
    });
  });
}

/** A role of the kind that deploy/postgres gives to web and worker: it reads and writes rows, and makes no tables. */
async function createRole(databaseUrl: string, role: string): Promise<string> {
  await query(databaseUrl, `create role ${role} login`);
  for (const [what, rights] of [
    ['tables', 'select, insert, update, delete'],
    ['sequences', 'usage, select'],
  ] as const)
    await query(databaseUrl, `alter default privileges in schema public grant ${rights} on ${what} to ${role}`);
  return databaseUrl.replace('//relay:', `//${role}:`);
}

/** As a version of the future would: a table of its own, and columns in every table that there is. */
async function addNewerStep(databaseUrl: string, minimumReader: number | null = null): Promise<void> {
  const tables = await query(
    databaseUrl,
    `select tablename from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations'`,
  );
  for (const { tablename } of tables)
    await query(
      databaseUrl,
      `alter table ${String(tablename)} add column of_the_future text, add column counted_in_future integer not null default 0`,
    );
  await query(databaseUrl, 'create table of_the_future (id bigint primary key, note text)');
  await query(databaseUrl, `insert into schema_migrations values (1000, 'of the future', ${minimumReader ?? 'null'})`);
}
