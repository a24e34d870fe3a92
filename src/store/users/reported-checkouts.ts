/** Checkouts that the browser may report, or has reported, as a purchase: which of them holds its user's first place. */
import { and, asc, eq } from 'drizzle-orm';
import type { PurchaseRecord } from '../../domain/purchase';
import type { Order } from './checkouts';
import type { Queries } from '../driver/database';
import { firstPayments } from '../purchases';
import { browserPurchases, checkouts, purchases } from '../schema';

/** Joins a yes and the order that it belongs to. */
export const isSameCheckout = and(
  eq(checkouts.integration, browserPurchases.integration),
  eq(checkouts.hmac, browserPurchases.hmac),
);

export interface ReportedCheckout {
  readonly hmac: string;
  /** The first payment of its order; null while no provider has told of one. */
  readonly purchase: PurchaseRecord | null;
}

/**
 * While no order has claimed the place of a user, who is locked, the first checkout that got a yes holds it, also for its order:
 * what the browser has reported counts. Unless that turned out to be no purchase, or an operator skipped it.
 */
export async function reportedFirst(tx: Queries, integration: string, userId: number): Promise<ReportedCheckout | null> {
  const given = await tx
    .select({ hmac: browserPurchases.hmac, psp: checkouts.psp, subscription: checkouts.subscription })
    .from(browserPurchases)
    .leftJoin(checkouts, isSameCheckout)
    .where(eq(browserPurchases.userId, userId))
    .orderBy(asc(browserPurchases.authorizedAtMs), asc(browserPurchases.hmac));
  for (const { hmac, psp, subscription } of given) {
    const purchase = psp === null || subscription === null ? null : await firstPaymentOf(tx, integration, { psp, subscription });
    if (purchase === null || holdsPlace(purchase)) return { hmac, purchase };
  }
  return null;
}

export async function firstPaymentOf(
  tx: Queries,
  integration: string,
  { psp, subscription }: Order,
): Promise<PurchaseRecord | null> {
  const [first] = await firstPayments(tx, integration, and(eq(purchases.psp, psp), eq(purchases.subscription, subscription)));
  return first ?? null;
}

/** Only what is to be sent holds a place; or what the browser has sent, with a consent that came too late for the server. */
function holdsPlace({ state, reason }: PurchaseRecord): boolean {
  if (state === 'suppressed') return reason === 'consent';
  return state !== 'not_a_purchase' && state !== 'skipped';
}
