/** The rows that decide who holds a user's first purchase: payments' claims, and checkouts that the browser may report. */
import { and, asc, eq } from 'drizzle-orm';
import type { AuthorizedCheckout, Order } from '../../domain/first-purchase';
import { provisionalHolder } from '../../domain/first-purchase';
import type { PaymentRef, PurchaseRecord } from '../../domain/purchase';
import type { Queries } from '../driver/database';
import { firstPayments } from '../purchases';
import { browserPurchases, checkouts, firstPurchases, purchases } from '../schema';

/** Joins a checkout that the browser may report with the order that it belongs to. */
export const isSameCheckout = and(
  eq(checkouts.integration, browserPurchases.integration),
  eq(checkouts.hmac, browserPurchases.hmac),
);

/** The payment that holds a user's first purchase. A merged user may have several claims: the earliest holds. */
export async function holderOf(queries: Queries, userId: number): Promise<PaymentRef | null> {
  const [holder] = await queries
    .select({ psp: firstPurchases.psp, subscription: firstPurchases.subscription, moneyId: firstPurchases.moneyId })
    .from(firstPurchases)
    .where(eq(firstPurchases.userId, userId))
    .orderBy(
      asc(firstPurchases.claimedAtMs),
      asc(firstPurchases.psp),
      asc(firstPurchases.subscription),
      asc(firstPurchases.moneyId),
    )
    .limit(1);
  return holder ?? null;
}

/** The checkout that holds the first purchase of a user, who is locked, while no payment does (`provisionalHolder`). */
export async function provisionalHolderOf(tx: Queries, integration: string, userId: number): Promise<AuthorizedCheckout | null> {
  const rows = await tx
    .select({ hmac: browserPurchases.hmac, psp: checkouts.psp, subscription: checkouts.subscription })
    .from(browserPurchases)
    .leftJoin(checkouts, isSameCheckout)
    .where(eq(browserPurchases.userId, userId))
    .orderBy(asc(browserPurchases.authorizedAtMs), asc(browserPurchases.hmac));
  const authorized: AuthorizedCheckout[] = [];
  for (const { hmac, psp, subscription } of rows) {
    const purchase = psp === null || subscription === null ? null : await firstPaymentOf(tx, integration, { psp, subscription });
    authorized.push({ hmac, purchase });
    // The first one that can hold it does.
    if (provisionalHolder(authorized)) break;
  }
  return provisionalHolder(authorized);
}

/** The first payment of an order; null while no provider has reported one. */
export async function firstPaymentOf(
  tx: Queries,
  integration: string,
  { psp, subscription }: Order,
): Promise<PurchaseRecord | null> {
  const [first] = await firstPayments(tx, integration, and(eq(purchases.psp, psp), eq(purchases.subscription, subscription)));
  return first ?? null;
}
