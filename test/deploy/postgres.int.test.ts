/** deploy/postgres/roles.sh and deploy/backup.sh on a real PostgreSQL, and the service with the roles that they make and bring back. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyring } from '../../src/crypto/keyring';
import { migrateDatabase, openStore } from '../../src/store';
import type { PostgresServer } from '../support/postgres';
import { postgresBinaries, query, startPostgres } from '../support/postgres';
import { payment, registration } from '../support/store-samples';

const binaries = postgresBinaries();
const onPostgres = binaries === null && process.env['CI'] !== 'true' ? it.skip : it;

let server: PostgresServer;
afterAll(async () => server?.stop());

onPostgres('each role can do its work, and no other', async () => {
  if (binaries === null) throw new Error('initdb and postgres were not found');
  server = await startPostgres(binaries);
  // The superuser of this cluster has the name of one of the roles.
  const as = (role: string, database: string): string => `postgres://${role}@127.0.0.1:${server.port}/${database}`;
  await query(server.url, 'create role postgres superuser login');
  await query(as('postgres', 'postgres'), 'alter role relay rename to somebody');
  const passwords = { RELAY_OWNER_PASSWORD: "owner's", RELAY_DB_PASSWORD: 'app', TEMPORAL_DB_PASSWORD: 'temporal' };
  execFileSync('sh', [join(__dirname, '../../deploy/postgres/roles.sh')], {
    env: {
      PATH: `${binaries}:${process.env['PATH'] ?? ''}`,
      ...{ PGHOST: '127.0.0.1', PGPORT: String(server.port), POSTGRES_USER: 'postgres' },
      ...passwords,
    },
  });

  await migrateDatabase({ databaseUrl: as('relay_owner', 'relay'), dataDir: null });
  const keyring = new Keyring([{ id: 'k1', key: Buffer.alloc(32, 7) }]);
  const store = await openStore({ databaseUrl: as('relay', 'relay'), dataDir: null, keyring });
  await store.users.register(registration(payment('in_1')));
  await store.close();

  for (const statement of [
    'create table mine (n int)',
    'drop table users',
    'alter table users add column n int',
    'create schema mine',
  ])
    await expect(query(as('relay', 'relay'), statement)).rejects.toThrow(/permission denied|must be owner/);
  await expect(query(as('relay', 'temporal'), 'select 1')).rejects.toThrow('permission denied for database');
  await expect(query(as('temporal', 'relay'), 'select 1')).rejects.toThrow('permission denied for database');
  await query(as('temporal', 'temporal'), 'create table executions (n int)');
  await query(as('temporal', 'temporal_visibility'), 'create table executions_visibility (n int)');
  for (const role of ['relay', 'relay_owner', 'temporal'])
    expect(
      await query(
        as('postgres', 'postgres'),
        `select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = '${role}'`,
      ),
    ).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false }]);
});

onPostgres('deploy/backup.sh brings every row back, into empty databases alone, and the drill compares them', async () => {
  if (binaries === null) throw new Error('initdb and postgres were not found');
  const folder = mkdtempSync(join(tmpdir(), 'relay-backup-'));
  const url = (database: string): string => `postgres://postgres@127.0.0.1:${server.port}/${database}`;
  const env = {
    PATH: `${binaries}:${process.env['PATH'] ?? ''}`,
    ...{ PGHOST: '127.0.0.1', PGPORT: String(server.port), PGUSER: 'postgres', DATABASES: 'relay temporal' },
  };
  const backup = (command: string): string =>
    execFileSync(join(__dirname, '../../deploy/backup.sh'), [command, join(folder, 'now')], {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  const rowsOf = async (table: string) => query(url('relay'), `select * from ${table} order by 1, 2`);
  try {
    expect(backup('backup')).toMatch(/^relay: backed up in \d+ s, \d+ kB\ntemporal: backed up/);
    const [orders, payments] = [await rowsOf('user_orders'), await rowsOf('payments')];
    expect([orders.length, payments.length]).toEqual([1, 1]);
    expect(backup('drill')).toContain('0 of them with other numbers of rows than now');
    expect(() => backup('restore')).toThrow('relay is not empty');

    for (const [database, owner] of [
      ['relay', 'relay_owner'],
      ['temporal', 'temporal'],
    ]) {
      await query(url('postgres'), `drop database ${database!}`);
      await query(url('postgres'), `create database ${database!} owner ${owner!}`);
    }
    backup('restore');
    expect([await rowsOf('user_orders'), await rowsOf('payments')]).toEqual([orders, payments]);
    // The roles have their rights again, too.
    const keyring = new Keyring([{ id: 'k1', key: Buffer.alloc(32, 7) }]);
    const store = await openStore({ databaseUrl: url('relay').replace('postgres@', 'relay@'), dataDir: null, keyring });
    await store.users.register(registration(payment('in_2')));
    await store.close();
    await expect(query(url('relay').replace('postgres@', 'relay@'), 'create table mine (n int)')).rejects.toThrow(
      'permission denied',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
