/** Claims of first purchases: each user has one, and concurrent claims are serialised by locks. */
import { and, eq, inArray } from 'drizzle-orm';
import type { Keyring } from '../../crypto/keyring';
import { decideClaim } from '../../domain/first-purchase';
import type { UserKey } from '../../domain/identity';
import type { ClaimMode } from '../../domain/limit';
import type { PaymentRef } from '../../domain/purchase';
import type { Database, Queries } from '../driver/database';
import { firstPurchases } from '../schema';
import { keysOfOrder } from './checkouts';
import { holderOf, provisionalHolderOf } from './claims';
import { joinUsers, lockKeys, lockUsersOf, withUsers } from './user-merge';

export interface FirstPurchaseStore {
  /**
   * Claims the user's first purchase for a payment under all `keys` at once. Of concurrent claims of one user exactly one gets a free
   * first purchase. Repeatable: the holder's claim is granted again.
   */
  claim(claim: Claim): Promise<ClaimResult>;
  /** Releases the first purchase if `payment` holds it. */
  release(integration: string, keys: readonly UserKey[], payment: PaymentRef): Promise<void>;
}

export interface Claim {
  readonly integration: string;
  readonly keys: readonly UserKey[];
  readonly payment: PaymentRef;
  readonly mode: ClaimMode;
  readonly atMs: number;
}

export interface ClaimResult {
  readonly granted: boolean;
  /** The payment that holds the first purchase after the call. */
  readonly holder: PaymentRef;
}

/** Claims over the table `first_purchases`. */
export function firstPurchaseStore(database: Database, keyring: Keyring): FirstPurchaseStore {
  return {
    async claim({ integration, keys, payment, mode, atMs }) {
      return withUsers(database, async (tx) => {
        await lockKeys(tx, integration, keys);
        const own = await keysOfOrder(tx, integration, keys, payment);
        const user = await joinUsers(tx, keyring, { integration, keys: own, identity: {}, atMs, evidence: 'claim' });
        const holder = await holderOf(tx, user.id);
        const provisional = holder ? null : await provisionalHolderOf(tx, integration, user.id);
        const { isNew, ...result } = decideClaim({ holder, provisional }, payment, mode);
        if (isNew) await addClaim(tx, integration, result.holder, { userId: user.id, claimedAtMs: atMs });
        return result;
      });
    },

    async release(integration, keys, { psp, subscription, moneyId }) {
      await withUsers(database, async (tx) => {
        await lockKeys(tx, integration, keys);
        const { users } = await lockUsersOf(tx, integration, keys);
        if (users.length === 0) return;
        await tx.delete(firstPurchases).where(
          and(
            eq(firstPurchases.integration, integration),
            eq(firstPurchases.psp, psp),
            eq(firstPurchases.subscription, subscription),
            eq(firstPurchases.moneyId, moneyId),
            inArray(
              firstPurchases.userId,
              users.map(({ id }) => id),
            ),
          ),
        );
      });
    },
  };
}

async function addClaim(
  tx: Queries,
  integration: string,
  payment: PaymentRef,
  claim: { readonly userId: number; readonly claimedAtMs: number },
): Promise<void> {
  await tx
    .insert(firstPurchases)
    .values({ ...payment, ...claim, integration })
    .onConflictDoUpdate({
      target: [firstPurchases.integration, firstPurchases.psp, firstPurchases.subscription, firstPurchases.moneyId],
      set: claim,
    });
}
