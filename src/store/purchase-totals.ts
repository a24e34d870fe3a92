/**
 * Purchases counted and summed without scanning them. A trigger notes every change of a purchase in `purchase_total_changes`, in the
 * transaction of that change; `fold` moves the notes into `purchase_totals`. A reading adds up both, so that it is exact at every moment.
 * A reading of a period leaves samples out: nobody bought anything. They are few, and are taken off again from their rows.
 */
import { and, asc, eq, gte, lt, or, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { unionAll } from 'drizzle-orm/pg-core';
import type { PurchaseState } from '../domain/purchase';
import { purchaseStates } from '../domain/purchase';
import { dayMs } from '../domain/duration';
import type { Database, Queries } from './driver/database';
import { isSampleRow } from './sample-rows';
import { purchases, purchaseTotalChanges, purchaseTotals } from './schema';

export interface PurchaseTotalStore {
  /** The purchases of a period, without samples, by day, provider, state, reason and currency; in that order. */
  read(period: TotalsPeriod): Promise<readonly PurchaseTotal[]>;
  /**
   * Moves notes of changes into the totals, until none is left or `atMost` were moved. Answers how many. Safe from several processes
   * at once, and no reading sees the difference.
   */
  fold(atMost?: number): Promise<number>;
}

export interface TotalsPeriod {
  readonly integration: string;
  readonly psp?: string;
  /** From (included) and to (excluded), Unix milliseconds, by when the provider says that the payment happened. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface PurchaseTotal {
  /** Days since 1970-01-01 UTC. */
  readonly day: number;
  readonly psp: string;
  readonly state: PurchaseState;
  /** Of `suppressed` and `not_a_purchase`; `hold` for what is held; empty for the others. */
  readonly reason: string;
  readonly currency: string;
  readonly count: number;
  readonly chargedMinor: bigint;
}

/** Totals over the tables `purchase_totals` and `purchase_total_changes`. */
export function purchaseTotalStore({ queries }: Database): PurchaseTotalStore {
  return {
    async read(period) {
      const counted = countedIn(queries, period);
      return queries
        .select({
          day: counted.day,
          psp: counted.psp,
          state: counted.state,
          reason: counted.reason,
          currency: counted.currency,
          count: sumOf(counted.count),
          chargedMinor: minorSumOf(counted.chargedMinor),
        })
        .from(counted)
        .groupBy(counted.day, counted.psp, counted.state, counted.reason, counted.currency)
        .having(sql`sum(${counted.count}) <> 0`)
        .orderBy(asc(counted.day), asc(counted.psp), asc(counted.state), asc(counted.reason), asc(counted.currency));
    },

    async fold(atMost = 20_000) {
      let folded = 0;
      while (folded < atMost) {
        const moved = await foldSome(queries);
        folded += moved;
        if (moved < changesPerStatement) break;
      }
      return folded;
    },
  };
}

/** Few enough that a statement holds up nobody on the embedded database, which has one connection. */
const changesPerStatement = 2_000;

/**
 * One statement, so that the notes and the totals change together. Processes skip each other's notes, and write totals in one order,
 * so that they never wait for each other in a circle.
 */
async function foldSome(queries: Queries): Promise<number> {
  const answer = await queries.execute(sql`
    with moved as (
      delete from ${purchaseTotalChanges} where id in (
        select id from ${purchaseTotalChanges} order by id limit ${changesPerStatement} for update skip locked
      )
      returning integration, psp, day, purchase_type, phase, state, reason, currency, count, charged_minor
    ), folded as (
      insert into ${purchaseTotals} (integration, psp, day, purchase_type, phase, state, reason, currency, count, charged_minor)
      select integration, psp, day, purchase_type, phase, state, reason, currency, sum(count), sum(charged_minor)
      from moved
      group by integration, day, psp, purchase_type, phase, state, reason, currency
      order by integration, day, psp, purchase_type, phase, state, reason, currency
      on conflict (integration, day, psp, purchase_type, phase, state, reason, currency) do update
      set count = ${purchaseTotals}.count + excluded.count, charged_minor = ${purchaseTotals}.charged_minor + excluded.charged_minor
    )
    select count(*)::integer as moved from moved`);
  const [row] = (answer as { readonly rows: readonly { readonly moved: number }[] }).rows; // what both drivers answer
  return row?.moved ?? 0;
}

/** Purchases by state; of the pending ones those that are held apart, since nothing is late about them. */
export type PurchaseCounts = Readonly<Record<PurchaseState | 'held', number>>;

/** How many purchases of an integration, samples included, are in each state: as many as its lists have. */
export async function countByState(queries: Queries, integration: string): Promise<PurchaseCounts> {
  const counted = unionAll(
    queries
      .select({ state: purchaseTotals.state, reason: purchaseTotals.reason, count: purchaseTotals.count })
      .from(purchaseTotals)
      .where(eq(purchaseTotals.integration, integration)),
    queries
      .select({ state: purchaseTotalChanges.state, reason: purchaseTotalChanges.reason, count: purchaseTotalChanges.count })
      .from(purchaseTotalChanges)
      .where(eq(purchaseTotalChanges.integration, integration)),
  ).as('counted');
  const isHeldRow = sql<boolean>`${counted.state} = 'pending' and ${counted.reason} = 'hold'`;
  const rows = await queries
    .select({ state: counted.state, held: isHeldRow, count: sumOf(counted.count) })
    .from(counted)
    .groupBy(counted.state, isHeldRow);
  const sums = new Map(rows.map(({ state, held, count: sum }) => [held ? 'held' : state, sum]));
  const entries = [...purchaseStates, 'held' as const].map((name) => [name, sums.get(name) ?? 0]);
  return Object.fromEntries(entries) as PurchaseCounts; // one entry for each
}

/** True for the total of what is held. */
export function isHeldTotal({ state, reason }: Pick<PurchaseTotal, 'state' | 'reason'>): boolean {
  return state === 'pending' && reason === 'hold';
}

/**
 * The purchases of a period as rows to add up, in one statement and so at one moment: its whole UTC days from the totals and the notes,
 * the parts of days at its edges from the purchases themselves. Samples, counted by all of these, come once more with a minus sign.
 */
export function countedIn(queries: Queries, { integration, psp, fromMs, toMs }: TotalsPeriod) {
  const firstDay = Math.ceil(fromMs / dayMs);
  const endDay = Math.floor(toMs / dayMs);
  const hasWholeDays = firstDay < endDay;
  const edges: SQL | undefined = hasWholeDays
    ? or(
        and(gte(purchases.occurredAtMs, fromMs), lt(purchases.occurredAtMs, firstDay * dayMs)),
        and(gte(purchases.occurredAtMs, endDay * dayMs), lt(purchases.occurredAtMs, toMs)),
      )
    : and(gte(purchases.occurredAtMs, fromMs), lt(purchases.occurredAtMs, toMs));
  const wholeDays = (table: typeof purchaseTotals | typeof purchaseTotalChanges): SQL | undefined =>
    hasWholeDays ? and(of(table, integration, psp), gte(table.day, firstDay), lt(table.day, endDay)) : sql`false`;
  return unionAll(
    queries.select(columnsOf(purchaseTotals)).from(purchaseTotals).where(wholeDays(purchaseTotals)),
    queries.select(columnsOf(purchaseTotalChanges)).from(purchaseTotalChanges).where(wholeDays(purchaseTotalChanges)),
    scanned(queries, { where: and(of(purchases, integration, psp), edges), sign: 1 }),
    scanned(queries, {
      where: and(
        ...[of(purchases, integration, psp), isSampleRow],
        // "+ 0": else a database without statistics reads all purchases of the period by the index of their times.
        sql`${purchases.occurredAtMs} + 0 >= ${fromMs}::bigint and ${purchases.occurredAtMs} + 0 < ${toMs}::bigint`,
      ),
      sign: -1,
    }),
  ).as('counted');
}

interface Scan {
  readonly where: SQL | undefined;
  /** -1 to take them off. */
  readonly sign: 1 | -1;
}

/** Some purchases, counted from their rows. */
function scanned(queries: Queries, { where, sign }: Scan) {
  const times = sql.raw(String(sign));
  return queries
    .select({
      day: sql<number>`(${purchases.occurredAtMs} / ${sql.raw(String(dayMs))})::integer`.as('day'),
      // Its collation, said aloud: the other columns of the union have the database's own.
      psp: sql<string>`${purchases.psp} collate "C"`.as('psp'),
      state: purchases.state,
      reason: countedReason.as('reason'),
      currency: purchases.currency,
      count: sql<number>`${times} * count(*)`.as('count'),
      chargedMinor: sql<bigint>`${times} * sum(${purchases.chargedMinor})`.as('charged_minor'),
    })
    .from(purchases)
    .where(where)
    .groupBy(sql`1`, purchases.psp, purchases.state, sql`4`, purchases.currency);
}

function columnsOf({
  day,
  psp,
  state,
  reason,
  currency,
  count: counted,
  chargedMinor,
}: typeof purchaseTotals | typeof purchaseTotalChanges) {
  return { day, psp, state, reason, currency, count: counted, chargedMinor };
}

function of(
  table: typeof purchaseTotals | typeof purchaseTotalChanges | typeof purchases,
  integration: string,
  psp: string | undefined,
): SQL | undefined {
  return and(eq(table.integration, integration), psp === undefined ? undefined : eq(table.psp, psp));
}

/** As the trigger counts it (the migration `held-purchases`). */
const countedReason = sql<string>`case when ${purchases.state} in ('suppressed', 'not_a_purchase') then coalesce(${purchases.reason}, '') when ${purchases.state} = 'pending' and ${purchases.waitingFor} = 'hold' then 'hold' else '' end`;

/** PostgreSQL adds up integers to a numeric, which the drivers answer as a text. */
function sumOf(column: unknown) {
  return sql<number>`coalesce(sum(${column}), 0)`.mapWith(Number);
}

function minorSumOf(column: unknown) {
  return sql<bigint>`coalesce(sum(${column}), 0)`.mapWith(BigInt);
}
