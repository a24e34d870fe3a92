/** PostgreSQL by URL, over a pool of connections. */
import { drizzle } from 'drizzle-orm/node-postgres';
import type { PoolClient, PoolConfig } from 'pg';
import { Pool } from 'pg';
import type { Database, Queries } from './database';
import { messageOf } from './database';
import { commitAfter } from './transaction';

/** The server did not answer, or refused the connection. */
export class DatabaseUnreachable extends Error {
  override readonly name = 'DatabaseUnreachable';
}

/** Within these a webhook can still be answered with 503. */
const impatient = {
  max: 10,
  connectionTimeoutMillis: 4_000,
  statement_timeout: 4_000,
  /** The client's own watch, for a server that does not even say that it gave up. */
  query_timeout: 5_000,
  /** A process that stops in the middle of a transaction must not hold its locks for long. */
  idle_in_transaction_session_timeout: 10_000,
} satisfies PoolConfig;

/** For migrations: waiting for another process, or rewriting a large table, takes as long as it takes. */
export const patient = { connectionTimeoutMillis: 4_000, max: 1 } satisfies PoolConfig;

/** @throws DatabaseUnreachable */
export async function openPostgres(databaseUrl: string, limits: PoolConfig = impatient): Promise<Database> {
  const pool = new Pool({
    connectionString: databaseUrl,
    keepAlive: true,
    application_name: 'tiktok-purchase-relay',
    ...limits,
  });
  // An idle connection broke: the next query gets another one, or fails with the reason.
  pool.on('error', () => undefined);
  // The pool does not listen to a connection that it has given out. Without a listener one that breaks between two queries of a
  // transaction would end the process; with one, the transaction's next query fails.
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw new DatabaseUnreachable(
      `DATABASE_URL: can't open the database at ${placeOf(databaseUrl)}: ${messageOf(error)} (example: DATABASE_URL=postgres://relay:secret@db.example.com:5432/relay)`,
      { cause: error },
    );
  }
  return {
    queries: drizzle(pool),
    transaction: (work) => inTransaction(pool, work),
    close: () => pool.end(),
  };
}

/**
 * Not drizzle's own: that one never gives back a connection which fails at `begin`, and gives back one that is broken.
 * Here a connection that can't roll back is closed.
 */
async function inTransaction<T>(pool: Pool, work: (tx: Queries) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const result = await commitAfter(client, work);
    client.release();
    return result;
  } catch (error) {
    client.release(!(await isRolledBack(client)));
    throw error;
  }
}

async function isRolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('rollback');
    return true;
  } catch {
    return false;
  }
}

/** Where the database is, without user and password. */
function placeOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'DATABASE_URL (it is not a postgres:// URL)';
  const { hostname, port, pathname, searchParams } = new URL(databaseUrl);
  return `${searchParams.get('host') ?? (hostname || 'localhost')}:${port || '5432'}${pathname}`;
}
