/** All that the database knows of one person: for whom it concerns, and to find what else has to be forgotten. */
import { and, asc, eq } from 'drizzle-orm';
import type { Consent, Identity, UserKey } from '../domain/identity';
import { importedPsp } from '../domain/imported-buyer';
import type { Keyring } from '../crypto/keyring';
import type { Database } from './driver/database';
import { browserPurchases, firstPurchases, userIdentifiers, userOrders, users } from './schema';
import { isOneOf } from './users/user-merge';
import type { PageWords } from './users/visits';
import { wordsByKey } from './users/visits';

export interface PersonalDataStore {
  /** Null when nobody has the key. */
  of(integration: string, key: UserKey): Promise<PersonalData | null>;
}

/** Times in Unix milliseconds. */
export interface PersonalData {
  /** The user's number, and those of users who turned out to be the same. */
  readonly userIds: readonly number[];
  readonly identifiers: readonly UserKey[];
  /** As it is kept: e-mail, phone and user id as SHA-256. */
  readonly identity: Identity;
  readonly consent: Consent | null;
  readonly consentAtMs: number | null;
  /** The imported first purchase (ISO 8601), of a buyer of before this service. */
  readonly boughtBefore: string | null;
  readonly firstSeenAtMs: number;
  /** The last change or visit, to the day. */
  readonly lastSeenAtMs: number;
  readonly erasedAtMs: number | null;
  readonly orders: readonly PersonalOrder[];
  readonly browserPurchases: readonly {
    readonly checkoutId: string;
    readonly eventId: string;
    readonly authorizedAtMs: number;
  }[];
  /** What pages said of the person without proof, by the identifier that they named. */
  readonly pageWords: readonly PageWords[];
}

export interface PersonalOrder {
  readonly psp: string;
  readonly subscription: string;
  /** What the order's own facts say of its buyer. */
  readonly ownIdentity: Identity;
  readonly checkoutId: string | null;
  readonly endedAtMs: number | null;
}

/** A visitor of whom only pages have spoken. */
const unknown = {
  ...{ userIds: [], identity: {}, consent: null, consentAtMs: null, erasedAtMs: null, orders: [], browserPurchases: [] },
  boughtBefore: null,
} as const;

function seen(words: readonly PageWords[]): Pick<PersonalData, 'firstSeenAtMs' | 'lastSeenAtMs'> {
  return {
    firstSeenAtMs: Math.min(...words.map(({ firstSeenAtMs }) => firstSeenAtMs)),
    lastSeenAtMs: Math.max(...words.map(({ lastSeenAtMs }) => lastSeenAtMs)),
  };
}

/** Over the tables of users and visits. */
export function personalDataStore({ queries }: Database, keyring: Keyring): PersonalDataStore {
  const opened = (sealed: string | null, what: string): Identity =>
    sealed === null ? {} : (keyring.openJson(sealed, what) as Identity); // the store of users put an identity in
  return {
    async of(integration, key) {
      const [found] = await queries
        .select({ user: users })
        .from(userIdentifiers)
        .innerJoin(users, eq(users.id, userIdentifiers.userId))
        .where(isOneOf(integration, [key]));
      if (!found) {
        const pageWords = await wordsByKey(queries, keyring, integration, [key]);
        return pageWords.length === 0 ? null : { ...unknown, identifiers: [key], pageWords, ...seen(pageWords) };
      }
      const { id, identity, consent, consentAtMs, createdAtMs, updatedAtMs, erasedAtMs } = found.user;
      const merged = await queries.select({ id: users.id }).from(users).where(eq(users.mergedInto, id)).orderBy(asc(users.id));
      const identifiers = await queries
        .select({ kind: userIdentifiers.kind, hmac: userIdentifiers.hmac })
        .from(userIdentifiers)
        .where(eq(userIdentifiers.userId, id))
        .orderBy(asc(userIdentifiers.kind), asc(userIdentifiers.hmac));
      const orders = await queries
        .select()
        .from(userOrders)
        .where(eq(userOrders.userId, id))
        .orderBy(asc(userOrders.psp), asc(userOrders.subscription));
      const { checkoutId, eventId, authorizedAtMs } = browserPurchases;
      const authorized = await queries
        .select({ checkoutId, eventId, authorizedAtMs })
        .from(browserPurchases)
        .where(eq(browserPurchases.userId, id))
        .orderBy(asc(authorizedAtMs));
      const [imported] = await queries
        .select({ at: firstPurchases.moneyId })
        .from(firstPurchases)
        .where(and(eq(firstPurchases.userId, id), eq(firstPurchases.psp, importedPsp)))
        .orderBy(asc(firstPurchases.claimedAtMs))
        .limit(1);
      return {
        userIds: [id, ...merged.map((row) => row.id)],
        identifiers,
        identity: opened(identity, `the identity of user ${id}`),
        boughtBefore: imported?.at ?? null,
        ...{ consent, consentAtMs, firstSeenAtMs: createdAtMs, lastSeenAtMs: updatedAtMs, erasedAtMs },
        orders: orders.map((order) => ({
          psp: order.psp,
          subscription: order.subscription,
          ownIdentity: opened(order.ownIdentity, `the buyer of ${order.psp} ${order.subscription}`),
          checkoutId: order.checkoutId,
          endedAtMs: order.endedAtMs,
        })),
        browserPurchases: authorized,
        pageWords: await wordsByKey(queries, keyring, integration, identifiers),
      };
    },
  };
}
