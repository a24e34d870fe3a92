/** Operators' actions with their reasons, over the table `audit`. Rows are only added. */
import { and, desc, eq, gte, lt, or, sql } from 'drizzle-orm';
import { decodeCursor, encodeCursor, pageOf, type Page, type Place } from './cursor';
import type { Database } from './driver/database';
import { audit } from './schema';

export interface AuditEntry {
  readonly integration: string;
  readonly atMs: number;
  readonly by: string;
  /** What was done: `settings.change`, `user.erase`. */
  readonly action: string;
  readonly target: string;
  readonly reason: string | null;
}

export interface AuditStore {
  append(entry: AuditEntry): Promise<void>;
  /** Newest first. @throws InvalidCursor when the cursor is malformed. */
  list(filter: AuditFilter): Promise<Page<AuditRow>>;
}

export interface AuditFilter {
  readonly integration: string;
  /** An action, or the part of its name before a dot: `settings`. */
  readonly action?: string;
  /** An action, or the part of its name before a dot, that is left out. */
  readonly exceptAction?: string;
  /** A part of the target. */
  readonly target?: string;
  readonly by?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly cursor?: string;
  readonly limit: number;
}

/** An entry with its number, which grows. */
export type AuditRow = AuditEntry & { readonly id: number };

/** The cursor of what comes after an entry. */
export function auditCursor(entry: AuditRow): string {
  return encodeCursor(placeOf(entry));
}

function placeOf({ atMs, id }: AuditRow): Place {
  return [atMs, String(id)];
}

/** The audit over its table. */
export function auditStore({ queries }: Database): AuditStore {
  return {
    async append(entry) {
      await queries.insert(audit).values(entry);
    },

    async list({ integration, action, exceptAction, target, by, fromMs, toMs, cursor, limit }) {
      const rows = await queries
        .select()
        .from(audit)
        .where(
          and(
            eq(audit.integration, integration),
            action === undefined ? undefined : isAction(action),
            exceptAction === undefined ? undefined : sql`not ${isAction(exceptAction)}`,
            target === undefined ? undefined : sql`position(${target} in ${audit.target}) > 0`,
            by === undefined ? undefined : eq(audit.by, by),
            fromMs === undefined ? undefined : gte(audit.atMs, fromMs),
            toMs === undefined ? undefined : lt(audit.atMs, toMs),
            cursor === undefined ? undefined : comesAfter(cursor),
          ),
        )
        .orderBy(desc(audit.atMs), desc(audit.id))
        .limit(limit + 1);
      return pageOf(rows, limit, placeOf);
    },
  };
}

function isAction(action: string) {
  return sql`(${audit.action} = ${action} or starts_with(${audit.action}, ${`${action}.`}))`;
}

function comesAfter(cursor: string) {
  const [atMs, id] = decodeCursor(cursor, 1);
  // Any other text would fail as a query instead of as a cursor.
  const number = /^\d{1,15}$/.test(id ?? '') ? Number(id) : 0;
  return or(lt(audit.atMs, atMs), and(eq(audit.atMs, atMs), lt(audit.id, number)));
}
