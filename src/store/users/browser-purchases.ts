/**
 * What the browser tells of visitors, and whether it may report a checkout as a purchase, under which event id.
 *
 * A row is a yes that was given. Its user is the one whose identifier the checkout is; its order is the one that has the checkout.
 * Whoever decides something by rows has locked their user.
 */
import { and, eq, exists, notExists, sql } from 'drizzle-orm';
import type { UserKey } from '../../domain/identity';
import type { CheckoutOrder } from '../../domain/first-purchase';
import { browserEventId, holderOfCheckout, nearestOrder } from '../../domain/first-purchase';
import type { BrowserCheckout } from '../../domain/browser-purchase';
import type { Keyring } from '../../crypto/keyring';
import { keysOfVisitor, ownerOf, takeCheckout } from './checkouts';
import type { Database, Queries } from '../driver/database';
import { holderOf } from './first-purchases';
import { firstPayments } from '../purchases';
import { firstPaymentOf, reportedFirst } from './reported-checkouts';
import type { JoinedUser } from './user-merge';
import { joinUsers, lockKeys, withUsers } from './user-merge';
import { browserPurchases, checkouts, purchases, userOrders } from '../schema';
import type { BrowserPurchaseDecision, BrowserPurchaseRequest, UserStore, Visit } from '../store';

export function browserPurchaseStore(
  database: Database,
  keyring: Keyring,
): Pick<UserStore, 'recordVisit' | 'authorizeBrowserPurchase'> {
  return {
    async recordVisit(visit) {
      await withUsers(database, async (tx) => void (await meet(tx, keyring, visit)));
    },

    async authorizeBrowserPurchase(ask) {
      const checkout = ask.keys.find(({ kind }) => kind === 'checkout');
      if (!checkout) throw new Error('an ask names its checkout among its keys');
      return withUsers(database, async (tx) => {
        const visitor = await meet(tx, keyring, ask);
        // Somebody else's checkout: the server reports it, and it is nobody's second event.
        if (!visitor?.keys.includes(checkout)) return { send: false, eventId: ask.checkoutId };
        return answer(tx, ask, checkout.hmac, visitor.user);
      });
    },
  };
}

/** Null where all that a visit names is somebody else's. */
async function meet(
  tx: Queries,
  keyring: Keyring,
  { integration, keys, identity, atMs }: Visit,
): Promise<{ readonly user: JoinedUser; readonly keys: readonly UserKey[] } | null> {
  await lockKeys(tx, integration, keys);
  const own = await keysOfVisitor(tx, integration, keys);
  return own.length === 0 ? null : { user: await joinUsers(tx, keyring, integration, own, identity, atMs), keys: own };
}

async function answer(
  tx: Queries,
  ask: BrowserPurchaseRequest,
  hmac: string,
  { id, identity }: JoinedUser,
): Promise<BrowserPurchaseDecision> {
  const { integration, checkoutId, atMs } = ask;
  const order = (await orderWith(tx, integration, hmac)) ?? (await orderWithout(tx, integration, id, atMs));
  const place = await placeOf(tx, integration, id, hmac, order);
  const send = ask.decide({ purchase: order?.firstPayment ?? null, place, consent: identity.consent });
  const eventId = (await toldEventId(tx, integration, hmac)) ?? browserEventId(order, checkoutId);
  if (send) {
    await tx
      .insert(browserPurchases)
      .values({ integration, hmac, checkoutId, userId: id, authorizedAtMs: atMs, eventId })
      .onConflictDoNothing(); // asked again
    if (order) await takeCheckout(tx, integration, hmac, order);
  }
  return { send, eventId };
}

async function orderWith(tx: Queries, integration: string, hmac: string): Promise<CheckoutOrder | null> {
  const owner = await ownerOf(tx, integration, hmac);
  return owner && { ...owner, firstPayment: await firstPaymentOf(tx, integration, owner), hasCheckout: true };
}

/** The order of the user that has no checkout and began at about this time. */
async function orderWithout(tx: Queries, integration: string, userId: number, atMs: number): Promise<CheckoutOrder | null> {
  const withCheckout = tx
    .select({ found: sql`1` })
    .from(checkouts)
    .where(
      and(
        eq(checkouts.integration, purchases.integration),
        eq(checkouts.psp, purchases.psp),
        eq(checkouts.subscription, purchases.subscription),
      ),
    );
  const began = await firstPayments(tx, integration, and(isOfUser(tx, userId), notExists(withCheckout)));
  return nearestOrder(began, atMs);
}

async function placeOf(
  tx: Queries,
  integration: string,
  userId: number,
  hmac: string,
  order: CheckoutOrder | null,
): Promise<BrowserCheckout['place']> {
  const holder = await holderOf(tx, userId);
  const provisional = holder ? null : await reportedFirst(tx, integration, userId);
  const firstOfAll = holder || provisional ? [] : await firstPayments(tx, integration, isOfUser(tx, userId));
  return holderOfCheckout({ holder, provisional, hmac, order, firstPayments: firstOfAll });
}

/** Of purchases: those of a user's orders. */
function isOfUser(tx: Queries, userId: number) {
  return exists(
    tx
      .select({ found: sql`1` })
      .from(userOrders)
      .where(
        and(
          eq(userOrders.userId, userId),
          eq(userOrders.integration, purchases.integration),
          eq(userOrders.psp, purchases.psp),
          eq(userOrders.subscription, purchases.subscription),
        ),
      ),
  );
}

async function toldEventId(tx: Queries, integration: string, hmac: string): Promise<string | null> {
  const [told] = await tx
    .select({ eventId: browserPurchases.eventId })
    .from(browserPurchases)
    .where(and(eq(browserPurchases.integration, integration), eq(browserPurchases.hmac, hmac)));
  return told?.eventId ?? null;
}
