/** The first place of a user: who holds it, and how it is taken and given back. */
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { PaymentRef } from '../../domain/purchase';
import type { Queries } from '../driver/database';
import { isSameOrder } from './checkouts';
import { reportedFirst } from './reported-checkouts';
import { firstPurchases } from '../schema';
import type { ClaimMode, ClaimResult } from '../store';

/** Who came first. Joined users may have several places; then the earliest counts. */
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

/** Takes the place of a user, who is locked, if it is free: neither an order's, nor held by a checkout of another order (`reportedFirst`). */
export async function takePlace(
  tx: Queries,
  integration: string,
  userId: number,
  payment: PaymentRef,
  mode: ClaimMode,
  atMs: number,
): Promise<ClaimResult> {
  const taken = refTo(payment);
  const holder = await holderOf(tx, userId);
  if (holder) return { granted: isGranted(mode, holder, taken), holder };
  const reported = (await reportedFirst(tx, integration, userId))?.purchase;
  if (reported && !isSameOrder(reported, taken)) return { granted: mode === 'take_if_free', holder: refTo(reported) };
  const place = { userId, claimedAtMs: atMs };
  await tx
    .insert(firstPurchases)
    .values({ ...taken, ...place, integration })
    .onConflictDoUpdate({
      target: [firstPurchases.integration, firstPurchases.psp, firstPurchases.subscription, firstPurchases.moneyId],
      set: place,
    });
  return { granted: true, holder: taken };
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

function refTo({ psp, subscription, moneyId }: PaymentRef): PaymentRef {
  return { psp, subscription, moneyId };
}

function isGranted(mode: ClaimMode, holder: PaymentRef, payment: PaymentRef): boolean {
  switch (mode) {
    case 'take_if_free':
      return true;
    case 'this_order':
      return isSameOrder(holder, payment);
    case 'this_payment':
      return isSameOrder(holder, payment) && holder.moneyId === payment.moneyId;
  }
}
