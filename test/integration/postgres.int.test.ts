import type { PostgresServer } from '../support/postgres';
import { createDatabase, postgresBinaries, startPostgres } from '../support/postgres';
import { relaySuite } from '../support/relay-suite';

const binaries = postgresBinaries();
if (binaries === null) {
  // CI installs PostgreSQL; elsewhere the embedded database has to do.
  (process.env['CI'] === 'true' ? it : it.skip)('the suite needs the programs of PostgreSQL 15, and finds none', () => {
    throw new Error('install postgresql-15, or put initdb and postgres on PATH');
  });
} else {
  let server: PostgresServer;
  afterAll(() => server?.stop());
  relaySuite('postgres', async () => {
    server = await startPostgres(binaries);
    return { databaseUrl: await createDatabase(server, 'relay') };
  });
}
