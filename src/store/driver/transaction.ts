/** A transaction over a connection of node-postgres, the same for both databases. */
import { drizzle } from 'drizzle-orm/node-postgres';
import type { Client, PoolClient } from 'pg';
import type { Queries } from './database';

/** A query of the transaction failed and its error was swallowed: nothing of it is stored. */
export class TransactionAborted extends Error {
  override readonly name = 'TransactionAborted';
  /** SQLSTATE in_failed_sql_transaction. */
  readonly code = '25P02';
}

/**
 * Begins, works, commits. When it throws, the caller rolls back.
 * @throws TransactionAborted when PostgreSQL answers the commit with a rollback
 */
export async function commitAfter<T>(client: Client | PoolClient, work: (tx: Queries) => Promise<T>): Promise<T> {
  await client.query('begin');
  const result = await work(drizzle(client));
  const { command } = await client.query('commit');
  if (command === 'ROLLBACK') throw new TransactionAborted('the transaction was rolled back, since a query of it had failed');
  return result;
}
