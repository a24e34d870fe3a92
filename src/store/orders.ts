/** The due dates of orders, for renewal checks: when the next payment is due, and when the provider was last polled for it. */
import { and, asc, eq, gt, gte, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database, Queries } from './driver/database';
import { purchases, settingsVersions, userOrders } from './schema';
import type { Registration } from './users/registration';
import { settledColumns } from './users/settled-buyer';

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
  /** True when the order was registered. */
  isKnown(order: OrderKey): Promise<boolean>;
  /** True when the database knows of no order at all, and nobody has changed a setting: it is new, or was lost. */
  isNewDatabase(): Promise<boolean>;
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
  /** The next due date by the provider's own word; it counts when it is later than the one that was known. */
  readonly nextDueAtMs?: number | undefined;
}

export interface OverdueOrder {
  readonly subscription: string;
  readonly dueAtMs: number;
}

/** Due dates over the table `user_orders`. */
export function orderStore({ queries }: Database): OrderStore {
  return {
    async isKnown({ integration, psp, subscription }) {
      const [known] = await queries
        .select({ psp: userOrders.psp })
        .from(userOrders)
        .where(and(eq(userOrders.integration, integration), eq(userOrders.psp, psp), eq(userOrders.subscription, subscription)));
      return known !== undefined;
    },

    async isNewDatabase() {
      const [order] = await queries.select({ psp: userOrders.psp }).from(userOrders).limit(1);
      const [purchase] = await queries.select({ psp: purchases.psp }).from(purchases).limit(1);
      const [changed] = await queries
        .select({ version: settingsVersions.version })
        .from(settingsVersions)
        .where(gt(settingsVersions.version, 1))
        .limit(1);
      return !order && !purchase && !changed;
    },

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

    async markPolled({ integration, psp, subscription }, { atMs, paidDueAtMs, nextDueAtMs = null }) {
      const { dueAtMs, dueSaidAtMs } = userOrders;
      const isLater = sql`${nextDueAtMs}::bigint > coalesce(${dueAtMs}, 0)`;
      await queries
        .update(userOrders)
        .set({
          polledAtMs: atMs,
          dueAtMs: sql`case when ${isLater} then ${nextDueAtMs}::bigint else nullif(${dueAtMs}, ${paidDueAtMs}::bigint) end`,
          dueSaidAtMs: sql`case when ${isLater} then ${atMs}::bigint else ${dueSaidAtMs} end`,
        })
        .where(and(eq(userOrders.integration, integration), eq(userOrders.psp, psp), eq(userOrders.subscription, subscription)));
    },
  };
}

/**
 * Writes the order with its user. The due date of the latest fact counts, whatever the order of arrival; of two facts of one instant, the
 * later date. An end counts unless the order was resumed after it.
 */
export async function addOrder(
  tx: Queries,
  registration: Registration,
  user: {
    readonly id: number;
    /** Sealed; null where nothing new is known. */
    readonly ownIdentity: string | null;
    readonly isErased: boolean;
    /** The mark of what the fact says of its buyer (users/settled-buyer.ts). */
    readonly mark: string | null;
  },
): Promise<void> {
  const { integration, psp, subscription, dueAtMs = null, endedAtMs = null, resumedAtMs = null } = registration;
  const dueSaidAtMs = dueAtMs === null ? null : (registration.saidAtMs ?? registration.atMs);
  const before = userOrders;
  const { checkout, checkoutId = null } = registration;
  const isNamed = checkout !== null && checkoutId !== null && !user.isErased;
  const named = isNamed ? { checkoutHmac: checkout.hmac, checkoutId } : {};
  const settled = settledColumns(user.isErased ? null : user.mark, {
    ...{ userId: user.id, ownIdentity: user.ownIdentity, checkoutHmac: isNamed ? checkout.hmac : null },
  });
  const isNewer = sql`excluded.due_said_at_ms > coalesce(${before.dueSaidAtMs}, -1)`;
  // A date that was settled (null) stays so when the same fact comes again.
  const isSame = sql`excluded.due_said_at_ms = ${before.dueSaidAtMs} and ${before.dueAtMs} is not null`;
  const latestEnd = sql`greatest(${before.endedAtMs}, excluded.ended_at_ms)`;
  const latestResumption = sql`greatest(${before.resumedAtMs}, excluded.resumed_at_ms)`;
  await tx
    .insert(userOrders)
    .values({
      ...{ integration, psp, subscription, userId: user.id, ownIdentity: user.ownIdentity },
      ...{ dueAtMs, dueSaidAtMs, endedAtMs, resumedAtMs },
      ...named,
      ...settled.values,
    })
    .onConflictDoUpdate({
      target: [userOrders.integration, userOrders.psp, userOrders.subscription],
      set: {
        userId: user.id,
        ...named,
        ...settled.set,
        ownIdentity: sql`coalesce(excluded.own_identity, ${before.ownIdentity})`,
        dueAtMs: sql`case when ${isNewer} then excluded.due_at_ms when ${isSame} then greatest(${before.dueAtMs}, excluded.due_at_ms) else ${before.dueAtMs} end`,
        dueSaidAtMs: sql`greatest(${before.dueSaidAtMs}, excluded.due_said_at_ms)`,
        endedAtMs: sql`case when ${latestEnd} > coalesce(${latestResumption}, -1) then ${latestEnd} end`,
        resumedAtMs: latestResumption,
      },
    });
}
