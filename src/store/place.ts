/** Pages of a table by its primary key, however large the table is. */
import type { SQL } from 'drizzle-orm';
import { getTableName, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';

/** A row's key: the next page begins after it. */
export type Place = readonly (string | number)[];

export interface Placed {
  readonly table: PgTable;
  /** The primary key. */
  readonly key: readonly PgColumn[];
}

/** The columns of a place, to be selected. */
export function placeColumns({ key }: Placed): Record<string, PgColumn> {
  return Object.fromEntries(key.map((part, n) => [`k${n}`, part]));
}

/** @throws when there is no row. */
export function placeOf({ key, table }: Placed, row: Readonly<Record<string, unknown>> | undefined): Place {
  if (!row) throw new Error(`an empty page of ${getTableName(table)} has no last row`);
  return key.map((_, n) => row[`k${n}`] as string | number); // the columns of a key are texts and numbers
}

/** Begins with `and`. */
export function after({ key }: Placed, from: Place | null): SQL {
  if (from === null) return sql``;
  const columns = sql.join([...key], sql`, `);
  const values = from.map((part, n) => sql`${part}::${sql.raw(key[n]?.getSQLType() ?? 'text')}`);
  return sql` and (${columns}) > (${sql.join(values, sql`, `)})`;
}
