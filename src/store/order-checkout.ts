/** The checkout of an order, whose id is the event id of its first phase: the one it brings, or else one that the browser has reported. */
import { and, asc, between, eq, isNull, ne, sql } from 'drizzle-orm';
import { isSameCheckout, sameTimeMs } from './browser-purchases';
import type { Order } from './checkouts';
import { hasCheckout, takeCheckout } from './checkouts';
import type { Queries } from './database';
import type { JoinedUser } from './same-user';
import { browserPurchases, checkouts, payments } from './schema';
import type { Registered, Registration } from './store';

/** A checkout that the browser reported this long ago is still taken over by an order that comes at last. */
const longestDelayMs = 30 * 24 * 60 * 60 * 1000;

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
  const reported = all.filter(({ eventId }) => eventId !== null);
  // What the browser was told once is the event id from then on.
  const ownsCheckout = isOurs && reported.every(({ hmac, isEventId }) => hmac === checkout.hmac && isEventId);
  if (ownsCheckout || firstPhaseAtMs === null) return { ownsCheckout, takenOver: null };

  const [first] = reported;
  if (first) return { ownsCheckout, takenOver: first.isEventId ? first.checkoutId : null };
  const mayTakeOver = all.length === 0 && !(await hasOtherPayment(tx, registration));
  return { ownsCheckout, takenOver: mayTakeOver ? await takeOver(tx, registration, userId, firstPhaseAtMs) : null };
}

/** Every checkout of an order; those first that the browser has reported, in that order. */
async function checkoutsOf(tx: Queries, integration: string, { psp, subscription }: Order) {
  const rows = await tx
    .select({ hmac: checkouts.hmac, checkoutId: browserPurchases.checkoutId, eventId: browserPurchases.eventId })
    .from(checkouts)
    .leftJoin(browserPurchases, isSameCheckout)
    .where(and(eq(checkouts.integration, integration), eq(checkouts.psp, psp), eq(checkouts.subscription, subscription)))
    .orderBy(asc(browserPurchases.askedAtMs), asc(checkouts.hmac));
  return rows.map((row) => ({ ...row, isEventId: row.eventId === row.checkoutId }));
}

async function hasOtherPayment(tx: Queries, { integration, psp, subscription, moneyId }: Registration): Promise<boolean> {
  const [other] = await tx
    .select({ moneyId: payments.moneyId })
    .from(payments)
    .where(
      and(
        eq(payments.integration, integration),
        eq(payments.psp, psp),
        eq(payments.subscription, subscription),
        ne(payments.moneyId, moneyId),
      ),
    )
    .limit(1);
  return other !== undefined;
}

/** Gives the order the user's checkout that the browser reported at the time nearest to its payment, of those that no order has. */
async function takeOver(tx: Queries, order: Registration, userId: number, firstPhaseAtMs: number): Promise<string | null> {
  const [nearest] = await tx
    .select({ hmac: browserPurchases.hmac, checkoutId: browserPurchases.checkoutId })
    .from(browserPurchases)
    .leftJoin(checkouts, isSameCheckout)
    .where(
      and(
        eq(browserPurchases.userId, userId),
        isNull(checkouts.hmac),
        between(browserPurchases.askedAtMs, firstPhaseAtMs - longestDelayMs, firstPhaseAtMs + sameTimeMs),
      ),
    )
    .orderBy(sql`abs(${browserPurchases.askedAtMs} - ${firstPhaseAtMs}::bigint)`, asc(browserPurchases.hmac))
    .limit(1);
  return nearest && (await takeCheckout(tx, order.integration, nearest.hmac, order)) ? nearest.checkoutId : null;
}
