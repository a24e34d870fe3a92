/** The database behind one connection: what PGlite has. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Client, type QueryConfig } from 'pg';
import type { Database, Queries } from './database';
import type { EmbeddedServer } from './embedded-server';
import { StatementNames } from './statement-names';
import { commitAfter } from './transaction';

/**
 * Connects to an embedded server. Queries outside of transactions are sent at once, without waiting for the answers to those before;
 * a transaction has the connection for itself, in the order of asking. When the server has ended, all queries fail with its reason.
 */
export async function connectTo(server: EmbeddedServer): Promise<Database> {
  // All of what node-postgres would read from PGUSER, PGSSLMODE and their like.
  const place = { user: 'postgres', password: 'none', database: 'postgres', host: 'localhost', port: 5432, ssl: false };
  const client = new Client({ ...place, pipeline: true, stream: () => server.wire });
  const database = new OneConnection(client, server);
  try {
    await client.connect();
    return database;
  } catch (error) {
    await server.close();
    throw error;
  }
}

class OneConnection implements Database {
  readonly queries: Queries;
  private ended: Error | null = null;
  private closed: Promise<void> | null = null;
  /** Resolves when the last transaction that was asked for has ended. */
  private lastTransaction: Promise<unknown> = Promise.resolve();
  /** What drizzle calls of a client. A text that comes again has a name. */
  private readonly named: Pick<Client, 'query'>;

  constructor(
    private readonly client: Client,
    private readonly server: EmbeddedServer,
  ) {
    client.on('error', (error) => (this.ended ??= error));
    const names = new StatementNames();
    this.named = {
      query: (query: QueryConfig | string, values?: unknown[]) =>
        client.query(typeof query === 'string' ? query : names.named(query, values), values),
    } as Pick<Client, 'query'>; // of its forms drizzle and `commitAfter` use these
    const outside = {
      query: (config: QueryConfig, values?: unknown[]) => this.lastTransaction.then(() => this.open().query(config, values)),
    };
    this.queries = drizzle(outside as Client);
  }

  readonly transaction = <T>(work: (tx: Queries) => Promise<T>): Promise<T> => {
    const own = this.lastTransaction.then(() => this.commitOrRollBack(work));
    this.lastTransaction = own.catch(() => undefined);
    return own;
  };

  /** After all queries and transactions that were asked for before. */
  close(): Promise<void> {
    this.closed ??= this.closeInTurn();
    return this.closed;
  }

  private async commitOrRollBack<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    const client = this.open();
    try {
      return await commitAfter(client as Client, work);
    } catch (error) {
      await client.query('rollback').catch(() => undefined); // it fails only where the server has ended, and with it the transaction
      throw error;
    }
  }

  private open(): Pick<Client, 'query'> {
    if (this.ended !== null) throw this.ended;
    return this.named;
  }

  private async closeInTurn(): Promise<void> {
    await nextTurn(); // by then drizzle has handed over what was asked for
    await this.lastTransaction;
    const wasOpen = this.ended === null;
    this.ended ??= new Error('the embedded database is closed');
    if (wasOpen) await this.client.end();
    await this.server.close();
  }
}
