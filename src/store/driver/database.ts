/** The interface that PGlite and PostgreSQL share: queries, transactions, and errors without parameters. */
import { DrizzleQueryError } from 'drizzle-orm/errors';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** Drizzle over either driver, inside or outside a transaction. */
export type Queries = PgDatabase<PgQueryResultHKT>;

export interface Database {
  readonly queries: Queries;
  /** Commits when `work` resolves, rolls back when it throws. READ COMMITTED: each statement sees what is committed by then. */
  readonly transaction: <T>(work: (tx: Queries) => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

/** The reason why a query failed, without the query's parameters, which may hold personal data. */
export class QueryFailed extends Error {
  override readonly name = 'QueryFailed';
  /** PostgreSQL's SQLSTATE, or the network's error code. */
  readonly code: string | undefined;
  constructor(cause: unknown) {
    super(`the database answered: ${messageOf(cause)}`, { cause });
    this.code = codeOf(cause);
  }
}

/** An object whose methods throw `QueryFailed` where drizzle's own error would have carried the parameters along. */
export function withPlainErrors<T extends object>(part: T): T {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          return await (Reflect.apply(member, target, args) as Promise<unknown>);
        } catch (error) {
          throw error instanceof DrizzleQueryError ? new QueryFailed(error.cause) : error;
        }
      };
    },
  });
}

/** The SQLSTATE or network code of an error, drizzle's wrapping taken off. */
export function codeOf(error: unknown): string | undefined {
  const inner = error instanceof DrizzleQueryError ? error.cause : error;
  const code: unknown = typeof inner === 'object' && inner !== null && 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Node's error for a host with several addresses has an empty message, but a code. */
export function messageOf(error: unknown): string {
  const message: unknown = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return typeof message === 'string' && message !== '' ? message : (codeOf(error) ?? 'unknown error');
}
