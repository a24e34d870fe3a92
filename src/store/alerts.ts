/** Alerts: opened once, closed once, and told once each. */
import { and, asc, desc, eq, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { type AlertKey, type AlertKind, countedAlertKinds, type DueAlert } from '../domain/alerts';
import { decodeCursor, pageOf, type Page } from './cursor';
import type { Database, Queries } from './driver/database';
import { alerts } from './schema';

export interface AlertStore {
  open(integration: string): Promise<readonly Alert[]>;
  /**
   * Makes exactly the alerts that are due the open ones of those that follow from numbers: opens what is not open, and closes the rest. Safe from several processes. One that
   * stays open gets its newest message.
   */
  reconcile(integration: string, due: readonly DueAlert[], atMs: number): Promise<void>;
  /** Opens an alert that no number closes. One that is open gets the message. */
  raise(integration: string, alert: DueAlert, atMs: number): Promise<void>;
  /** Closes an alert by an operator's word; false when none is open. */
  close(integration: string, key: AlertKey, atMs: number): Promise<boolean>;
  /** Newest first. */
  list(filter: AlertFilter): Promise<Page<Alert>>;
  /** Of all integrations, the openings and closings that nobody has been told of, oldest first. */
  untold(limit: number): Promise<readonly Alert[]>;
  told(id: number, what: 'opening' | 'closing', atMs: number): Promise<void>;
  /** Where there is nobody to tell: what is over needs no telling any more. What is open can still be told to somebody who is named later. */
  forgetClosed(atMs: number): Promise<void>;
  /** Returns the number of rows deleted; an open one stays. */
  purge(beforeMs: number): Promise<number>;
}

export interface AlertFilter {
  readonly integration: string;
  readonly isOpen?: boolean;
  readonly cursor?: string;
  readonly limit: number;
}

export interface Alert extends AlertKey {
  readonly id: number;
  readonly integration: string;
  readonly message: string;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly isOpeningTold: boolean;
  readonly isClosingTold: boolean;
}

/** Alerts over the table of the same name. */
export function alertStore({ queries, transaction }: Database): AlertStore {
  return {
    async open(integration) {
      const rows = await queries
        .select()
        .from(alerts)
        .where(and(eq(alerts.integration, integration), isNull(alerts.closedAtMs)))
        .orderBy(asc(alerts.openedAtMs), asc(alerts.id));
      return rows.map(toAlert);
    },

    async reconcile(integration, due, atMs) {
      await transaction(async (tx) => {
        const isDue = or(...due.map(({ kind, subject }) => and(eq(alerts.kind, kind), eq(alerts.subject, subject))));
        await tx
          .update(alerts)
          .set({ closedAtMs: atMs })
          .where(
            and(
              eq(alerts.integration, integration),
              isNull(alerts.closedAtMs),
              inArray(alerts.kind, [...countedAlertKinds]),
              isDue === undefined ? undefined : sql`not ${isDue}`,
            ),
          );
        for (const alert of due) await raise(tx, integration, alert, atMs);
      });
    },

    raise: (integration, alert, atMs) => raise(queries, integration, alert, atMs),

    async close(integration, { kind, subject }, atMs) {
      const closed = await queries
        .update(alerts)
        .set({ closedAtMs: atMs })
        .where(
          and(eq(alerts.integration, integration), eq(alerts.kind, kind), eq(alerts.subject, subject), isNull(alerts.closedAtMs)),
        )
        .returning({ id: alerts.id });
      return closed.length > 0;
    },

    async list({ integration, isOpen, cursor, limit }) {
      const [openedAtMs, id] = cursor === undefined ? [] : decodeCursor(cursor, 1);
      const isAfter =
        openedAtMs === undefined
          ? undefined
          : sql`(${alerts.openedAtMs}, ${alerts.id}) < (${openedAtMs}::bigint, ${Number(id) || 0}::bigint)`;
      const rows = await queries
        .select()
        .from(alerts)
        .where(and(eq(alerts.integration, integration), ofState(isOpen), isAfter))
        .orderBy(desc(alerts.openedAtMs), desc(alerts.id))
        .limit(limit + 1);
      const page = pageOf(rows, limit, ({ openedAtMs: atMs, id: last }) => [atMs, String(last)]);
      return { ...page, items: page.items.map(toAlert) };
    },

    async untold(limit) {
      const isClosingDue = and(isNotNull(alerts.closedAtMs), isNull(alerts.closingToldAtMs));
      const rows = await queries
        .select()
        .from(alerts)
        .where(or(isNull(alerts.openingToldAtMs), isClosingDue))
        .orderBy(asc(alerts.id))
        .limit(limit);
      return rows.map(toAlert);
    },

    async told(id, what, atMs) {
      const set = what === 'opening' ? { openingToldAtMs: atMs } : { closingToldAtMs: atMs };
      await queries.update(alerts).set(set).where(eq(alerts.id, id));
    },

    async forgetClosed(atMs) {
      await queries
        .update(alerts)
        .set({ openingToldAtMs: sql`coalesce(${alerts.openingToldAtMs}, ${atMs}::bigint)`, closingToldAtMs: atMs })
        .where(and(isNotNull(alerts.closedAtMs), isNull(alerts.closingToldAtMs)));
    },

    async purge(beforeMs) {
      const gone = await queries
        .delete(alerts)
        .where(and(isNotNull(alerts.closedAtMs), lt(alerts.closedAtMs, beforeMs)))
        .returning({ id: alerts.id });
      return gone.length;
    },
  };
}

async function raise(db: Queries, integration: string, { kind, subject, message }: DueAlert, atMs: number): Promise<void> {
  await db
    .insert(alerts)
    .values({ integration, kind, subject, message, openedAtMs: atMs })
    .onConflictDoUpdate({
      target: [alerts.integration, alerts.kind, alerts.subject],
      targetWhere: isNull(alerts.closedAtMs),
      set: { message },
      setWhere: sql`${alerts.message} <> excluded.message`,
    });
}

function ofState(isOpen: boolean | undefined) {
  if (isOpen === undefined) return undefined;
  return isOpen ? isNull(alerts.closedAtMs) : isNotNull(alerts.closedAtMs);
}

function toAlert({ openingToldAtMs, closingToldAtMs, kind, ...row }: typeof alerts.$inferSelect): Alert {
  // Only `reconcile` writes the kind.
  return { ...row, kind: kind as AlertKind, isOpeningTold: openingToldAtMs !== null, isClosingTold: closingToldAtMs !== null };
}
