/** The checkout of an order, whose id is the event id of its first phase: the one it brings, or else one that the browser has reported. */
import { and, asc, between, eq, gt, isNull, ne, or, sql } from 'drizzle-orm';
import type { Order } from '../../domain/first-purchase';
import { decideOrderCheckout, isSameOrder, longestDelayMs, sameTimeMs } from '../../domain/first-purchase';
import { hasCheckout, takeCheckout } from './checkouts';
import type { Queries } from '../driver/database';
import type { JoinedUser } from './user-merge';
import { holderOf } from './first-purchases';
import { isSameCheckout } from './reported-checkouts';
import { browserPurchases, checkouts, purchases } from '../schema';
import type { Registered, Registration } from '../store';

/** What a registration comes to. The order of an erased user, who has nothing to take over, keeps what it has. */
export async function checkoutOf(
  tx: Queries,
  registration: Registration,
  { id: userId, isErased }: JoinedUser,
): Promise<Omit<Registered, 'isErased'>> {
  const { integration, checkout, firstPhaseAtMs = null } = registration;
  const take = isErased ? hasCheckout : takeCheckout;
  const isOurs = checkout !== null && (await take(tx, integration, checkout.hmac, registration));
  const all = await checkoutsOf(tx, integration, registration);
  const own = isOurs ? (all.find(({ hmac }) => hmac === checkout.hmac) ?? null) : null;
  const { isOpen, ...decided } = decideOrderCheckout(own, all);
  if (firstPhaseAtMs === null) return { ...decided, adoptedCheckoutId: null };
  if (!isOpen) return decided;
  const adoptedCheckoutId = (await mayAdopt(tx, registration, userId, all.length > 0))
    ? await adoptCheckout(tx, registration, userId, firstPhaseAtMs)
    : null;
  return { ownsCheckout: decided.ownsCheckout && adoptedCheckoutId === null, adoptedCheckoutId };
}

/**
 * An order that begins and has no checkout. With the limit on one that has a checkout too, since of the two purchases only the one that
 * the browser has reported is to count; but none that will be kept back.
 */
async function mayAdopt(tx: Queries, registration: Registration, userId: number, hasCheckout: boolean): Promise<boolean> {
  const { limited = false } = registration;
  if (await hasBegun(tx, registration, hasCheckout)) return false;
  if (!limited) return !hasCheckout;
  const holder = await holderOf(tx, userId);
  return holder === null || isSameOrder(holder, registration);
}

/** Every checkout of an order; those first that the browser has reported, in that order. */
async function checkoutsOf(tx: Queries, integration: string, { psp, subscription }: Order) {
  return tx
    .select({ hmac: checkouts.hmac, checkoutId: browserPurchases.checkoutId, eventId: browserPurchases.eventId })
    .from(checkouts)
    .leftJoin(browserPurchases, isSameCheckout)
    .where(and(eq(checkouts.integration, integration), eq(checkouts.psp, psp), eq(checkouts.subscription, subscription)))
    .orderBy(asc(browserPurchases.authorizedAtMs), asc(checkouts.hmac));
}

/** Whether another of its payments was made before; or, where it has an event id to lose, this one was decided. */
async function hasBegun(
  tx: Queries,
  { integration, psp, subscription, moneyId }: Registration,
  hasCheckout: boolean,
): Promise<boolean> {
  const isOther = and(ne(purchases.moneyId, moneyId), sql`${purchases.reason} is distinct from 'payment_failed'`);
  const [begun] = await tx
    .select({ moneyId: purchases.moneyId })
    .from(purchases)
    .where(
      and(
        eq(purchases.integration, integration),
        eq(purchases.psp, psp),
        eq(purchases.subscription, subscription),
        hasCheckout ? or(isOther, gt(purchases.revision, 0)) : isOther,
      ),
    )
    .limit(1);
  return begun !== undefined;
}

/** Gives the order the user's checkout that the browser reported at the time nearest to its payment, of those that no order has. */
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
  return nearest && (await takeCheckout(tx, order.integration, nearest.hmac, order)) ? nearest.checkoutId : null;
}
