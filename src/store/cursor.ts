/** Cursors: the position of a page's last row, as an opaque string. */

/** The caller sent a cursor that no list has returned. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
  constructor() {
    super('the cursor is not one that a list has given');
  }
}

/** The position of a row: its time, then the ids that order rows of one instant. */
export type Place = readonly [atMs: number, ...ids: string[]];

/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next page; null on the last one. */
  readonly nextCursor: string | null;
}

/** The page of `limit` rows, from the rows of a query that asked for one more: that one says whether another page follows. */
export function pageOf<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => Place): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: last !== undefined && rows.length > limit ? encodeCursor(placeOf(last)) : null };
}

/** The cursor of a position. */
export function encodeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws InvalidCursor unless it is a time and `idCount` ids. */
export function decodeCursor(cursor: string, idCount: number): Place {
  const [atMs, ...ids] = parseArray(cursor);
  // U+0000 can't be in a PostgreSQL text: it would fail as a query instead of as a cursor.
  const areIds = ids.length === idCount && ids.every((id): id is string => typeof id === 'string' && !id.includes('\0'));
  if (!Number.isSafeInteger(atMs) || !areIds) throw new InvalidCursor();
  return [atMs as number, ...ids]; // a safe integer is a number
}

function parseArray(cursor: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parsed)) return parsed;
  } catch {
    // not JSON: no cursor either
  }
  throw new InvalidCursor();
}
