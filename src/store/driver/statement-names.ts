/** Names for statements that come again: PostgreSQL parses and plans a named statement once for a connection. */
import type { QueryConfig } from 'pg';

/** More than the store has; a text beyond them, as of a list that is longer each time, is parsed each time. */
const mostNames = 500;
/** Texts that came once are forgotten from time to time, so that they don't fill the memory. */
const mostSeen = 2_000;

/** The names that one connection has given. */
export class StatementNames {
  private readonly names = new Map<string, string>();
  private readonly seenOnce = new Set<string>();

  /**
   * The query with a name, from its second time on. One without values stays as it is: it may be several statements, which have no name
   * together.
   */
  named(query: QueryConfig, values: readonly unknown[] = []): QueryConfig {
    if (query.name !== undefined || values.length === 0) return query;
    const name = this.nameOf(query.text);
    return name === null ? query : { ...query, name };
  }

  private nameOf(text: string): string | null {
    const known = this.names.get(text);
    if (known !== undefined) return known;
    if (!this.seenOnce.delete(text)) {
      if (this.seenOnce.size >= mostSeen) this.seenOnce.clear();
      this.seenOnce.add(text);
      return null;
    }
    if (this.names.size >= mostNames) return null;
    const name = `again_${this.names.size + 1}`;
    this.names.set(text, name);
    return name;
  }
}
