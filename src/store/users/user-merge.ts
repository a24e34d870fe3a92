/**
 * Finds users by their identifiers under locks, and merges users that turn out to be one.
 *
 * Locks are taken in two steps, each in a fixed order, so that transactions never deadlock: first an advisory lock for each identifier
 * (which also covers identifiers without a row), then the rows of the users (two disjoint sets of identifiers may belong to one user).
 * After that no other transaction can merge these users or claim for them.
 */
import { isDeepStrictEqual } from 'node:util';
import { and, eq, inArray, isNotNull, or, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { dayMs } from '../../domain/duration';
import type { Consent, IdentifierKind, Identity, JoinEvidence, UserKey } from '../../domain/identity';
import { identifierKinds, mergeIdentity } from '../../domain/identity';
import { importedPsp } from '../../domain/imported-buyer';
import type { Keyring } from '../../crypto/keyring';
import type { Database, Queries } from '../driver/database';
import { codeOf } from '../driver/database';
import { browserPurchases, firstPurchases, userIdentifiers, userJoins, userOrders, users } from '../schema';

/** A buyer's identity, and when the consent in it was stated. */
export interface Knowledge {
  readonly identity: Identity;
  readonly consentAtMs: number | null;
}

/** The one user of some keys, locked until the transaction ends. */
export interface JoinedUser {
  readonly id: number;
  /** The merged identity. */
  readonly identity: Identity;
  readonly isErased: boolean;
  /** How many other users turned out to be this one, just now. */
  readonly joined: number;
}

/** Runs `work` in a transaction, and again if a user that it looked up was merged or erased before it was locked. */
export async function withUsers<T>(database: Database, work: (tx: Queries) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction(work);
    } catch (error) {
      const canRepeat = error instanceof UserHasChanged || deadlockOrSerialization.has(codeOf(error) ?? '');
      if (!canRepeat || attempt === maxAttempts) throw error;
    }
  }
}

/** Locks the identifiers until the transaction ends, whether they have a row or not. */
export async function lockKeys(tx: Queries, integration: string, keys: readonly UserKey[]): Promise<void> {
  const names = keys.map(({ kind, hmac }) => sql`${`${integration}/${kind}/${hmac}`}`);
  await tx.execute(sql`
    select pg_advisory_xact_lock(lock) from (
      select distinct hashtextextended(name, 0) as lock from unnest(array[${sql.join(names, sql`, `)}]::text[]) as name order by lock
    ) as locks`);
}

/** Identifiers of one buyer that came together, and the identity that came with them. */
export interface Acquaintance {
  readonly integration: string;
  readonly keys: readonly UserKey[];
  readonly identity: Identity;
  readonly atMs: number;
  /** What shows that the identifiers are one buyer's. */
  readonly evidence: JoinEvidence;
  /** When the consent in `identity` was stated. Default: `atMs`. */
  readonly consentAtMs?: number;
}

/**
 * The one user of all `keys`, which are locked: found, merged from several, or made. The identity is merged into the user's.
 * An erased user, whom only the keys of its orders lead to, keeps no identity and is merged with no other. Users whom an operator has
 * taken apart stay apart: the keys then stand for the one whose order it is.
 */
export async function joinUsers(tx: Queries, keyring: Keyring, acquaintance: Acquaintance): Promise<JoinedUser> {
  const { integration, keys, identity: learned, atMs, evidence, consentAtMs = atMs } = acquaintance;
  if (keys.length === 0) throw new Error("a user is known by at least one key: pass the order's");
  const found = await lockUsersOf(tx, integration, keys);
  const erased = found.users.find(isErased);
  if (erased) return { id: erased.id, identity: knownOf(keyring, erased).identity, isErased: true, joined: 0 };

  const [survivor, ...merged] = await notTakenApart(tx, found);
  const known = [survivor, ...merged].flatMap((user) => (user ? [knownOf(keyring, user)] : [])).reduce(joinKnowledge, nothing);
  const joined = joinKnowledge(known, { identity: learned, consentAtMs: learned.consent === undefined ? null : consentAtMs });

  if (!survivor) {
    const id = await makeUser(tx, integration, sealed(keyring, joined), atMs);
    await addKeys(tx, integration, keys, id);
    return { id, identity: joined.identity, isErased: false, joined: 0 };
  }
  const metAtMs = Math.max(atMs, ...[survivor, ...merged].map(({ updatedAtMs }) => updatedAtMs));
  if (merged.length > 0) {
    const kinds = found.keys.map(({ kind }) => kind);
    for (const user of merged) {
      const knew = { survivor: keyring.sealJson(knownOf(keyring, survivor)), merged: keyring.sealJson(knownOf(keyring, user)) };
      await recordJoin(tx, { integration, survivorId: survivor.id, mergedId: user.id, atMs, evidence, kinds, knew });
    }
    await mergeInto(
      tx,
      survivor.id,
      merged.map(({ id }) => id),
      metAtMs,
    );
  }
  const isNews = merged.length > 0 || !isDeepStrictEqual(joined, known);
  // A user who comes again with nothing new costs one write a day. What is sealed stays as it is then.
  if (isNews || metAtMs >= survivor.updatedAtMs + dayMs) {
    await tx
      .update(users)
      .set({ ...(isNews ? sealed(keyring, joined) : {}), updatedAtMs: metAtMs })
      .where(eq(users.id, survivor.id));
  }
  const isNew = ({ kind, hmac }: UserKey) => !found.keys.some((key) => key.kind === kind && key.hmac === hmac);
  await addKeys(tx, integration, keys.filter(isNew), survivor.id);
  return { id: survivor.id, identity: joined.identity, isErased: false, joined: merged.length };
}

