/**
 * Statements that come with every purchase. Drizzle would build their SQL anew each time, which takes longer than to send it, and the server would
 * parse it anew: these are built once for a database, and parsed once by each connection (a named statement of PostgreSQL).
 */
import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Queries } from './database';

/** `build` makes the statement, with placeholders. Its name is given to no other text. */
export function statement<Statement>(build: (queries: Queries) => Statement): (queries: Queries) => Statement {
  const built = new WeakMap<Queries, Statement>();
  return (queries) => {
    const known = built.get(queries) ?? build(queries);
    built.set(queries, known);
    return known;
  };
}

/** A call of one of the database's functions, which answers with one value. `call` has placeholders. */
export function functionCall<Answer>(name: string, call: SQL) {
  const prepared = statement((queries) =>
    queries
      .select({ answer: sql<Answer>`${call}` })
      .from(sql`(values (1)) as one`)
      .prepare(name),
  );
  return async (queries: Queries, values: Readonly<Record<string, unknown>>): Promise<Answer> => {
    const [found] = await prepared(queries).execute(values);
    if (!found) throw new Error('a function answers with one row');
    return found.answer;
  };
}

/** All columns of a table as placeholders, and the values of a row for them. `prefix` tells two tables of one statement apart. */
export class RowPlaceholders<Table extends PgTable> {
  private readonly columns: readonly (readonly [name: string, column: PgColumn])[];

  constructor(
    table: Table,
    private readonly prefix = '',
  ) {
    this.columns = Object.entries(getTableColumns(table));
  }

  /** In place of a row. */
  get row(): Table['$inferInsert'] {
    const values = this.columns.map(([name, column]) => [
      name,
      sql`${sql.placeholder(this.prefix + name)}::${sql.raw(typeOf(column))}`,
    ]);
    return Object.fromEntries(values) as Table['$inferInsert']; // drizzle takes SQL for any column's value
  }

  /** What the row does not say is the column's default, or null. */
  valuesOf(row: Table['$inferInsert']): Readonly<Record<string, unknown>> {
    const stated = row as Readonly<Record<string, unknown>>;
    return Object.fromEntries(
      this.columns.map(([name, column]) => {
        const value = stated[name] ?? column.default ?? null;
        return [this.prefix + name, value === null ? null : column.mapToDriverValue(value)];
      }),
    );
  }
}

/** Without its collation, which belongs to the column. */
function typeOf(column: PgColumn): string {
  return column.getSQLType().replace(/ collate .*/, '');
}
