/** The checkout of an order, whose id is the event id of its first phase: its own, or one that the browser has reported. */
import { and, asc, between, eq, gt, inArray, isNull, lte, notExists, or, sql } from 'drizzle-orm';
import type { Order } from '../../domain/first-purchase';
import type { UserKey } from '../../domain/identity';
import {
  decideOrderCheckout,
  longestDelayMs,
  longestStatedMs,
  mayAdoptCheckout,
  mayTakeStatedCheckout,
  sameTimeMs,
} from '../../domain/first-purchase';
import { hasCheckout, takeCheckout } from './checkouts';
import type { Queries } from '../driver/database';
import type { JoinedUser } from './user-merge';
import { holderOf, isSameCheckout } from './claims';
import { browserPurchases, checkouts, purchases, userOrders, visits } from '../schema';
import type { Registered, Registration } from './registration';

/** Decides the checkout of a registered order. The order of an erased user keeps its checkout and adopts none. */
export async function checkoutOf(
  tx: Queries,
  registration: Registration,
  { id: userId, isErased }: JoinedUser,
): Promise<Pick<Registered, 'ownsCheckout' | 'adoptedCheckoutId'>> {
  const { integration, checkout, firstPhaseAtMs = null } = registration;
  const { psp, subscription, pending } = registration;
  const order = { psp, subscription, isPaid: pending !== null };
  const take = isErased ? hasCheckout : takeCheckout;
  const isOurs = checkout !== null && (await take(tx, integration, checkout.hmac, order));
  const all = await checkoutsOf(tx, integration, registration);
  const own = isOurs ? (all.find(({ hmac }) => hmac === checkout.hmac) ?? null) : null;
  const { isOpen, ...decided } = decideOrderCheckout(own, all);
  if (firstPhaseAtMs === null) return { ...decided, adoptedCheckoutId: null };
  if (!isOpen) return decided;
  const snapshot = {
    ...(await progressOf(tx, registration)),
    isLimited: registration.limited ?? false,
    hasCheckout: all.length > 0,
    holder: await holderOf(tx, userId),
  };
  const reported = mayAdoptCheckout(snapshot, registration)
    ? await adoptCheckout(tx, registration, userId, firstPhaseAtMs)
    : null;
  const isStatedEnough = reported === null && !isErased && mayTakeStatedCheckout(snapshot);
  const adoptedCheckoutId = isStatedEnough ? await takeStatedCheckout(tx, registration, userId, firstPhaseAtMs) : reported;
  return { ownsCheckout: decided.ownsCheckout && adoptedCheckoutId === null, adoptedCheckoutId };
}

/** The checkout that the order's earlier facts named: a payment that names none is of that one. */
export async function namedCheckout(
  tx: Queries,
  { integration, psp, subscription }: Registration,
): Promise<{ readonly checkout: UserKey; readonly checkoutId: string } | null> {
  const [named] = await tx
    .select({ hmac: userOrders.checkoutHmac, checkoutId: userOrders.checkoutId })
    .from(userOrders)
    .where(and(eq(userOrders.integration, integration), eq(userOrders.psp, psp), eq(userOrders.subscription, subscription)));
  const { hmac = null, checkoutId = null } = named ?? {};
  return hmac === null || checkoutId === null ? null : { checkout: { kind: 'checkout', hmac }, checkoutId };
}

/**
 * Gives the order the id of the checkout that a page named with its user id or e-mail: one that was open when it was paid, the latest
 * one; reported ones first. Only the id, by which TikTok recognises the browser's report: the page has proved nothing.
 */
