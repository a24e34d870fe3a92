/** The steps of the schema, as drizzle-kit has written them to `migrations/` from schema.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One step of the schema. A step that has been released is never changed; a change is a new step. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly id: number;
  readonly name: string;
  /** One SQL statement each. They run in one transaction with every other step that is still to do. */
  readonly statements: readonly string[];
}

/** Reads all steps, in order. @throws if the folder is not there: `npm run build` copies it to `dist`. */
export function readMigrations(folder = join(__dirname, '../migrations')): readonly Migration[] {
  const { entries } = JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8')) as Journal; // drizzle-kit's own file
  return entries.map(({ idx, tag }) => ({
    id: idx + 1,
    name: tag,
    statements: statementsOf(readFileSync(join(folder, `${tag}.sql`), 'utf8')),
  }));
}

interface Journal {
  readonly entries: readonly { readonly idx: number; readonly tag: string }[];
}

/** drizzle-kit names the schema `public` in foreign keys alone; without it a database with another `search_path` works too. */
function statementsOf(file: string): readonly string[] {
  return file.split('--> statement-breakpoint').map((statement) => statement.replaceAll('"public".', '').trim());
}
