/** The steps of the schema, as drizzle-kit has written them to `migrations/` from schema.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One step of the schema. A step that has been released is never changed; a change is a new step. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly id: number;
  readonly name: string;
  /**
   * The oldest step that a version must know to run on the schema after this one; absent where every version can that ran before it,
   * since it only adds. The file says it in its first line: `-- minimum-reader: 7`.
   */
  readonly minimumReader?: number;
  /** One SQL statement each. They run in one transaction with every other step that is still to do. */
  readonly statements: readonly string[];
}

/** Reads all steps, in order. @throws if the folder is not there: `npm run build` copies it to `dist`. */
export function readMigrations(folder = join(__dirname, '../migrations')): readonly Migration[] {
  const { entries } = JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8')) as Journal; // drizzle-kit's own file
  return entries.map(({ idx, tag }) => {
    const file = readFileSync(join(folder, `${tag}.sql`), 'utf8');
    return { id: idx + 1, name: tag, ...minimumReaderOf(file), statements: statementsOf(file) };
  });
}

/** @throws when the line is there and names no step. */
function minimumReaderOf(file: string): Pick<Migration, 'minimumReader'> {
  const said = /^-- minimum-reader:(.*)$/m.exec(file)?.[1]?.trim();
  if (said === undefined) return {};
  if (!/^[1-9]\d*$/.test(said)) throw new Error(`minimum-reader must be the number of a step, not "${said}"`);
  return { minimumReader: Number(said) };
}

interface Journal {
  readonly entries: readonly { readonly idx: number; readonly tag: string }[];
}

/** drizzle-kit names the schema `public` in foreign keys alone; without it a database with another `search_path` works too. */
function statementsOf(file: string): readonly string[] {
  return file.split('--> statement-breakpoint').map((statement) => statement.replaceAll('"public".', '').trim());
}