/**
 * The users that may be merged, oldest first: all that were found, or, where an operator has taken two of them apart, those that were
 * not taken apart from the one whose order is named (else from the oldest).
 */
async function notTakenApart(
  tx: Queries,
  { users: found, keys }: { readonly users: readonly UserRow[]; readonly keys: readonly FoundKey[] },
): Promise<readonly UserRow[]> {
  if (found.length < 2) return found;
  const ids = found.map(({ id }) => id);
  const apart = await tx
    .select({ survivorId: userJoins.survivorId, mergedId: userJoins.mergedId })
    .from(userJoins)
    .where(and(isNotNull(userJoins.undoneAtMs), inArray(userJoins.mergedId, ids), inArray(userJoins.survivorId, ids)));
  if (apart.length === 0) return found;
  const named = keys.find(({ kind }) => kind === 'order')?.userId;
  const first = found.find(({ id }) => id === named) ?? found[0];
  const isApart = (a: number, b: number): boolean =>
    apart.some(({ survivorId, mergedId }) => (survivorId === a && mergedId === b) || (survivorId === b && mergedId === a));
  const kept: UserRow[] = [];
  for (const user of [...(first ? [first] : []), ...found.filter((one) => one !== first)]) {
    if (kept.every((one) => !isApart(one.id, user.id))) kept.push(user);
  }
  return kept.sort((a, b) => a.id - b.id);
}

/** The users of `keys`, oldest first, locked until the transaction ends; and those of the keys that are known. */
export async function lockUsersOf(
  tx: Queries,
  integration: string,
  keys: readonly UserKey[],
): Promise<{ readonly users: readonly UserRow[]; readonly keys: readonly FoundKey[] }> {
  const rows = await tx
    .select({ kind: userIdentifiers.kind, hmac: userIdentifiers.hmac, user: users })
    .from(userIdentifiers)
    .innerJoin(users, eq(users.id, userIdentifiers.userId))
    .where(isOneOf(integration, keys))
    .orderBy(users.id)
    .for('update', { of: users });
  // PostgreSQL reads a row again when it had to wait for it: the user is as it is now, the identifier as it was before.
  const isStale = ({ kind, user }: (typeof rows)[number]) => user.mergedInto !== null || (isErased(user) && kind !== 'order');
  if (rows.some(isStale)) throw new UserHasChanged();
  return {
    users: [...new Map(rows.map(({ user }) => [user.id, user])).values()],
    keys: rows.map(({ kind, hmac, user }) => ({ kind, hmac, userId: user.id })),
  };
}

/** The merged knowledge of the users of `keys`. If one of them is erased, the others are not counted as the same person. */
export async function knowledgeOf(
  queries: Queries,
  keyring: Keyring,
  integration: string,
  keys: readonly UserKey[],
): Promise<Knowledge> {
  const rows = await queries
    .selectDistinct({ user: users })
    .from(userIdentifiers)
    .innerJoin(users, eq(users.id, userIdentifiers.userId))
    .where(isOneOf(integration, keys))
    .orderBy(users.id);
  const erased = rows.filter(({ user }) => isErased(user));
  return (erased.length > 0 ? erased : rows).map(({ user }) => knownOf(keyring, user)).reduce(joinKnowledge, nothing);
}

/** The condition that a row of `user_identifiers` is one of these keys. */
export function isOneOf(integration: string, keys: readonly UserKey[]): SQL | undefined {
  const each = keys.map(({ kind, hmac }) => and(eq(userIdentifiers.kind, kind), eq(userIdentifiers.hmac, hmac)));
  return and(eq(userIdentifiers.integration, integration), each.length > 0 ? or(...each) : sql`false`);
}

/** Merges what is known of one buyer: identities by `mergeIdentity`, consents by the time of the statement. */
export function joinKnowledge(earlier: Knowledge, later: Knowledge): Knowledge {
  const merged = mergeIdentity(earlier.identity, later.identity);
  if (!states(earlier) || !states(later)) {
    return { identity: merged, consentAtMs: states(later) ? later.consentAtMs : (earlier.consentAtMs ?? later.consentAtMs) };
  }
  const lastWord = (later.consentAtMs ?? 0) >= (earlier.consentAtMs ?? 0) ? later : earlier;
  return { identity: { ...merged, ...consentOf(lastWord.identity.consent) }, consentAtMs: lastWord.consentAtMs };
}

