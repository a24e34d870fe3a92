/** Users: who they are, who came first, and which orders and payments are theirs. */
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { UserKey } from '../domain/identity';
import { identifierKinds } from '../domain/identity';
import type { PaymentRef } from '../domain/purchase';
import type { Keyring } from '../sealing/keyring';
import type { Database, Queries } from './database';
import { addOrder } from './orders';
import { addPayment, paymentLookup } from './payments';
import { addPending } from './purchases';
import { isOneOf, joinUsers, knowledgeOf, lockKeys, lockUsersOf, withUsers } from './same-user';
import { checkouts, firstPlaces, userIdentifiers, userOrders } from './schema';
import type { ClaimMode, UserStore } from './store';

export function userStore(database: Database, keyring: Keyring): UserStore {
  const { queries } = database;
  return {
    ...paymentLookup(database),

    async register(registration) {
      const { integration, keys, identity, checkout, paymentIds, pending, atMs } = registration;
      assertSomeKey(keys);
      return withUsers(database, async (tx) => {
        await lockKeys(tx, integration, checkout ? [...keys, checkout] : keys);
        const ownsCheckout = checkout !== null && (await takeCheckout(tx, integration, checkout, registration));
        const joining = await withoutForeignCheckouts(tx, integration, ownsCheckout ? [...keys, checkout] : keys, registration);
        const userId = await joinUsers(tx, keyring, integration, joining, identity, atMs);
        await addOrder(tx, registration, userId);
        const isMoney = pending !== null || paymentIds.length > 0;
        if (isMoney) await addPayment(tx, integration, registration, paymentIds);
        if (pending !== null) await addPending(tx, integration, pending);
        return { ownsCheckout };
      });
    },

    async claimFirstPlace(integration, keys, payment, mode, atMs) {
      assertSomeKey(keys);
      return withUsers(database, async (tx) => {
        await lockKeys(tx, integration, keys);
        const joining = await withoutForeignCheckouts(tx, integration, keys, payment);
        const userId = await joinUsers(tx, keyring, integration, joining, {}, atMs);
        const holder = await holderOf(tx, userId);
        if (holder) return { granted: isGranted(mode, holder, payment), holder };
        const taken = refOf(payment);
        const place = { userId, takenAtMs: atMs };
        await tx
          .insert(firstPlaces)
          .values({ ...taken, ...place, integration })
          .onConflictDoUpdate({
            target: [firstPlaces.integration, firstPlaces.psp, firstPlaces.subscription, firstPlaces.moneyId],
            set: place,
          });
        return { granted: true, holder: taken };
      });
    },

    async releaseFirstPlace(integration, keys, payment) {
      await withUsers(database, async (tx) => {
        await lockKeys(tx, integration, keys);
        const held = await lockUsersOf(tx, integration, keys);
        const userIds = held.users.map(({ id }) => id);
        if (userIds.length === 0) return;
        await tx.delete(firstPlaces).where(and(isPlaceOf(integration, payment), inArray(firstPlaces.userId, userIds)));
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

function assertSomeKey(keys: readonly UserKey[]): void {
  if (keys.length === 0) throw new Error("a user is known by at least one key: pass the order's");
}

function isGranted(mode: ClaimMode, holder: PaymentRef, payment: PaymentRef): boolean {
  const isSameOrder = holder.psp === payment.psp && holder.subscription === payment.subscription;
  switch (mode) {
    case 'take_if_free':
      return true;
    case 'this_order':
      return isSameOrder;
    case 'this_payment':
      return isSameOrder && holder.moneyId === payment.moneyId;
  }
}

/** Who came first. Joined users may have several places; then the earliest counts. */
async function holderOf(queries: Queries, userId: number): Promise<PaymentRef | null> {
  const [holder] = await queries
    .select({ psp: firstPlaces.psp, subscription: firstPlaces.subscription, moneyId: firstPlaces.moneyId })
    .from(firstPlaces)
    .where(eq(firstPlaces.userId, userId))
    .orderBy(asc(firstPlaces.takenAtMs), asc(firstPlaces.psp), asc(firstPlaces.subscription), asc(firstPlaces.moneyId))
    .limit(1);
  return holder ?? null;
}

function isPlaceOf(integration: string, { psp, subscription, moneyId }: PaymentRef) {
  return and(
    eq(firstPlaces.integration, integration),
    eq(firstPlaces.psp, psp),
    eq(firstPlaces.subscription, subscription),
    eq(firstPlaces.moneyId, moneyId),
  );
}

/** Callers may pass more than the three names. */
function refOf({ psp, subscription, moneyId }: PaymentRef): PaymentRef {
  return { psp, subscription, moneyId };
}

/** Gives the checkout to the order if nobody has it. True when it is the order's. */
async function takeCheckout(tx: Queries, integration: string, { hmac }: UserKey, order: PaymentRef): Promise<boolean> {
  const { psp, subscription } = order;
  await tx.insert(checkouts).values({ integration, hmac, psp, subscription }).onConflictDoNothing();
  const owners = await ownersOf(tx, integration, [hmac]);
  return owners.some((owner) => owner.psp === psp && owner.subscription === subscription);
}

/** A checkout that belongs to another order says nothing of who this buyer is. */
async function withoutForeignCheckouts(
  queries: Queries,
  integration: string,
  keys: readonly UserKey[],
  order: PaymentRef,
): Promise<readonly UserKey[]> {
  const owners = await ownersOf(queries, integration, checkoutsIn(keys));
  const foreign = new Set(
    owners.filter(({ psp, subscription }) => psp !== order.psp || subscription !== order.subscription).map(({ hmac }) => hmac),
  );
  const own = keys.filter(({ kind, hmac }) => kind !== 'checkout' || !foreign.has(hmac));
  return own.length > 0 ? own : keys; // a single checkout joins nobody
}

/**
 * The keys whose users may be taken together. A checkout that an order has taken adds nothing to that order's own keys, and beside
 * the keys of another order it would mix two buyers: it counts only when it is all there is.
 */
async function trustedKeys(queries: Queries, integration: string, keys: readonly UserKey[]): Promise<readonly UserKey[]> {
  const taken = new Set((await ownersOf(queries, integration, checkoutsIn(keys))).map(({ hmac }) => hmac));
  const trusted = keys.filter(({ kind, hmac }) => kind !== 'checkout' || !taken.has(hmac));
  return trusted.length > 0 ? trusted : keys;
}

function checkoutsIn(keys: readonly UserKey[]): readonly string[] {
  return keys.filter(({ kind }) => kind === 'checkout').map(({ hmac }) => hmac);
}

async function ownersOf(queries: Queries, integration: string, hmacs: readonly string[]) {
  if (hmacs.length === 0) return [];
  return queries
    .select({ hmac: checkouts.hmac, psp: checkouts.psp, subscription: checkouts.subscription })
    .from(checkouts)
    .where(and(eq(checkouts.integration, integration), inArray(checkouts.hmac, [...hmacs])));
}
