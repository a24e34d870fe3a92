/** The due dates of orders, for renewal checks: when the next payment is due, and when the provider was last polled for it. */
import { and, asc, eq, gte, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database, Queries } from './driver/database';
import { userOrders } from './schema';
import type { Registration } from './users/registration';

export interface OrderStore {
  /** Orders that have not ended, whose payment was due in a period, and that were not polled since a time; longest due first. */
  overdue(filter: {
    readonly integration: string;
    readonly psp: string;
    readonly dueBeforeMs: number;
    readonly dueAfterMs: number;
    readonly polledBeforeMs: number;
    readonly limit: number;
  }): Promise<readonly OverdueOrder[]>;
  markPolled(order: OrderKey, poll: Poll): Promise<void>;
}

/** Names one order. */
export interface OrderKey {
  readonly integration: string;
  readonly psp: string;
  readonly subscription: string;
}

export interface Poll {
  readonly atMs: number;
  /** The due date whose payment was found: nothing is due until a later date is known. Null when none was found. */
  readonly paidDueAtMs: number | null;
}

export interface OverdueOrder {
  readonly subscription: string;
  readonly dueAtMs: number;
}

/** Due dates over the table `user_orders`. */
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

    async markPolled({ integration, psp, subscription }, { atMs, paidDueAtMs }) {
      await queries
        .update(userOrders)
        .set({
          polledAtMs: atMs,
          ...(paidDueAtMs === null ? {} : { dueAtMs: sql`nullif(${userOrders.dueAtMs}, ${paidDueAtMs}::bigint)` }),
        })
        .where(and(eq(userOrders.integration, integration), eq(userOrders.psp, psp), eq(userOrders.subscription, subscription)));
    },
  };
}

/** Writes the order with its user. The latest due date counts, and an ended order stays ended. */
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