function states({ identity: { consent } }: Knowledge): boolean {
  return consent === 'granted' || consent === 'denied';
}

/** Of nobody. */
export const nothing: Knowledge = { identity: {}, consentAtMs: null };

type UserRow = typeof users.$inferSelect;

/** A key that a user has. */
interface FoundKey extends UserKey {
  readonly userId: number;
}

function isErased({ erasedAtMs }: UserRow): boolean {
  return erasedAtMs !== null;
}

/** What is known of a user, by the columns of the row. */
export function knownOf(
  keyring: Keyring,
  { id, identity, consent, consentAtMs }: Pick<UserRow, 'id' | 'identity' | 'consent' | 'consentAtMs'>,
): Knowledge {
  // `sealed` put an identity in
  const known = identity === null ? {} : (keyring.openJson(identity, `the identity of user ${id}`) as Identity);
  return { identity: { ...known, ...consentOf(consent ?? undefined) }, consentAtMs };
}

/** The columns of what is known. */
export function sealed(keyring: Keyring, { identity: { consent, ...identity }, consentAtMs }: Knowledge) {
  const isEmpty = Object.keys(identity).length === 0;
  return { identity: isEmpty ? null : keyring.sealJson(identity), consent: consent ?? null, consentAtMs };
}

function consentOf(consent: Consent | undefined): Pick<Identity, 'consent'> {
  return consent === undefined ? {} : { consent };
}

async function makeUser(tx: Queries, integration: string, known: ReturnType<typeof sealed>, atMs: number): Promise<number> {
  const [made] = await tx
    .insert(users)
    .values({ integration, ...known, createdAtMs: atMs, updatedAtMs: atMs })
    .returning({ id: users.id });
  if (!made) throw new Error('an inserted user came back without its id');
  return made.id;
}

async function addKeys(tx: Queries, integration: string, keys: readonly UserKey[], userId: number): Promise<void> {
  if (keys.length === 0) return;
  await tx
    .insert(userIdentifiers)
    .values(keys.map(({ kind, hmac }) => ({ integration, kind, hmac, userId })))
    .onConflictDoNothing(); // a key named twice
}

interface Join {
  readonly integration: string;
  readonly survivorId: number;
  readonly mergedId: number;
  readonly atMs: number;
  readonly evidence: JoinEvidence;
  readonly kinds: readonly IdentifierKind[];
  /** Sealed. */
  readonly knew: { readonly survivor: string; readonly merged: string };
}

/** Writes down what the merged user has, so that an operator can take the two apart again (joins.ts). */
async function recordJoin(tx: Queries, { knew, kinds, ...join }: Join): Promise<void> {
  const identifiers = await tx
    .select({ kind: userIdentifiers.kind, hmac: userIdentifiers.hmac })
    .from(userIdentifiers)
    .where(eq(userIdentifiers.userId, join.mergedId));
  const orders = await tx
    .select({ psp: userOrders.psp, subscription: userOrders.subscription })
    .from(userOrders)
    .where(eq(userOrders.userId, join.mergedId));
  // An imported first purchase has no order, and goes back as one would.
  const imported = await tx
    .select({ psp: firstPurchases.psp, subscription: firstPurchases.subscription })
    .from(firstPurchases)
    .where(and(eq(firstPurchases.userId, join.mergedId), eq(firstPurchases.psp, importedPsp)));
  await tx.insert(userJoins).values({
    ...join,
    ...{
      identifiers,
      orders: [...orders, ...imported],
      kinds: identifierKinds.filter((kind) => kinds.includes(kind)),
      survivorKnew: knew.survivor,
      mergedKnew: knew.merged,
    },
  });
}

async function mergeInto(tx: Queries, survivorId: number, mergedIds: number[], atMs: number): Promise<void> {
  for (const table of [userIdentifiers, userOrders, firstPurchases, browserPurchases]) {
    await tx.update(table).set({ userId: survivorId }).where(inArray(table.userId, mergedIds));
  }
  const emptied = { identity: null, consent: null, consentAtMs: null };
  await tx
    .update(users)
    .set({ ...emptied, mergedInto: survivorId, updatedAtMs: atMs })
    .where(inArray(users.id, mergedIds));
}

/** Another transaction merged or erased the user between the lookup and the lock, and has committed: repeat the transaction. */
export class UserHasChanged extends Error {
  override readonly name = 'UserHasChanged';
}

const maxAttempts = 10;
/** SQLSTATE `deadlock_detected` and `serialization_failure`. */
const deadlockOrSerialization: ReadonlySet<string> = new Set(['40P01', '40001']);
