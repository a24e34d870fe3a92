/** An identifier that may be many buyers': a merchant may pass the tag of a partner where others pass the user's id. */
import { inArray } from 'drizzle-orm';
import type { IdentifierKind, UserKey } from '../../domain/identity';
import type { Queries } from '../driver/database';
import { userIdentifiers } from '../schema';
import { isOneOf, lockUsersOf } from './user-merge';

/**
 * True when the user who has the key is known by another e-mail than the buyer of the fact, and by no customer id of theirs: then the
 * key tells two buyers apart as little as a constant would. `keys` are all keys of the fact, which are locked.
 */
export async function isAnothers(
  tx: Queries,
  integration: string,
  doubtful: UserKey,
  keys: readonly UserKey[],
): Promise<boolean> {
  await lockUsersOf(tx, integration, keys);
  const theirs = await keysOfUsersOf(tx, integration, [doubtful]);
  // An event without an e-mail may be about an order whose other events named one. A checkout may be another order's.
  const certain = keys.filter(({ kind, hmac }) => kind !== 'checkout' && hmac !== doubtful.hmac);
  const ours = [...certain, ...(await keysOfUsersOf(tx, integration, certain))];
  const isKnownBy = (kind: IdentifierKind): boolean => theirs.some((key) => key.kind === kind);
  const shares = (kind: IdentifierKind): boolean =>
    ours.some((key) => key.kind === kind && theirs.some(({ hmac }) => hmac === key.hmac));
  const names = (kind: IdentifierKind): boolean => ours.some((key) => key.kind === kind);
  return names('email') && isKnownBy('email') && !shares('email') && !shares('customer') && !shares('order');
}

/** All identifiers of the users who have one of these keys. */
async function keysOfUsersOf(tx: Queries, integration: string, keys: readonly UserKey[]): Promise<readonly UserKey[]> {
  const users = tx.select({ id: userIdentifiers.userId }).from(userIdentifiers).where(isOneOf(integration, keys));
  const known = await tx
    .select({ kind: userIdentifiers.kind, hmac: userIdentifiers.hmac })
    .from(userIdentifiers)
    .where(inArray(userIdentifiers.userId, users));
  return known;
}
