/** The claims of a user's first purchase, as rows: who holds it, claiming it, and releasing it. */
import { and, asc, eq, inArray } from 'drizzle-orm';
import { decideClaim } from '../../domain/first-purchase';
import type { PaymentRef } from '../../domain/purchase';
import type { Queries } from '../driver/database';
import { reportedFirst } from './reported-checkouts';
import { firstPurchases } from '../schema';
import type { ClaimMode, ClaimResult } from '../store';

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

/** Claims the first purchase of a user, who is locked, if `decideClaim` grants it. Repeatable. */
export async function takePlace(
  tx: Queries,
  integration: string,
  userId: number,
  payment: PaymentRef,
  mode: ClaimMode,
  atMs: number,
): Promise<ClaimResult> {
  const holder = await holderOf(tx, userId);
  const provisional = holder ? null : await reportedFirst(tx, integration, userId);
  const { isNew, ...result } = decideClaim({ holder, provisional }, payment, mode);
  if (!isNew) return result;
  const claim = { userId, claimedAtMs: atMs };
  await tx
    .insert(firstPurchases)
    .values({ ...result.holder, ...claim, integration })
    .onConflictDoUpdate({
      target: [firstPurchases.integration, firstPurchases.psp, firstPurchases.subscription, firstPurchases.moneyId],
      set: claim,
    });
  return result;
}

export async function freePlace(
  tx: Queries,
  integration: string,
  userIds: readonly number[],
  { psp, subscription, moneyId }: PaymentRef,
): Promise<void> {
  if (userIds.length === 0) return;
  await tx
    .delete(firstPurchases)
    .where(
      and(
        eq(firstPurchases.integration, integration),
        eq(firstPurchases.psp, psp),
        eq(firstPurchases.subscription, subscription),
        eq(firstPurchases.moneyId, moneyId),
        inArray(firstPurchases.userId, [...userIds]),
      ),
    );
}
