import { sql } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { codeOf, type Database, type Queries } from './database';
import type { Migration } from './migrations';

/** What a database has of the schema, after `migrate`. */
export interface SchemaState {
  /** The steps that this call has done, by name, in order. */
  readonly done: readonly string[];
  /** The steps of a newer version that the database has. This version runs on it all the same. */
  readonly newer: readonly number[];
}

/** The schema is too new for this version, or lacks steps that this role may not do. The message is for the operator. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
}

/** Any number that no other program locks on: "ttpr" in ASCII. */
const migrationLock = 0x74747072;

const schemaMigrations = pgTable('schema_migrations', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
  /** `Migration.minimumReader`; null for a step that every version before can run on. */
  minimumReader: integer('minimum_reader'),
});

/**
 * Brings the schema up to date. Safe from several processes at once: one works, the others wait and find nothing left to do.
 * All or nothing. A schema that is up to date needs no right to change it.
 * @throws SchemaMismatch
 */
export async function migrate(database: Database, steps: readonly Migration[]): Promise<SchemaState> {
  return database.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${migrationLock}::bigint)`);
    const stored = await storedSteps(tx);
    const newer = newerSteps(stored, steps);
    const pending = steps.filter(({ id }) => !stored.some((step) => step.id === id));
    if (pending.length > 0) await asOwner(pending, () => perform(tx, pending));
    return { done: pending.map(({ name }) => name), newer };
  });
}

type StoredStep = typeof schemaMigrations.$inferSelect;

async function storedSteps(tx: Queries): Promise<readonly StoredStep[]> {
  if ((await columns(tx)).length === 0) return [];
  const { id, name } = schemaMigrations;
  // Databases from before have no such column, and no step that would need it.
  if (!(await columns(tx)).includes('minimum_reader'))
    return (await tx.select({ id, name }).from(schemaMigrations)).map((step) => ({ ...step, minimumReader: null }));
  return tx.select().from(schemaMigrations);
}

/** Of `schema_migrations`; none when there is no such table. */
async function columns(tx: Queries): Promise<readonly string[]> {
  const answer = await tx.execute(
    sql`select attname::text as name from pg_attribute where attrelid = to_regclass('schema_migrations') and attnum > 0 and not attisdropped`,
  );
  return (answer as { readonly rows: readonly { readonly name: string }[] }).rows.map(({ name }) => name); // both drivers
}

/** @throws SchemaMismatch when a step that this version does not know demands a newer version. */
function newerSteps(stored: readonly StoredStep[], steps: readonly Migration[]): readonly number[] {
  const newer = stored.filter(({ id }) => !steps.some((step) => step.id === id));
  const newest = Math.max(0, ...steps.map(({ id }) => id));
  const minimum = Math.max(0, ...newer.map(({ minimumReader }) => minimumReader ?? 0));
  if (minimum > newest)
    throw new SchemaMismatch(
      `the database was set up by a newer version of this service: its schema needs a version that knows step ${minimum}, this one ends at ${newest}. ` +
        'Start the newer version, or restore a backup from before it',
    );
  return newer.map(({ id }) => id).sort((a, b) => a - b);
}

async function perform(tx: Queries, pending: readonly Migration[]): Promise<void> {
  await tx.execute(
    sql`create table if not exists schema_migrations (id integer primary key, name text not null, minimum_reader integer)`,
  );
  if (!(await columns(tx)).includes('minimum_reader'))
    await tx.execute(sql`alter table schema_migrations add column minimum_reader integer`);
  for (const { id, name, minimumReader = null, statements } of pending) {
    for (const statement of statements) await tx.execute(sql.raw(statement));
    await tx.insert(schemaMigrations).values({ id, name, minimumReader });
  }
}

/** Says what to do when the role may not change the schema (SQLSTATE 42501). */
async function asOwner(pending: readonly Migration[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (codeOf(error) !== '42501') throw error;
    const lacking = pending.map(({ name }) => name).join(', ');
    throw new SchemaMismatch(
      `the database lacks steps of its schema (${lacking}), and this role may not change it: run \`npm run migrate\` (\`relay migrate\` in the image) with the DATABASE_URL of the role that owns the tables`,
      { cause: error },
    );
  }
}
