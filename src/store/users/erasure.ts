/** Erases users on request, and visitors without an order after a while. Orders and payments stay. */
import { and, asc, eq, exists, inArray, lt, ne, notExists, or, sql } from 'drizzle-orm';
import type { Order } from '../../domain/first-purchase';
import type { UserKey } from '../../domain/identity';
import { importedPsp } from '../../domain/imported-buyer';
import type { Database, Queries } from '../driver/database';
import { lockKeys, lockUsersOf, withUsers } from './user-merge';
import { forgetWords, purgeVisits } from './visits';
import { ofSameOrder } from '../same-order';
import {
  browserPurchases,
  deliveryAttempts,
  firstPurchases,
  purchases,
  userIdentifiers,
  userJoins,
  userOrders,
  users,
} from '../schema';

/** Visitors per transaction: short locks, and far from the statement timeout. */
const batch = 500;

export interface Erased {
  /** Orders whose workflows have to forget the buyer too. */
  readonly orders: readonly Order[];
}

/** Erases the user of a key; null when no user has it. Repeatable. */
export async function eraseUser(database: Database, integration: string, key: UserKey, atMs: number): Promise<Erased | null> {
  return withUsers(database, async (tx) => {
    await lockKeys(tx, integration, [key]);
    const [user] = (await lockUsersOf(tx, integration, [key])).users;
    // Of a visitor without an order there are only words of pages.
    if (!user) return (await forgetWords(tx, integration, [key])).found ? { orders: [] } : null;
    const identifiers = await tx
      .select({ kind: userIdentifiers.kind, hmac: userIdentifiers.hmac })
      .from(userIdentifiers)
      .where(eq(userIdentifiers.userId, user.id));
    const { refused } = await forgetWords(tx, integration, identifiers);
    await removeIdentity(tx, user.id, atMs, refused);
    await forgetJoins(tx, user.id);
    const orders = await tx
      .select({ psp: userOrders.psp, subscription: userOrders.subscription })
      .from(userOrders)
      .where(eq(userOrders.userId, user.id))
      .orderBy(asc(userOrders.psp), asc(userOrders.subscription));
    // Without an order nothing leads to an imported first purchase any more.
    if (orders.length === 0) await tx.delete(firstPurchases).where(isImportedOf(user.id));
    await tx.delete(users).where(and(eq(users.id, user.id), hasNoOrder(tx)));
    return { orders };
  });
}

function isImportedOf(userId: number) {
  return and(eq(firstPurchases.userId, userId), eq(firstPurchases.psp, importedPsp));
}

/** Deletes visitors without an order whose last visit was before a time. Returns their number. */
export async function purgeVisitors(database: Database, beforeMs: number): Promise<number> {
  return (await purgeUsers(database, beforeMs)) + (await purgeWords(database, beforeMs));
}

async function purgeUsers(database: Database, beforeMs: number): Promise<number> {
  for (let purged = 0; ;) {
    const { found, visitors } = await withUsers(database, (tx) => purgeBatch(tx, beforeMs));
    purged += visitors;
    if (found < batch) return purged;
  }
}

async function purgeWords(database: Database, beforeMs: number): Promise<number> {
  for (let purged = 0; ;) {
    const gone = await purgeVisits(database.queries, beforeMs, batch);
    purged += gone;
    if (gone < batch) return purged;
  }
}

/** Leaves the orders and a refused consent, and nothing else. */
async function removeIdentity(tx: Queries, userId: number, atMs: number, refusedByPage: boolean): Promise<void> {
  await tx.delete(userIdentifiers).where(and(eq(userIdentifiers.userId, userId), ne(userIdentifiers.kind, 'order')));
  await tx.delete(browserPurchases).where(eq(browserPurchases.userId, userId));
  await emptyRequests(tx, userId);
  await tx
    .update(userOrders)
    .set({ ownIdentity: null, checkoutHmac: null, checkoutId: null, settledAs: null, settledFor: null })
    .where(eq(userOrders.userId, userId));
  // A refusal outlives the person's data, also one that only a page said, unless the buyer's own grant outranks it.
  const isDenied = sql`(${users.consent} = 'denied' or (${refusedByPage}::boolean and ${users.consent} is distinct from 'granted'))`;
  await tx
    .update(users)
    .set({
      identity: null,
      consent: sql`case when ${isDenied} then 'denied' end`,
      consentAtMs: sql`case when ${isDenied} then coalesce(${users.consentAtMs}, ${atMs}::bigint) end`,
      erasedAtMs: sql`coalesce(${users.erasedAtMs}, ${atMs}::bigint)`,
      updatedAtMs: sql`greatest(${users.updatedAtMs}, ${atMs}::bigint)`,
    })
    .where(eq(users.id, userId));
}

/** What the joins of the user have kept of both sides: an erased user is taken apart from nobody. */
async function forgetJoins(tx: Queries, userId: number): Promise<void> {
  await tx.delete(userJoins).where(or(eq(userJoins.survivorId, userId), eq(userJoins.mergedId, userId)));
}

/** The requests of the user's purchases name the buyer by hashes; the attempts stay. */
async function emptyRequests(tx: Queries, userId: number): Promise<void> {
  const payments = tx
    .select({ found: sql`1` })
    .from(userOrders)
    .innerJoin(purchases, ofSameOrder(purchases, userOrders))
    .where(
      and(
        eq(userOrders.userId, userId),
        eq(purchases.integration, deliveryAttempts.integration),
        eq(purchases.psp, deliveryAttempts.psp),
        eq(purchases.moneyId, deliveryAttempts.moneyId),
      ),
    );
  await tx.update(deliveryAttempts).set({ request: null }).where(exists(payments));
}

/** Deletes one batch. Visitors whom another transaction has locked are left for the next time. */
async function purgeBatch(tx: Queries, beforeMs: number): Promise<{ readonly found: number; readonly visitors: number }> {
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
        hasNoOrder(tx), // an order may have arrived before the lock
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
  const claims = tx
    .select({ found: sql`1` })
    .from(firstPurchases)
    .where(eq(firstPurchases.userId, users.id));
  return and(notExists(orders), notExists(claims));
}
