/**
 * Visitors: what the browser sends about them, and whether it may report a checkout as a purchase, under which event id.
 *
 * A row of `browser_purchases` is an authorization to report. Its user has the checkout as an identifier; its order has the checkout.
 * The user of the rows is locked while a decision reads them.
 */
import { and, eq, exists, notExists, sql } from 'drizzle-orm';
import type { Identity, JoinEvidence, UserKey } from '../../domain/identity';
import type { CheckoutOrder } from '../../domain/first-purchase';
import { browserEventId, holderOfCheckout, nearestOrder } from '../../domain/first-purchase';
import type { BrowserCheckout, BrowserPurchase, BrowserPurchaseDecision } from '../../domain/browser-purchase';
import { decideBrowserPurchase } from '../../domain/browser-purchase';
import type { CustomerType } from '../../domain/customer-type';
import type { Keyring } from '../../crypto/keyring';
import { keysOfVisitor, keysProvenByCheckout, ownerOf, takeCheckout } from './checkouts';
import type { Database, Queries } from '../driver/database';
import { firstPaymentOf, holderOf, provisionalHolderOf } from './claims';
import { purgeVisitors } from './erasure';
import { identityOfBuyer } from './known-buyer';
import { firstPayments } from '../purchases';
import type { JoinedUser } from './user-merge';
import { joinKnowledge, joinUsers, lockKeys, withUsers } from './user-merge';
import type { StatedKeys } from './visits';
import { consentSaidBy, hasReportedAnother, keepWords, moveToBuyer, noteReport, statedCheckout } from './visits';
import { ofSameOrder } from '../same-order';
import { browserPurchases, checkouts, purchases, userOrders } from '../schema';

export interface VisitorStore {
  /**
   * Keeps what a page said. Proven identifiers are joined to one user, who learns the identity, as in `register`, without an order. What
   * nothing proves is kept apart (visits.ts): it fills gaps, and joins, replaces and reveals nothing.
   */
  record(visit: Visit): Promise<Heard>;
  /**
   * Records the visit, then decides whether the browser may report the checkout (`decideBrowserPurchase`), once for all concurrent
   * requests, and stores an authorization. Until the user's next order adopts the checkout (`register`) or claims the first purchase,
   * the checkout holds the user's first purchase provisionally: against other checkouts, and against orders once it is another order's.
   * The order of the checkout is the one that brought it, or else the user's order of about the same time without a checkout, which the
   * checkout is then bound to. Repeatable.
   *
   * A page that proves nothing gets an answer that depends on its own words alone, whatever anybody bought: the checkout's own id, and a
   * no where the same asker has had a yes for another checkout.
   */
  authorizePurchase(request: BrowserPurchaseRequest): Promise<AuthorizedPurchase>;
  /** Deletes visitors without an order whose last visit was before a time. Returns their number. */
  purge(beforeMs: number): Promise<number>;
}

/** A visit as its page stated it. */
export interface Visit {
  readonly integration: string;
  /** The identifiers that a user token proves: the user id, and with it the checkout. */
  readonly keys: readonly UserKey[];
  /** The identifiers that the page only states. A checkout among them proves the page once an order or a user token has brought it. */
  readonly stated?: StatedKeys;
  readonly identity: Identity;
  readonly atMs: number;
  /** The checkout's id in clear: random, without personal data. It may become an event id. */
  readonly checkoutId?: string | null;
  /** Stands for the asker's address, browser and stated identifier; null where the page names none. */
  readonly caller?: string | null;
}

/** What came of a visit. */
export interface Heard {
  /** True when a user token or a checkout proved who speaks. */
  readonly isProven: boolean;
  /** How many users turned out to be one, and what showed it. */
  readonly joined: number;
  readonly evidence: JoinEvidence;
}

/** The browser asks whether it may report a checkout as a purchase. */
export interface BrowserPurchaseRequest extends Visit, BrowserPurchase {
  readonly checkoutId: string;
}

export interface AuthorizedPurchase extends Omit<BrowserPurchaseDecision, 'customerType'>, Heard {
  /** Null where nothing is proven and the asker has reported nothing before: whether somebody has bought is not told. */
  readonly customerType: CustomerType | null;
  /** The event id that the server uses, or will use, for this purchase. */
  readonly eventId: string;
  /** The snapshot that decided; null when the checkout is another user's, or nothing is proven. */
  readonly checkout: BrowserCheckout | null;
}

/** Visitors over the tables `users`, `visits`, `browser_purchases` and `checkouts`. */
export function visitorStore(database: Database, keyring: Keyring): VisitorStore {
  return {
    async record(visit) {
      return withUsers(database, async (tx) => heard(await hear(tx, keyring, visit)));
    },

    async authorizePurchase(request) {
      const { keys, stated } = request;
      const checkout = keys.find(({ kind }) => kind === 'checkout') ?? stated?.checkout;
      if (!checkout) throw new Error('the request names its checkout among its keys');
      return withUsers(database, async (tx) => {
        const visitor = await hear(tx, keyring, request);
        if (!visitor && keys.length === 0)
          return { ...(await authorizeUnproven(tx, keyring, request, checkout.hmac)), ...heard(null) };
        if (!visitor?.keys.some(({ kind, hmac }) => kind === 'checkout' && hmac === checkout.hmac)) {
          return { ...refusal(request), ...heard(visitor) };
        }
        return { ...(await authorize(tx, keyring, request, { hmac: checkout.hmac, visitor })), ...heard(visitor) };
      });
    },

    purge: (beforeMs) => purgeVisitors(database, beforeMs),
  };
}

