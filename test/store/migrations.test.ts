import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import * as schema from '../../src/store/schema';
import { readMigrations } from '../../src/store/driver/migrations';

const folder = join(__dirname, '../../src/store/migrations');

describe('the migrations', () => {
  const migrations = readMigrations();

  it('are up to date with the schema: drizzle-kit finds nothing to add', async () => {
    const newest = String(migrations.length - 1).padStart(4, '0');
    const snapshot = JSON.parse(readFileSync(join(folder, `meta/${newest}_snapshot.json`), 'utf8')) as typeof declared;
    const declared = generateDrizzleJson(schema, snapshot.id);
    expect(await generateMigration(snapshot, declared)).toEqual([]);
  });

  it('are numbered without gaps', () => {
    expect(migrations.map(({ id }) => id)).toEqual(migrations.map((_, index) => index + 1));
  });

  it('name no schema, so that a database with another search_path can be used', () => {
    for (const statement of migrations.flatMap(({ statements }) => statements)) expect(statement).not.toContain('public');
  });

  it.each(migrations)('$name only adds, or says which versions can run on it', ({ minimumReader, statements }) => {
    if (minimumReader === undefined)
      expect(statements.filter((statement) => takesAway(statement, madeBy(statements)))).toEqual([]);
    else expect(minimumReader).toBeLessThanOrEqual(migrations.length);
  });
});

describe('a statement that a former version would not survive', () => {
  it.each([
    'DROP TABLE "users";',
    'ALTER TABLE "users" DROP COLUMN "identity";',
    'ALTER TABLE "users" RENAME COLUMN "identity" TO "who";',
    'ALTER TABLE "users" RENAME TO "people";',
    'ALTER TABLE "users" ALTER COLUMN "id" SET DATA TYPE text;',
    'ALTER TABLE "users" ALTER COLUMN "identity" SET NOT NULL;',
    'ALTER TABLE "users" ADD COLUMN "must" text NOT NULL;',
    'ALTER TABLE "users" ADD CONSTRAINT "known" CHECK (id > 0);',
    'CREATE UNIQUE INDEX "one" ON "users" ("identity");',
  ])('%s', (statement) => expect(takesAway(statement, [])).toBe(true));

  it.each([
    'CREATE TABLE "new" ("id" text NOT NULL UNIQUE);',
    'ALTER TABLE "users" ADD COLUMN "may" text;',
    'ALTER TABLE "users" ADD COLUMN "has" integer DEFAULT 0 NOT NULL;',
    'CREATE INDEX "some" ON "users" ("identity");',
    'ALTER TABLE "users" ALTER COLUMN "identity" DROP NOT NULL;',
    'CREATE UNIQUE INDEX "one" ON "new" ("id");',
    'ALTER TABLE "new" ADD CONSTRAINT "known" FOREIGN KEY ("id") REFERENCES "users"("id");',
  ])('is not: %s', (statement) => expect(takesAway(statement, ['new'])).toBe(false));
});

/** True of a statement that changes what a version before reads or may write; tables that the same step makes are no former version's. */
function takesAway(statement: string, newTables: readonly string[]): boolean {
  const table = /\b(?:ALTER TABLE|ON) "(\w+)"/i.exec(statement)?.[1];
  if (/ADD COLUMN/i.test(statement)) return /NOT NULL/i.test(statement) && !/DEFAULT/i.test(statement);
  if (/^\s*CREATE TABLE/i.test(statement) || (table !== undefined && newTables.includes(table))) return false;
  return /\bDROP\s+(TABLE|COLUMN|TYPE|FUNCTION|TRIGGER)\b|\bRENAME\b|SET DATA TYPE|SET NOT NULL|ADD CONSTRAINT|CREATE UNIQUE INDEX/i.test(
    statement,
  );
}

function madeBy(statements: readonly string[]): readonly string[] {
  return statements.flatMap((statement) => /^\s*CREATE TABLE "(\w+)"/i.exec(statement)?.[1] ?? []);
}
