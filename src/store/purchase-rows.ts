/** The rows of the purchases table: from a record to a row and back, and the one statement that writes them. */
import { getTableColumns, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { DeliveryTrace, PurchaseRecord, PurchaseRow, WaitingFor } from '../domain/purchase';
import type { Queries } from './driver/database';
import { purchases } from './schema';

export type Row = typeof purchases.$inferSelect;
export type NewRow = typeof purchases.$inferInsert;

/**
 * The row of a record. What the report says beyond it comes as `trace`; without one, the row says what the record waits for. `asOfMs` is
 * when the record was decided (docs/decisions/0020).
 */
export function toRow(
  integration: string,
  { value, lastError, waitsUntilMs, isHeld, ...record }: PurchaseRecord,
  { asOfMs = 0, ...trace }: Partial<DeliveryTrace> & { readonly asOfMs?: number | undefined } = {},
): NewRow {
  return {
    ...record,
    integration,
    asOfMs,
    valueMinor: value?.amountMinor ?? null,
    valueCurrency: value?.currency ?? null,
    errorType: lastError?.type ?? null,
    errorCode: lastError?.code ?? null,
    errorMessage: lastError?.message ?? null,
    waitingFor: waitingFor(record, { isHeld: isHeld === true, waits: waitsUntilMs !== undefined }),
    nextAttemptAtMs: waitsUntilMs ?? null,
    ...trace,
  };
}

/** Revision 0 is the row of a payment that its workflow has not decided. */
function waitingFor(
  { state, revision }: Pick<PurchaseRecord, 'state' | 'revision'>,
  { isHeld, waits }: { readonly isHeld: boolean; readonly waits: boolean },
): WaitingFor | null {
  if (state !== 'pending') return null;
  if (revision === 0) return 'decision';
  if (isHeld) return 'hold';
  return waits ? 'provider' : 'queue';
}

/** True for a purchase that does not wait on purpose: what is held is not late. */
export const isNotHeld = sql`${purchases.waitingFor} is distinct from 'hold'`;

/** What a row says. */
export function toPurchase(row: Row): PurchaseRow {
  const { integration: _integration, firstAttemptAtMs: _first, asOfMs: _asOf, ...shown } = row;
  const { valueMinor, valueCurrency, errorType, errorCode, errorMessage, ...purchase } = shown;
  return {
    ...purchase,
    value: valueMinor === null || valueCurrency === null ? null : { amountMinor: valueMinor, currency: valueCurrency },
    lastError: errorType === null ? null : { type: errorType, code: errorCode, message: errorMessage ?? '' },
  };
}

/** Rows per statement: a statement takes at most 65,535 parameters. */
const rowsPerStatement = 1_000;

/** Writes the newest record of each payment among them. */
export async function writeRows(queries: Queries, rows: readonly NewRow[], setWhere: SQL): Promise<void> {
  const written = newestOfEach(rows);
  for (let start = 0; start < written.length; start += rowsPerStatement) {
    await upsert(queries, written.slice(start, start + rowsPerStatement), setWhere);
  }
}

/**
 * The statement that writes rows, each payment once among them. It keeps what attempts wrote: attempts never decrease, and a purchase
 * that stays pending keeps its last error, and what it waits for. `isAttempt` says that an attempt begins: the rows count it, and the
 * first one's time stays.
 */
export function upsert(into: Pick<Queries, 'insert'>, rows: readonly NewRow[], setWhere: SQL, { isAttempt = false } = {}) {
  const {
    integration: _integration,
    psp: _psp,
    moneyId: _moneyId,
    firstAttemptAtMs: _first,
    ...taken
  } = getTableColumns(purchases);
  return into
    .insert(purchases)
    .values([...rows])
    .onConflictDoUpdate({
      target: [purchases.integration, purchases.psp, purchases.moneyId],
      set: {
        ...Object.fromEntries(Object.entries(taken).map(([name, column]) => [name, excluded(column)])),
        attempts: sql`greatest(${purchases.attempts} + ${isAttempt ? 1 : 0}::integer, ${excluded(purchases.attempts)})`,
        ...(isAttempt
          ? { firstAttemptAtMs: sql`coalesce(${purchases.firstAttemptAtMs}, ${excluded(purchases.firstAttemptAtMs)})` }
          : {}),
        asOfMs: sql`case when ${isSameRevision} then greatest(${purchases.asOfMs}, excluded.as_of_ms) else excluded.as_of_ms end`,
        ...keptIf(sql`${staysPending} and excluded.error_type is null`, {
          errorType: purchases.errorType,
          errorCode: purchases.errorCode,
          errorMessage: purchases.errorMessage,
        }),
        ...keptIf(isAttempt ? keepsRetry : sql`(${keepsRetry} or ${keepsPaused})`, {
          waitingFor: purchases.waitingFor,
          nextAttemptAtMs: purchases.nextAttemptAtMs,
        }),
        ...keptIf(sql`${staysPending} and excluded.waiting_for in ('queue', 'paused')`, { givesUpAtMs: purchases.givesUpAtMs }),
        destination: sql`coalesce(${excluded(purchases.destination)}, ${purchases.destination})`,
        matchedBy: sql`coalesce(${excluded(purchases.matchedBy)}, ${purchases.matchedBy})`,
        refusedByPage: sql`${excluded(purchases.refusedByPage)} or (${purchases.refusedByPage} and ${isRefused})`,
      },
      setWhere,
    });
}

const isSameRevision = sql`excluded.revision = ${purchases.revision}`;
const staysPending = sql`excluded.state = 'pending' and ${purchases.state} = 'pending'`;

const staysQueued = sql`${staysPending} and excluded.waiting_for = 'queue'`;
const keepsRetry = sql`(${staysQueued} and ${purchases.waitingFor} = 'retry')`;
/** An attempt begins once sends have been resumed. */
const keepsPaused = sql`(${staysQueued} and ${purchases.waitingFor} = 'paused')`;

const isRefused = sql`excluded.state = 'suppressed' and excluded.reason = 'consent'`;

/**
 * The order of writes (docs/decisions/0020): by revision, then by when it was decided. What the workflow says now, which comes without
 * a time, replaces any row of its revision.
 */
export function isNewer(order: WriteOrder): SQL {
  if (order === 'asSaidNow') return sql`excluded.revision >= ${purchases.revision}`;
  return sql`(excluded.revision, excluded.as_of_ms) >= (${purchases.revision}, ${purchases.asOfMs})`;
}

export type WriteOrder = 'asDecided' | 'asSaidNow';

/** `asOfMs` is when it was decided, Unix milliseconds; undefined for what the workflow says now. */
export function orderOf(asOfMs: number | undefined): WriteOrder {
  return asOfMs === undefined ? 'asSaidNow' : 'asDecided';
}

/** The columns as they are in the table where a condition holds, else as they are written. */
function keptIf(condition: SQL, columns: Readonly<Record<string, PgColumn>>): Readonly<Record<string, SQL>> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      sql`case when ${condition} then ${column} else ${excluded(column)} end`,
    ]),
  );
}

function excluded(column: PgColumn): SQL {
  return sql`excluded.${sql.identifier(column.name)}`;
}

/** One row for each payment, since a statement can't write a row twice; sorted, so that two statements never deadlock. */
function newestOfEach(rows: readonly NewRow[]): readonly NewRow[] {
  const byPayment = new Map<string, NewRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.psp, row.moneyId]);
    const known = byPayment.get(key);
    if (!known || row.revision >= known.revision) byPayment.set(key, row);
  }
  return [...byPayment].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
