/** Users: who they are, who came first, and which orders and payments are theirs. */
import { asc, eq } from 'drizzle-orm';
import { identifierKinds } from '../../domain/identity';
import type { Keyring } from '../../crypto/keyring';
import { browserPurchaseStore } from './browser-purchases';
import { keysOfOrder, trustedKeys } from './checkouts';
import type { Database } from '../driver/database';
import { erasure } from './erasure';
import { freePlace, holderOf, takePlace } from './first-purchases';
import { checkoutOf } from './order-checkout';
import { addOrder } from '../orders';
import { addPayment, paymentLookup } from '../payments';
import { addPending } from '../purchases';
import { isOneOf, joinUsers, knowledgeOf, lockKeys, lockUsersOf, withUsers } from './user-merge';
import { userIdentifiers, userOrders } from '../schema';
import type { UserStore } from '../store';

export function userStore(database: Database, keyring: Keyring): UserStore {
  const { queries } = database;
  return {
    ...paymentLookup(database),
    ...browserPurchaseStore(database, keyring),
    ...erasure(database),

    async register(registration) {
      const { integration, checkout, identity, paymentIds, pending, atMs } = registration;
      const keys = checkout ? [...registration.keys, checkout] : registration.keys;
      return withUsers(database, async (tx) => {
        await lockKeys(tx, integration, keys);
        const own = await keysOfOrder(tx, integration, keys, registration);
        const user = await joinUsers(tx, keyring, integration, own, identity, atMs);
        await addOrder(tx, registration, user.id);
        const isMoney = pending !== null || paymentIds.length > 0;
        if (isMoney) await addPayment(tx, integration, registration, paymentIds);
        if (pending !== null) await addPending(tx, integration, pending);
        return { ...(await checkoutOf(tx, registration, user)), isErased: user.isErased };
      });
    },

    async claimFirstPurchase(integration, keys, payment, mode, atMs) {
      return withUsers(database, async (tx) => {
        await lockKeys(tx, integration, keys);
        const own = await keysOfOrder(tx, integration, keys, payment);
        const user = await joinUsers(tx, keyring, integration, own, {}, atMs);
        return takePlace(tx, integration, user.id, payment, mode, atMs);
      });
    },

    async releaseFirstPurchase(integration, keys, payment) {
      await withUsers(database, async (tx) => {
        await lockKeys(tx, integration, keys);
        const held = await lockUsersOf(tx, integration, keys);
        const userIds = held.users.map(({ id }) => id);
        await freePlace(tx, integration, userIds, payment);
      });
    },

    async identity(integration, keys) {
      const { identity } = await knowledgeOf(queries, keyring, integration, await trustedKeys(queries, integration, keys));
      return identity;
    },

    async find(integration, key) {
      const [found] = await queries
        .select()
        .from(userIdentifiers)
        .where(isOneOf(integration, [key]));
      if (!found) return null;
      const { userId } = found;
      const kinds = await queries
        .selectDistinct({ kind: userIdentifiers.kind })
        .from(userIdentifiers)
        .where(eq(userIdentifiers.userId, userId));
      const orders = await queries
        .select({ psp: userOrders.psp, subscription: userOrders.subscription })
        .from(userOrders)
        .where(eq(userOrders.userId, userId))
        .orderBy(asc(userOrders.psp), asc(userOrders.subscription));
      return {
        identifiers: identifierKinds.filter((kind) => kinds.some((row) => row.kind === kind)),
        firstPurchase: await holderOf(queries, userId),
        orders,
      };
    },
  };
}
