/** Forgetting who a user is: when they ask for it, and when a visitor has not been met for long. Orders and payments stay. */
import { and, asc, eq, inArray, lt, ne, notExists, sql } from 'drizzle-orm';
import type { Database, Queries } from '../driver/database';
import { lockKeys, lockUsersOf, withUsers } from './user-merge';
import { browserPurchases, firstPurchases, userIdentifiers, userOrders, users } from '../schema';
import type { UserStore } from '../store';

/** Visitors per transaction: short locks, and far from the statement timeout. */
const batch = 500;

export function erasure(database: Database): Pick<UserStore, 'erase' | 'purgeVisitors'> {
  return {
    async erase(integration, key, atMs) {
      return withUsers(database, async (tx) => {
        await lockKeys(tx, integration, [key]);
        const [user] = (await lockUsersOf(tx, integration, [key])).users;
        if (!user) return null;
        await forget(tx, user.id, atMs);
        const orders = await tx
          .select({ psp: userOrders.psp, subscription: userOrders.subscription })
          .from(userOrders)
          .where(eq(userOrders.userId, user.id))
          .orderBy(asc(userOrders.psp), asc(userOrders.subscription));
        await tx.delete(users).where(and(eq(users.id, user.id), hasNoOrder(tx)));
        return { orders };
      });
    },

    async purgeVisitors(beforeMs) {
      for (let forgotten = 0; ;) {
        const { found, visitors } = await withUsers(database, (tx) => forgetSome(tx, beforeMs));
        forgotten += visitors;
        if (found < batch) return forgotten;
      }
    },
  };
}

/** Leaves nothing but the orders, and a consent that was refused. */
async function forget(tx: Queries, userId: number, atMs: number): Promise<void> {
  await tx.delete(userIdentifiers).where(and(eq(userIdentifiers.userId, userId), ne(userIdentifiers.kind, 'order')));
  await tx.delete(browserPurchases).where(eq(browserPurchases.userId, userId));
  const isDenied = sql`${users.consent} = 'denied'`;
  await tx
    .update(users)
    .set({
      identity: null,
      consent: sql`case when ${isDenied} then ${users.consent} end`,
      consentAtMs: sql`case when ${isDenied} then ${users.consentAtMs} end`,
      erasedAtMs: sql`coalesce(${users.erasedAtMs}, ${atMs}::bigint)`,
      updatedAtMs: sql`greatest(${users.updatedAtMs}, ${atMs}::bigint)`,
    })
    .where(eq(users.id, userId));
}

/** One batch; those whom a transaction has just looked up are left for the next time. */
async function forgetSome(tx: Queries, beforeMs: number): Promise<{ readonly found: number; readonly visitors: number }> {
  const found = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(lt(users.updatedAtMs, beforeMs), hasNoOrder(tx)))
    .orderBy(asc(users.updatedAtMs))
    .limit(batch)
    .for('update', { of: users, skipLocked: true });
  if (found.length === 0) return { found: 0, visitors: 0 };
  const gone = await tx
    .delete(users)
    .where(
      and(
        inArray(
          users.id,
          found.map(({ id }) => id),
        ),
        hasNoOrder(tx), // an order may have come until they were locked
      ),
    )
    .returning({ mergedInto: users.mergedInto });
  return { found: found.length, visitors: gone.filter(({ mergedInto }) => mergedInto === null).length };
}

function hasNoOrder(tx: Queries) {
  const orders = tx
    .select({ found: sql`1` })
    .from(userOrders)
    .where(eq(userOrders.userId, users.id));
  const places = tx
    .select({ found: sql`1` })
    .from(firstPurchases)
    .where(eq(firstPurchases.userId, users.id));
  return and(notExists(orders), notExists(places));
}
