/**
 * Visitors: what the browser sends about them, and whether it may report a checkout as a purchase, under which event id.
 *
 * A row of `browser_purchases` is an authorization to report. Its user has the checkout as an identifier; its order has the checkout.
 * The user of the rows is locked while a decision reads them.
 */
import { and, eq, exists, notExists, sql } from 'drizzle-orm';
import type { UserKey } from '../../domain/identity';
import type { CheckoutOrder } from '../../domain/first-purchase';
import { browserEventId, holderOfCheckout, nearestOrder } from '../../domain/first-purchase';
import type { BrowserCheckout, BrowserPurchase, BrowserPurchaseDecision } from '../../domain/browser-purchase';
import { decideBrowserPurchase } from '../../domain/browser-purchase';
import type { Keyring } from '../../crypto/keyring';
import { keysOfVisitor, ownerOf, takeCheckout } from './checkouts';
import type { Database, Queries } from '../driver/database';
import { firstPaymentOf, holderOf, provisionalHolderOf } from './claims';
import { purgeVisitors } from './erasure';
import { firstPayments } from '../purchases';
import type { Acquaintance, JoinedUser } from './user-merge';
import { joinUsers, lockKeys, withUsers } from './user-merge';
import { ofSameOrder } from '../same-order';
import { browserPurchases, checkouts, purchases, userOrders } from '../schema';

export interface VisitorStore {
  /**
   * Joins the keys of a visit to one user and merges the identity, as `register` does, without an order. A checkout joins the visitor to
   * its order, unless the checkout has brought two user ids together already.
   */
  record(visit: Visit): Promise<void>;
  /**
   * Records the visit, then decides whether the browser may report the checkout (`decideBrowserPurchase`), once for all concurrent
   * requests, and stores an authorization. Until the user's next order adopts the checkout (`register`) or claims the first purchase,
   * the checkout holds the user's first purchase provisionally: against other checkouts, and against orders once it is another order's.
   * The order of the checkout is the one that brought it, or else the user's order of about the same time without a checkout, which the
   * checkout is then bound to. Repeatable.
   */
  authorizePurchase(request: BrowserPurchaseRequest): Promise<AuthorizedPurchase>;
  /** Deletes visitors without an order whose last visit was before a time. Returns their number. */
  purge(beforeMs: number): Promise<number>;
}

/** `keys` has at least one of user id, e-mail, checkout (`UserKeys.ofBuyer`). */
export type Visit = Acquaintance;

/** The browser asks whether it may report a checkout as a purchase. `keys` has the checkout. */
export interface BrowserPurchaseRequest extends Visit, BrowserPurchase {
  /** In clear, since it becomes the event id. Random, without personal data. */
  readonly checkoutId: string;
}

export interface AuthorizedPurchase extends BrowserPurchaseDecision {
  /** The event id that the server uses, or will use, for this purchase. */
  readonly eventId: string;
  /** The snapshot that decided; null when the checkout is another user's. */
  readonly checkout: BrowserCheckout | null;
}

/** Visitors over the tables `users`, `browser_purchases` and `checkouts`. */
export function visitorStore(database: Database, keyring: Keyring): VisitorStore {
  return {
    async record(visit) {
      await withUsers(database, async (tx) => void (await join(tx, keyring, visit)));
    },

    async authorizePurchase(request) {
      const checkout = request.keys.find(({ kind }) => kind === 'checkout');
      if (!checkout) throw new Error('the request names its checkout among its keys');
      return withUsers(database, async (tx) => {
        const visitor = await join(tx, keyring, request);
        if (!visitor?.keys.includes(checkout)) return refusal(request);
        return authorize(tx, request, checkout.hmac, visitor.user);
      });
    },

    purge: (beforeMs) => purgeVisitors(database, beforeMs),
  };
}

