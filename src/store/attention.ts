/** Purchases that need an operator's attention: grouped by error for who looks, by order for who sends them again. */
import { and, asc, count, eq, notExists, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { hourMs } from '../domain/duration';
import { decodeCursor, pageOf, type Page } from './cursor';
import type { Database } from './driver/database';
import { acknowledgements, purchases } from './schema';

export interface AttentionStore {
  /** The groups by error type, the largest first. `nowMs` tells which purchases TikTok would count anew. */
  groups(integration: string, nowMs: number): Promise<readonly AttentionGroup[]>;
  /** The purchases and orders that need attention, all or of one error type. */
  size(integration: string, errorType: string | null): Promise<AttentionSize>;
  /**
   * Orders with purchases that need attention, by provider and order. A resend changes the list, and the cursor passes each order once.
   * @throws InvalidCursor when the cursor is malformed.
   */
  orders(filter: AttentionFilter): Promise<Page<AttentionOrder>>;
  /** Notes that somebody has seen a group. Repeatable: the first who saw it stays. */
  acknowledge(integration: string, errorType: string, seen: { readonly by: string; readonly atMs: number }): Promise<void>;
  /** Forgets who saw the groups that are empty now, so that a new one of the same error is new. */
  forgetSettled(integration: string): Promise<void>;
}

export interface AttentionGroup {
  readonly errorType: string;
  readonly count: number;
  readonly orders: number;
  /** The first and the last attempt at one of them (or when it happened, without an attempt), Unix milliseconds. */
  readonly sinceMs: number;
  readonly lastMs: number;
  /** The answers' codes, sorted; none where TikTok gave no answer. */
  readonly codes: readonly number[];
  /** First tried more than 48 hours ago: TikTok counts these anew, should it have them already. */
  readonly olderThan48h: number;
  readonly acknowledged: { readonly by: string; readonly atMs: number } | null;
}

export interface AttentionSize {
  readonly purchases: number;
  readonly orders: number;
}

export interface AttentionFilter {
  readonly integration: string;
  /** All types when null. */
  readonly errorType: string | null;
  readonly cursor: string | null;
  readonly limit: number;
}

export interface AttentionOrder {
  readonly psp: string;
  readonly subscription: string;
  readonly purchases: number;
}

/** TikTok drops a repeated `event_id` for this long. */
const droppedForMs = 48 * hourMs;
/** Sorted by its bytes, as every database does, so that a cursor means the same everywhere. */
const sortedSubscription = sql`${purchases.subscription} collate "C"`;
const isOrder = sql`(${purchases.psp}, ${purchases.subscription})`;
const triedAtMs = sql`coalesce(${purchases.firstAttemptAtMs}, ${purchases.occurredAtMs})`;
const type = sql<string>`coalesce(${purchases.errorType}, 'unknown')`;

/** Over the tables `purchases` (by the index of their state) and `acknowledgements`. */
export function attentionStore({ queries }: Database): AttentionStore {
  return {
    async groups(integration, nowMs) {
      const rows = await queries
        .select({
          errorType: type,
          count: count(),
          orders: sql<number>`count(distinct ${isOrder})`.mapWith(Number),
          sinceMs: sql<number>`min(${triedAtMs})`.mapWith(Number),
          lastMs: sql<number>`max(${triedAtMs})`.mapWith(Number),
          codes: sql<
            number[]
          >`coalesce(array_agg(distinct ${purchases.errorCode}) filter (where ${purchases.errorCode} is not null), '{}')`,
          olderThan48h:
            sql<number>`count(*) filter (where ${purchases.firstAttemptAtMs} < ${nowMs - droppedForMs}::bigint)`.mapWith(Number),
        })
        .from(purchases)
        .where(needsAttention(integration, null))
        .groupBy(type)
        .orderBy(sql`count(*) desc`, type);
      const seen = await queries.select().from(acknowledgements).where(eq(acknowledgements.integration, integration));
      return rows.map((row) => {
        const by = seen.find(({ errorType }) => errorType === row.errorType);
        return { ...row, codes: [...row.codes].sort((a, b) => a - b), acknowledged: by ? { by: by.by, atMs: by.atMs } : null };
      });
    },

    async size(integration, errorType) {
      const [row] = await queries
        .select({ purchases: count(), orders: sql<number>`count(distinct ${isOrder})`.mapWith(Number) })
        .from(purchases)
        .where(needsAttention(integration, errorType));
      return row ?? { purchases: 0, orders: 0 };
    },

    async orders({ integration, errorType, cursor, limit }) {
      const rows = await queries
        .select({ psp: purchases.psp, subscription: purchases.subscription, purchases: count() })
        .from(purchases)
        .where(and(needsAttention(integration, errorType), cursor === null ? undefined : isAfter(cursor)))
        .groupBy(purchases.psp, purchases.subscription)
        .orderBy(asc(purchases.psp), asc(sortedSubscription))
        .limit(limit + 1);
      return pageOf(rows, limit, ({ psp, subscription }) => [0, psp, subscription]);
    },

    async acknowledge(integration, errorType, { by, atMs }) {
      await queries.insert(acknowledgements).values({ integration, errorType, by, atMs }).onConflictDoNothing();
    },

    async forgetSettled(integration) {
      const left = queries
        .select({ found: sql`1` })
        .from(purchases)
        .where(and(needsAttention(integration, null), sql`${type} = ${acknowledgements.errorType}`));
      await queries.delete(acknowledgements).where(and(eq(acknowledgements.integration, integration), notExists(left)));
    },
  };
}

function needsAttention(integration: string, errorType: string | null): SQL | undefined {
  return and(
    eq(purchases.integration, integration),
    eq(purchases.state, 'needs_attention'),
    errorType === null ? undefined : sql`${type} = ${errorType}`,
  );
}

function isAfter(cursor: string): SQL {
  const [, psp, subscription] = decodeCursor(cursor, 2);
  return sql`(${purchases.psp}, ${sortedSubscription}) > (${psp}::text collate "C", ${subscription}::text collate "C")`;
}
