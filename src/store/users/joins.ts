/** Users who turned out to be one, and taking them apart again. */
import { and, desc, eq, inArray, lt } from 'drizzle-orm';
import type { IdentifierKind, JoinEvidence } from '../../domain/identity';
import { isImported } from '../../domain/imported-buyer';
import type { Keyring } from '../../crypto/keyring';
import { decodeCursor, pageOf, type Page } from '../cursor';
import type { Database, Queries } from '../driver/database';
import type { Knowledge } from './user-merge';
import { lockKeys, sealed, withUsers } from './user-merge';
import { browserPurchases, checkouts, firstPurchases, userIdentifiers, userJoins, userOrders, users } from '../schema';

export interface UserJoinStore {
  /**
   * Newest first.
   * @throws InvalidCursor when the cursor is malformed.
   */
  list(integration: string, page: { readonly cursor?: string; readonly limit: number }): Promise<Page<UserJoin>>;
  /**
   * Takes the two users apart: identifiers, orders and first purchases of the merged one are its own again, and both know what they knew
   * before. They are not joined again. Repeatable; possible for 90 days, as long as the row of the merged user is kept.
   */
  undo(integration: string, id: number, undone: { readonly by: string; readonly atMs: number }): Promise<UndoneJoin>;
}

export type UndoneJoin =
  | { readonly kind: 'undone'; readonly join: UserJoin }
  /** There is no such join, or one of the two was erased since. */
  | { readonly kind: 'unknown' }
  /** The user was joined with a third since: that join has to be undone first. */
  | { readonly kind: 'joined_since' };

/** A join, without anything that names a person. */
export interface UserJoin {
  readonly id: number;
  readonly atMs: number;
  readonly evidence: JoinEvidence;
  /** The kinds of identifiers that came together. */
  readonly kinds: readonly IdentifierKind[];
  /** The orders of the user who was merged into the other one. */
  readonly orders: readonly { readonly psp: string; readonly subscription: string }[];
  readonly undone: { readonly by: string; readonly atMs: number } | null;
}

/** Joins over the table `user_joins`. */
export function userJoinStore(database: Database, keyring: Keyring): UserJoinStore {
  const { queries } = database;
  return {
    async list(integration, { cursor, limit }) {
      const rows = await queries
        .select()
        .from(userJoins)
        .where(and(eq(userJoins.integration, integration), cursor === undefined ? undefined : lt(userJoins.id, idIn(cursor))))
        .orderBy(desc(userJoins.id))
        .limit(limit + 1);
      const { items, nextCursor } = pageOf(rows, limit, ({ atMs, id }) => [atMs, String(id)]);
      return { items: items.map(viewOf), nextCursor };
    },

    undo: (integration, id, undone) => withUsers(database, (tx) => takeApart(tx, keyring, { integration, id, ...undone })),
  };
}

function idIn(cursor: string): number {
  const [, id] = decodeCursor(cursor, 1);
  // Any other text would fail as a query instead of as a cursor.
  return /^\d{1,15}$/.test(id ?? '') ? Number(id) : 0;
}

interface Undo {
  readonly integration: string;
  readonly id: number;
  readonly by: string;
  readonly atMs: number;
}

async function takeApart(tx: Queries, keyring: Keyring, { integration, id, by, atMs }: Undo): Promise<UndoneJoin> {
  const [join] = await tx
    .select()
    .from(userJoins)
    .where(and(eq(userJoins.integration, integration), eq(userJoins.id, id)))
    .for('update');
  if (!join) return { kind: 'unknown' };
  if (join.undoneAtMs !== null) return { kind: 'undone', join: viewOf(join) };
  const { mergedId, survivorId } = join;
  await lockKeys(tx, integration, join.identifiers);
  const both = await tx
    .select()
    .from(users)
    .where(inArray(users.id, [survivorId, mergedId]))
    .orderBy(users.id)
    .for('update');
  const survivor = both.find((user) => user.id === survivorId);
  if (!survivor || both.length < 2 || both.some(({ erasedAtMs }) => erasedAtMs !== null)) return { kind: 'unknown' };
  if (survivor.mergedInto !== null) return { kind: 'joined_since' };

  await giveBack(tx, join);
  for (const [userId, knew] of [
    [mergedId, join.mergedKnew],
    [survivorId, join.survivorKnew],
  ] as const) {
    // `recordJoin` put one in
    const known = knew === null ? {} : sealed(keyring, keyring.openJson(knew, `what join ${id} replaced`) as Knowledge);
    await tx
      .update(users)
      .set({ ...known, mergedInto: null, updatedAtMs: atMs })
      .where(eq(users.id, userId));
  }
  const undone = { undoneAtMs: atMs, undoneBy: by };
  await tx
    .update(userJoins)
    .set({ ...undone, survivorKnew: null, mergedKnew: null })
    .where(eq(userJoins.id, id));
  return { kind: 'undone', join: viewOf({ ...join, ...undone }) };
}

type Row = typeof userJoins.$inferSelect;

/** Gives the merged user its identifiers, its orders with their claims, and the checkouts of those. */
async function giveBack(tx: Queries, { integration, mergedId, identifiers, orders }: Row): Promise<void> {
  const toMerged = { userId: mergedId };
  for (const { kind, hmac } of identifiers) {
    await tx
      .update(userIdentifiers)
      .set(toMerged)
      .where(and(eq(userIdentifiers.integration, integration), eq(userIdentifiers.kind, kind), eq(userIdentifiers.hmac, hmac)));
  }
  const hmacs = identifiers.flatMap(({ kind, hmac }) => (kind === 'checkout' ? [hmac] : []));
  await tx
    .update(browserPurchases)
    .set(toMerged)
    .where(and(eq(browserPurchases.integration, integration), inArray(browserPurchases.hmac, hmacs)));
  for (const { psp, subscription } of orders) {
    const isOrder = and(
      eq(userOrders.integration, integration),
      eq(userOrders.psp, psp),
      eq(userOrders.subscription, subscription),
    );
    await tx.update(userOrders).set(toMerged).where(isOrder);
    await tx
      .update(firstPurchases)
      .set(toMerged)
      .where(
        and(
          eq(firstPurchases.integration, integration),
          eq(firstPurchases.psp, psp),
          eq(firstPurchases.subscription, subscription),
        ),
      );
    const ofOrder = await tx
      .select({ hmac: checkouts.hmac })
      .from(checkouts)
      .where(and(eq(checkouts.integration, integration), eq(checkouts.psp, psp), eq(checkouts.subscription, subscription)));
    await tx
      .update(browserPurchases)
      .set(toMerged)
      .where(
        and(
          eq(browserPurchases.integration, integration),
          inArray(
            browserPurchases.hmac,
            ofOrder.map(({ hmac }) => hmac),
          ),
        ),
      );
  }
}

function viewOf({ id, atMs, evidence, kinds, orders, undoneAtMs, undoneBy }: Row): UserJoin {
  const undone = undoneAtMs === null ? null : { by: undoneBy ?? '', atMs: undoneAtMs };
  return { id, atMs, evidence, kinds, orders: orders.filter((order) => !isImported(order)), undone };
}