async function takeStatedCheckout(
  tx: Queries,
  { integration, keys, psp, subscription }: Registration,
  userId: number,
  firstPhaseAtMs: number,
): Promise<string | null> {
  const hmacsOf = (kind: UserKey['kind']): string[] => keys.flatMap((key) => (key.kind === kind ? [key.hmac] : []));
  const isFree = notExists(
    tx
      .select({ found: sql`1` })
      .from(checkouts)
      .where(and(eq(checkouts.integration, visits.integration), eq(checkouts.hmac, visits.hmac))),
  );
  const [stated] = await tx
    .select()
    .from(visits)
    .where(
      and(
        eq(visits.integration, integration),
        eq(visits.kind, 'checkout'),
        or(inArray(visits.userIdHmac, hmacsOf('user_id')), inArray(visits.emailHmac, hmacsOf('email'))),
        between(visits.updatedAtMs, firstPhaseAtMs - longestStatedMs, firstPhaseAtMs + longestStatedMs),
        lte(visits.createdAtMs, firstPhaseAtMs + sameTimeMs),
        isFree,
      ),
    )
    .orderBy(
      asc(isNull(visits.reportedAtMs)),
      // What a page opened after the payment is more likely the next checkout.
      asc(gt(visits.createdAtMs, firstPhaseAtMs)),
      sql`abs(${visits.updatedAtMs} - ${firstPhaseAtMs}::bigint)`,
      asc(visits.hmac),
    )
    .limit(1);
  if (!stated || stated.checkoutId === null) return null;
  const { hmac, checkoutId, caller } = stated;
  if (!(await takeCheckout(tx, integration, hmac, { psp, subscription, isPaid: false }))) return null;
  const authorizedAtMs = stated.reportedAtMs ?? stated.updatedAtMs;
  await tx
    .insert(browserPurchases)
    .values({ integration, hmac, checkoutId, userId, authorizedAtMs, eventId: checkoutId, caller })
    .onConflictDoNothing();
  return checkoutId;
}

/** All checkouts of an order: those that the browser has reported come first, in the order of their reports. */
async function checkoutsOf(tx: Queries, integration: string, { psp, subscription }: Order) {
  return tx
    .select({ hmac: checkouts.hmac, checkoutId: browserPurchases.checkoutId, eventId: browserPurchases.eventId })
    .from(checkouts)
    .leftJoin(browserPurchases, isSameCheckout)
    .where(and(eq(checkouts.integration, integration), eq(checkouts.psp, psp), eq(checkouts.subscription, subscription)))
    .orderBy(asc(browserPurchases.authorizedAtMs), asc(checkouts.hmac));
}

/** How far an order has got: its other payments, failed charges excepted, and whether any payment has been decided. */
async function progressOf(
  tx: Queries,
  { integration, psp, subscription, moneyId }: Registration,
): Promise<{ readonly hasOtherPayments: boolean; readonly isDecided: boolean }> {
  const isOther = sql`${purchases.moneyId} <> ${moneyId} and ${purchases.reason} is distinct from 'payment_failed'`;
  const [progress] = await tx
    .select({
      hasOtherPayments: sql<boolean>`coalesce(bool_or(${isOther}), false)`,
      isDecided: sql<boolean>`coalesce(bool_or(${purchases.revision} > 0), false)`,
    })
    .from(purchases)
    .where(and(eq(purchases.integration, integration), eq(purchases.psp, psp), eq(purchases.subscription, subscription)));
  return progress ?? { hasOtherPayments: false, isDecided: false };
}

/** Gives the order the checkout that the user's browser reported nearest to the payment's time, among those without an order. */
async function adoptCheckout(tx: Queries, order: Registration, userId: number, firstPhaseAtMs: number): Promise<string | null> {
  const [nearest] = await tx
    .select({ hmac: browserPurchases.hmac, checkoutId: browserPurchases.checkoutId })
    .from(browserPurchases)
    .leftJoin(checkouts, isSameCheckout)
    .where(
      and(
        eq(browserPurchases.userId, userId),
        isNull(checkouts.hmac),
        between(browserPurchases.authorizedAtMs, firstPhaseAtMs - longestDelayMs, firstPhaseAtMs + sameTimeMs),
      ),
    )
    .orderBy(sql`abs(${browserPurchases.authorizedAtMs} - ${firstPhaseAtMs}::bigint)`, asc(browserPurchases.hmac))
    .limit(1);
  return nearest && (await takeCheckout(tx, order.integration, nearest.hmac, { ...order, isPaid: false }))
    ? nearest.checkoutId
    : null;
}
