/** Orders as renewal checks see them: when the next payment is due, and whether that has been asked for. */
import { and, asc, eq, gte, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database, Queries } from './driver/database';
import { userOrders } from './schema';
import type { OrderStore, Registration } from './store';

export function orderStore({ queries }: Database): OrderStore {
  return {
    async overdue({ integration, psp, dueBeforeMs, dueAfterMs, polledBeforeMs, limit }) {
      const notPolled = or(isNull(userOrders.polledAtMs), lt(userOrders.polledAtMs, polledBeforeMs));
      const rows = await queries
        .select({ subscription: userOrders.subscription, dueAtMs: userOrders.dueAtMs })
        .from(userOrders)
        .where(
          and(
            eq(userOrders.integration, integration),
            eq(userOrders.psp, psp),
            isNull(userOrders.endedAtMs),
            lt(userOrders.dueAtMs, dueBeforeMs),
            gte(userOrders.dueAtMs, dueAfterMs),
            notPolled,
          ),
        )
        .orderBy(asc(userOrders.dueAtMs), asc(userOrders.subscription))
        .limit(limit);
      return rows.map(({ subscription, dueAtMs }) => ({ subscription, dueAtMs: dueAtMs ?? 0 }));
    },

    async markPolled(integration, psp, subscription, atMs, settledDueAtMs) {
      await queries
        .update(userOrders)
        .set({
          polledAtMs: atMs,
          ...(settledDueAtMs === null ? {} : { dueAtMs: sql`nullif(${userOrders.dueAtMs}, ${settledDueAtMs}::bigint)` }),
        })
        .where(and(eq(userOrders.integration, integration), eq(userOrders.psp, psp), eq(userOrders.subscription, subscription)));
    },
  };
}

/** The order with its user; the latest due date counts, and what has ended stays so. */
export async function addOrder(tx: Queries, registration: Registration, userId: number): Promise<void> {
  const { integration, psp, subscription, dueAtMs = null, endedAtMs = null } = registration;
  await tx
    .insert(userOrders)
    .values({ integration, psp, subscription, userId, dueAtMs, endedAtMs })
    .onConflictDoUpdate({
      target: [userOrders.integration, userOrders.psp, userOrders.subscription],
      set: {
        userId,
        dueAtMs: sql`greatest(${userOrders.dueAtMs}, excluded.due_at_ms)`,
        endedAtMs: sql`coalesce(${userOrders.endedAtMs}, excluded.ended_at_ms)`,
      },
    });
}