/** Joins the keys of a visit that can be the visitor's; null when all of them are another user's. */
async function join(
  tx: Queries,
  keyring: Keyring,
  visit: Visit,
): Promise<{ readonly user: JoinedUser; readonly keys: readonly UserKey[] } | null> {
  await lockKeys(tx, visit.integration, visit.keys);
  const keys = await keysOfVisitor(tx, visit.integration, visit.keys);
  return keys.length === 0 ? null : { user: await joinUsers(tx, keyring, { ...visit, keys }), keys };
}

/** The checkout is another user's: the server reports it. */
function refusal(request: BrowserPurchaseRequest): AuthorizedPurchase {
  const { eventName } = decideBrowserPurchase({ purchase: null, holder: 'other', consent: undefined }, request);
  return { send: false, eventName, eventId: request.checkoutId, checkout: null };
}

async function authorize(
  tx: Queries,
  request: BrowserPurchaseRequest,
  hmac: string,
  { id, identity }: JoinedUser,
): Promise<AuthorizedPurchase> {
  const { integration, checkoutId, atMs } = request;
  const order = (await orderWith(tx, integration, hmac)) ?? (await orderWithout(tx, integration, id, atMs));
  const holder = await holderOfThis(tx, { integration, hmac, userId: id, order });
  const checkout: BrowserCheckout = { purchase: order?.firstPayment ?? null, holder, consent: identity.consent };
  const { send, eventName } = decideBrowserPurchase(checkout, request);
  const eventId = (await authorizedEventId(tx, integration, hmac)) ?? browserEventId(order, checkoutId);
  if (send) {
    await tx
      .insert(browserPurchases)
      .values({ integration, hmac, checkoutId, userId: id, authorizedAtMs: atMs, eventId })
      .onConflictDoNothing(); // authorized before
    if (order) await takeCheckout(tx, integration, hmac, { ...order, isPaid: false });
  }
  return { send, eventName, eventId, checkout };
}

/** The order that brought the checkout. */
async function orderWith(tx: Queries, integration: string, hmac: string): Promise<CheckoutOrder | null> {
  const owner = await ownerOf(tx, integration, hmac);
  return owner && { ...owner, firstPayment: await firstPaymentOf(tx, integration, owner), hasCheckout: true };
}

/** The user's order without a checkout that began at about this time. */
async function orderWithout(tx: Queries, integration: string, userId: number, atMs: number): Promise<CheckoutOrder | null> {
  const withCheckout = tx
    .select({ found: sql`1` })
    .from(checkouts)
    .where(ofSameOrder(checkouts, purchases));
  const began = await firstPayments(tx, integration, and(isOfUser(tx, userId), notExists(withCheckout)));
  return nearestOrder(began, atMs);
}

/** Who holds the first purchase of the checkout's user. */
async function holderOfThis(
  tx: Queries,
  { integration, hmac, userId, order }: AskedCheckout,
): Promise<BrowserCheckout['holder']> {
  const holder = await holderOf(tx, userId);
  const provisional = holder ? null : await provisionalHolderOf(tx, integration, userId);
  const firstOfAll = holder || provisional ? [] : await firstPayments(tx, integration, isOfUser(tx, userId));
  return holderOfCheckout({ holder, provisional, hmac, order, firstPayments: firstOfAll });
}

interface AskedCheckout {
  readonly integration: string;
  readonly hmac: string;
  readonly userId: number;
  readonly order: CheckoutOrder | null;
}

/** The condition that a purchase is of one of the user's orders. */
function isOfUser(tx: Queries, userId: number) {
  return exists(
    tx
      .select({ found: sql`1` })
      .from(userOrders)
      .where(and(eq(userOrders.userId, userId), ofSameOrder(userOrders, purchases))),
  );
}

/** The event id of an earlier authorization: it stays. */
async function authorizedEventId(tx: Queries, integration: string, hmac: string): Promise<string | null> {
  const [authorized] = await tx
    .select({ eventId: browserPurchases.eventId })
    .from(browserPurchases)
    .where(and(eq(browserPurchases.integration, integration), eq(browserPurchases.hmac, hmac)));
  return authorized?.eventId ?? null;
}