/** A visitor of whom something is proven. */
interface ProvenVisitor {
  readonly user: JoinedUser;
  readonly keys: readonly UserKey[];
  readonly evidence: JoinEvidence;
}

function heard(visitor: ProvenVisitor | null): Heard {
  return { isProven: visitor !== null, joined: visitor?.user.joined ?? 0, evidence: visitor?.evidence ?? 'checkout' };
}

/** Joins what is proven, and keeps the rest as words. Null when nothing is proven, or all of it is another user's. */
async function hear(tx: Queries, keyring: Keyring, visit: Visit): Promise<ProvenVisitor | null> {
  const { integration, keys, stated = nobody, identity, atMs, checkoutId = null } = visit;
  const named = [...keys, ...[stated.userId, stated.email, stated.checkout].filter((key) => key !== null)];
  if (named.length === 0) return null;
  await lockKeys(tx, integration, named);
  const evidence: JoinEvidence = keys.length > 0 ? 'user_token' : 'checkout';
  const proven =
    keys.length > 0 ? await keysOfVisitor(tx, integration, keys) : await keysProvenByCheckout(tx, integration, stated);
  const isProven = (key: UserKey | null): boolean => key !== null && proven.some(({ hmac }) => hmac === key.hmac);
  const unproven = (key: UserKey | null): UserKey | null => (isProven(key) ? null : key);
  const rest = { userId: unproven(stated.userId), email: unproven(stated.email), checkout: unproven(stated.checkout) };
  await keepWords(tx, keyring, { integration, stated: rest, checkoutId, identity, atMs });
  if (proven.length === 0) return null;

  const checkout = proven.find(({ kind }) => kind === 'checkout');
  // What an earlier page said of the checkout before anything proved it.
  const before = checkout ? await statedCheckout(tx, keyring, integration, checkout.hmac) : null;
  const learned = before ? joinKnowledge(before, { identity, consentAtMs: atMs }) : { identity, consentAtMs: atMs };
  const user = await joinUsers(tx, keyring, {
    ...{ integration, keys: proven, identity: learned.identity, atMs, evidence },
    ...(learned.consentAtMs === null ? {} : { consentAtMs: learned.consentAtMs }),
  });
  if (checkout && before) await moveToBuyer(tx, integration, checkout.hmac, user.id);
  return { user, keys: proven, evidence };
}

const nobody: StatedKeys = { userId: null, email: null, checkout: null };

/** The checkout is another user's: the server reports it. */
function refusal(request: BrowserPurchaseRequest): Decided {
  const { eventName } = decideBrowserPurchase(
    { purchase: null, holder: 'other', consent: undefined, isAttributed: false },
    request,
  );
  return { send: false, eventName, customerType: null, eventId: request.checkoutId, checkout: null };
}

type Decided = Omit<AuthorizedPurchase, keyof Heard>;

/** Nothing is proven: only what this asker has said counts, so that the answer tells nothing of anybody. */
async function authorizeUnproven(tx: Queries, keyring: Keyring, request: BrowserPurchaseRequest, hmac: string): Promise<Decided> {
  const { integration, checkoutId, atMs, caller = null, settings, identity } = request;
  if (settings.requireUserToken) return refusal(request);
  const holder = (await hasReportedAnother(tx, integration, hmac, caller)) ? 'other' : 'free';
  const consent = (await consentSaidBy(tx, integration, request.stated ?? nobody)) ?? identity.consent;
  // The click that this checkout's own pages have said.
  const said = settings.attributedOnly ? await statedCheckout(tx, keyring, integration, hmac) : null;
  const isAttributed = (identity.ttclid ?? said?.identity.ttclid) !== undefined;
  const decision = decideBrowserPurchase({ purchase: null, holder, consent, isAttributed }, request);
  if (decision.send) await noteReport(tx, integration, hmac, { atMs, caller });
  return { ...decision, customerType: holder === 'other' ? 'returning' : null, eventId: checkoutId, checkout: null };
}

async function authorize(
  tx: Queries,
  keyring: Keyring,
  request: BrowserPurchaseRequest,
  { hmac, visitor }: { readonly hmac: string; readonly visitor: ProvenVisitor },
): Promise<Decided> {
  const { integration, checkoutId, atMs, settings } = request;
  const { id, identity } = visitor.user;
  const order = (await orderWith(tx, integration, hmac)) ?? (await orderWithout(tx, integration, id, atMs));
  const holder = await holderOfThis(tx, { integration, hmac, userId: id, order });
  const asked = { integration, keys: visitor.keys, order: order ?? undefined, obeysPages: !settings.requireUserToken };
  const buyer = settings.attributedOnly ? await identityOfBuyer(tx, keyring, asked) : identity;
  const checkout: BrowserCheckout = {
    ...{ purchase: order?.firstPayment ?? null, holder, consent: identity.consent },
    isAttributed: buyer.ttclid !== undefined,
  };
  const decision = decideBrowserPurchase(checkout, request);
  const eventId = (await authorizedEventId(tx, integration, hmac)) ?? browserEventId(order, checkoutId);
  if (decision.send) {
    await tx
      .insert(browserPurchases)
      .values({ integration, hmac, checkoutId, userId: id, authorizedAtMs: atMs, eventId })
      .onConflictDoNothing(); // authorized before
    if (order) await takeCheckout(tx, integration, hmac, { ...order, isPaid: false });
  }
  return { ...decision, eventId, checkout };
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
