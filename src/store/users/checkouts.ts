/** Checkouts: each belongs to one order, and identifies a buyer only where no other identifier contradicts it. */
import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { UserKey } from '../../domain/identity';
import type { Order } from '../../domain/first-purchase';
import { isSameOrder } from '../../domain/first-purchase';
import type { Queries } from '../driver/database';
import { isOneOf, lockUsersOf } from './user-merge';
import type { StatedKeys } from './visits';
import { ofSameOrder } from '../same-order';
import { checkouts, payments, purchases, userIdentifiers, userOrders, users } from '../schema';

/**
 * Gives the checkout to the order if no order has it, or if this one is paid and the one that has it is not: a buyer whose card was
 * refused tries again in the same checkout. True when it is the order's then.
 * The caller has locked the checkout's key, or the user whose identifier it is, or both.
 */
export async function takeCheckout(
  tx: Queries,
  integration: string,
  hmac: string,
  { psp, subscription, isPaid }: Order & { readonly isPaid: boolean },
): Promise<boolean> {
  await tx.insert(checkouts).values({ integration, hmac, psp, subscription }).onConflictDoNothing();
  const owner = await ownerOf(tx, integration, hmac);
  const order = { psp, subscription };
  if (owner === null || isSameOrder(owner, order)) return owner !== null;
  if (await hasPaid(tx, integration, owner)) return false;
  if (!isPaid && !(await hasPaid(tx, integration, order))) return false;
  await tx
    .update(checkouts)
    .set({ psp, subscription })
    .where(and(eq(checkouts.integration, integration), eq(checkouts.hmac, hmac)));
  return true;
}

/**
 * True when the order has a payment that did not fail, and did not turn out to be another order's. What is no purchase, such as a card
 * that was only saved, paid nothing.
 */
async function hasPaid(tx: Queries, integration: string, { psp, subscription }: Order): Promise<boolean> {
  const [paid] = await tx
    .select({ moneyId: purchases.moneyId })
    .from(purchases)
    .innerJoin(payments, and(ofSameOrder(payments, purchases), eq(payments.moneyId, purchases.moneyId)))
    .where(
      and(
        eq(purchases.integration, integration),
        eq(purchases.psp, psp),
        eq(purchases.subscription, subscription),
        sql`(${purchases.state} <> 'not_a_purchase' or ${purchases.reason} = 'refunded_before_sent')`,
      ),
    )
    .limit(1);
  return paid !== undefined;
}

/** True when the checkout belongs to the order. */
export async function hasCheckout(queries: Queries, integration: string, hmac: string, order: Order): Promise<boolean> {
  const owner = await ownerOf(queries, integration, hmac);
  return owner !== null && isSameOrder(owner, order);
}

/** The order that the checkout belongs to; null when no order has brought it. */
export async function ownerOf(queries: Queries, integration: string, hmac: string): Promise<Order | null> {
  const [owner] = await ownersOf(queries, integration, [hmac]);
  return owner ? { psp: owner.psp, subscription: owner.subscription } : null;
}

/** The keys, which are locked, that identify the buyer of an order: a checkout of another order does not. */
export async function keysOfOrder(
  tx: Queries,
  integration: string,
  keys: readonly UserKey[],
  order: Order,
): Promise<readonly UserKey[]> {
  if (checkoutsIn(keys).length === 0) return keys;
  await lockUsersOf(tx, integration, keys); // the owner of a checkout can't change from here on
  const owners = await ownersOf(tx, integration, checkoutsIn(keys));
  const own = without(
    keys,
    owners.filter((owner) => !isSameOrder(owner, order)),
  );
  return withoutContradiction(tx, integration, own.length > 0 ? own : keys); // a checkout alone joins no two users
}

