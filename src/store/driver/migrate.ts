import { sql } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import type { Database } from './database';
import type { Migration } from './migrations';

/** Any number that no other program locks on: "ttpr" in ASCII. */
const migrationLock = 0x74747072;

const schemaMigrations = pgTable('schema_migrations', { id: integer('id').primaryKey(), name: text('name').notNull() });

/**
 * Brings the schema up to date. Safe from several processes at once: one works, the others wait and find nothing left to do.
 * All or nothing.
 * @throws if the database has steps that this version of the service does not know.
 */
export async function migrate(database: Database, steps: readonly Migration[]): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${migrationLock}::bigint)`);
    await tx.execute(sql`create table if not exists schema_migrations (id integer primary key, name text not null)`);

    const done = new Set((await tx.select().from(schemaMigrations)).map(({ id }) => id));
    const unknown = [...done].filter((id) => !steps.some((step) => step.id === id));
    if (unknown.length > 0) {
      throw new Error(`the database was set up by a newer version of this service (it has migration ${Math.max(...unknown)})`);
    }
    for (const { id, name, statements } of steps) {
      if (done.has(id)) continue;
      for (const statement of statements) await tx.execute(sql.raw(statement));
      await tx.insert(schemaMigrations).values({ id, name });
    }
  });
}
