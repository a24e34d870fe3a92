/** Checkouts that the browser may report, or has reported, as a purchase: which of them holds its user's first place. */
import { and, asc, eq } from 'drizzle-orm';
import type { AuthorizedCheckout, Order } from '../../domain/first-purchase';
import { provisionalHolder } from '../../domain/first-purchase';
import type { PurchaseRecord } from '../../domain/purchase';
import type { Queries } from '../driver/database';
import { firstPayments } from '../purchases';
import { browserPurchases, checkouts, purchases } from '../schema';

/** Joins a yes and the order that it belongs to. */
export const isSameCheckout = and(
  eq(checkouts.integration, browserPurchases.integration),
  eq(checkouts.hmac, browserPurchases.hmac),
);

/**
 * While no order has claimed the place of a user, who is locked, the first checkout that got a yes holds it, also for its order:
 * what the browser has reported counts. Unless that turned out to be no purchase, or an operator skipped it.
 */
export async function reportedFirst(tx: Queries, integration: string, userId: number): Promise<AuthorizedCheckout | null> {
  const given = await tx
    .select({ hmac: browserPurchases.hmac, psp: checkouts.psp, subscription: checkouts.subscription })
    .from(browserPurchases)
    .leftJoin(checkouts, isSameCheckout)
    .where(eq(browserPurchases.userId, userId))
    .orderBy(asc(browserPurchases.authorizedAtMs), asc(browserPurchases.hmac));
  const authorized: AuthorizedCheckout[] = [];
  for (const { hmac, psp, subscription } of given) {
    const purchase = psp === null || subscription === null ? null : await firstPaymentOf(tx, integration, { psp, subscription });
    authorized.push({ hmac, purchase });
    // The rest can't hold it: no need to read on.
    if (provisionalHolder(authorized)) break;
  }
  return provisionalHolder(authorized);
}

export async function firstPaymentOf(
  tx: Queries,
  integration: string,
  { psp, subscription }: Order,
): Promise<PurchaseRecord | null> {
  const [first] = await firstPayments(tx, integration, and(eq(purchases.psp, psp), eq(purchases.subscription, subscription)));
  return first ?? null;
}