/** The keys, which are locked, that identify a visitor: the checkout of an erased buyer's order does not. */
export async function keysOfVisitor(tx: Queries, integration: string, keys: readonly UserKey[]): Promise<readonly UserKey[]> {
  if (checkoutsIn(keys).length === 0) return keys;
  await lockUsersOf(tx, integration, keys);
  const erased = await tx
    .select({ hmac: checkouts.hmac })
    .from(checkouts)
    .innerJoin(userOrders, ofSameOrder(userOrders, checkouts))
    .innerJoin(users, eq(users.id, userOrders.userId))
    .where(
      and(eq(checkouts.integration, integration), inArray(checkouts.hmac, [...checkoutsIn(keys)]), isNotNull(users.erasedAtMs)),
    );
  return withoutContradiction(tx, integration, without(keys, erased));
}

/**
 * The keys that a page proves by the id of a checkout, which only the buyer's page, the order and a user token can have named: the checkout,
 * and of the user id and e-mail that the page states what the buyer lacks. A page never gives a buyer a second one. Empty when the checkout is
 * nobody's, an erased buyer's, or of a buyer with another user id (a merchant may use one checkout id for all).
 */
export async function keysProvenByCheckout(
  tx: Queries,
  integration: string,
  { userId, email, checkout }: StatedKeys,
): Promise<readonly UserKey[]> {
  if (checkout === null || (await keysOfVisitor(tx, integration, [checkout])).length === 0) return [];
  const known = await identifiersBeside(tx, integration, checkout);
  if (known.length === 0) return [];
  const hasOther = (key: UserKey): boolean =>
    known.some(({ kind }) => kind === key.kind) && !known.some(({ kind, hmac }) => kind === key.kind && hmac === key.hmac);
  if (userId !== null && hasOther(userId)) return [];
  return [userId, email, checkout].filter((key) => key !== null).filter((key) => key === checkout || !hasOther(key));
}

/** All identifiers of the user who has one of these. */
export async function identifiersBeside(
  queries: Queries,
  integration: string,
  ...keys: readonly UserKey[]
): Promise<readonly UserKey[]> {
  const known = alias(userIdentifiers, 'known');
  return queries
    .select({ kind: known.kind, hmac: known.hmac })
    .from(userIdentifiers)
    .innerJoin(known, eq(known.userId, userIdentifiers.userId))
    .where(isOneOf(integration, keys));
}

/**
 * A checkout joins an unknown visitor to the user who buys. If the checkout's user already has two user ids and none matches, the
 * merchant reuses checkout ids: the checkout is ignored.
 */
async function withoutContradiction(tx: Queries, integration: string, keys: readonly UserKey[]): Promise<readonly UserKey[]> {
  const named = keys.filter(({ kind }) => kind === 'checkout');
  const others = keys.filter(({ kind }) => kind !== 'checkout');
  if (named.length === 0 || userIdsIn(others) === 0) return keys;
  const ofCheckout = await identifiersBeside(tx, integration, ...named);
  const isSameAnyway = ofCheckout.some(({ kind, hmac }) => others.some((key) => key.kind === kind && key.hmac === hmac));
  return userIdsIn(ofCheckout) > 1 && !isSameAnyway ? without(keys, named) : keys;
}

function userIdsIn(keys: readonly UserKey[]): number {
  return keys.filter(({ kind }) => kind === 'user_id').length;
}

function without(keys: readonly UserKey[], unwanted: readonly { readonly hmac: string }[]): readonly UserKey[] {
  const hmacs = new Set(unwanted.map(({ hmac }) => hmac));
  return keys.filter(({ kind, hmac }) => kind !== 'checkout' || !hmacs.has(hmac));
}

function checkoutsIn(keys: readonly UserKey[]): readonly string[] {
  return keys.filter(({ kind }) => kind === 'checkout').map(({ hmac }) => hmac);
}

async function ownersOf(queries: Queries, integration: string, hmacs: readonly string[]) {
  if (hmacs.length === 0) return [];
  return queries
    .select({ hmac: checkouts.hmac, psp: checkouts.psp, subscription: checkouts.subscription })
    .from(checkouts)
    .where(and(eq(checkouts.integration, integration), inArray(checkouts.hmac, [...hmacs])));
}
