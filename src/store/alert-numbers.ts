/** What the alerts ask of the purchases: by indexes, so that a look each minute costs nothing. */
import { and, asc, count, eq, lt, sql } from 'drizzle-orm';
import type { Database } from './driver/database';
import { isNotHeld } from './purchase-rows';
import { orderFacts, purchases } from './schema';

export interface AlertNumberStore {
  /** The purchases that need attention, by error type, in order. */
  attentionByError(integration: string): Promise<readonly { readonly errorType: string; readonly count: number }[]>;
  /**
   * Since when the oldest pending purchase waits: since its first attempt, or else since its order was last heard of, which is long after
   * the payment where a backfill brought it. Null where none has waited since before `beforeMs`.
   */
  waitingSince(integration: string, beforeMs: number): Promise<number | null>;
}

/** Numbers over the table `purchases`. */
export function alertNumberStore({ queries }: Database): AlertNumberStore {
  return {
    async attentionByError(integration) {
      const errorType = sql<string>`coalesce(${purchases.errorType}, 'unknown')`;
      return queries
        .select({ errorType, count: count() })
        .from(purchases)
        .where(and(eq(purchases.integration, integration), eq(purchases.state, 'needs_attention')))
        .groupBy(sql`1`)
        .orderBy(sql`1`);
    },

    async waitingSince(integration, beforeMs) {
      const heardAtMs = sql`(
        select max(${orderFacts.acceptedAtMs}) from ${orderFacts}
        where ${orderFacts.integration} = ${purchases.integration} and ${orderFacts.psp} = ${purchases.psp}
          and ${orderFacts.subscription} = ${purchases.subscription}
      )`;
      const sinceMs = sql<number>`coalesce(${purchases.firstAttemptAtMs}, ${heardAtMs}, ${purchases.occurredAtMs})`;
      const [row] = await queries
        .select({ sinceMs: sinceMs.mapWith(Number) })
        .from(purchases)
        .where(
          and(
            eq(purchases.integration, integration),
            eq(purchases.state, 'pending'),
            isNotHeld,
            lt(purchases.occurredAtMs, beforeMs),
            lt(sinceMs, beforeMs),
          ),
        )
        .orderBy(asc(purchases.occurredAtMs))
        .limit(1);
      return row?.sinceMs ?? null;
    },
  };
}
