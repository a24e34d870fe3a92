/** Reads PostgreSQL's log (`log_statement = all`, `log_line_prefix = '%u@%d|'`): who sent which statement. */

export interface Statement {
  readonly user: string;
  readonly text: string;
  /** The verb and the tables: `insert payments`, `begin`. */
  readonly kind: string;
}

/** The statements of one database, in the order in which they came. */
export function statementsIn(log: string, database: string): readonly Statement[] {
  const found: { user: string; text: string }[] = [];
  let isOpen = false;
  for (const line of log.split('\n')) {
    if (line.startsWith('\t')) {
      const last = found.at(-1);
      if (isOpen && last) last.text += ` ${line.trim()}`;
      continue;
    }
    const [, user, of, text] = /^(\S*)@(\S*)\|LOG: {2}(?:statement|execute [^:]*): (.*)$/.exec(line) ?? [];
    isOpen = user !== undefined && of === database;
    if (user !== undefined && text !== undefined && isOpen) found.push({ user, text });
  }
  return found.map(({ user, text }) => ({ user, text, kind: kindOf(text) }));
}

function kindOf(text: string): string {
  const plain = text.replaceAll('"', '').toLowerCase();
  const [verb = ''] = plain.trim().split(/\s+/);
  const tables = [...plain.matchAll(/\b(?:from|into|join|update)\s+(?!only\b|select\b|set\b|lateral\b)([a-z_][\w.]*)/g)].map(
    ([, table = '']) => table,
  );
  return [verb, ...new Set(tables)].join(' ');
}
