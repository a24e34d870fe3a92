/** Users: their identifiers, identity and orders. */
import { isDeepStrictEqual } from 'node:util';
import { and, asc, eq } from 'drizzle-orm';
import type { Order } from '../../domain/first-purchase';
import type { IdentifierKind, Identity, UserKey } from '../../domain/identity';
import { identifierKinds, wordsOfPage } from '../../domain/identity';
import type { PaymentRef } from '../../domain/purchase';
import type { Keyring } from '../../crypto/keyring';
import { identifiersBeside, keysOfOrder } from './checkouts';
import type { Database, Queries } from '../driver/database';
import type { Erased } from './erasure';
import { eraseUser } from './erasure';
import { holderOf } from './claims';
import { isAnothers } from './doubtful-key';
import { identityOfBuyer } from './known-buyer';
import { checkoutOf, namedCheckout } from './order-checkout';
import { addOrder } from '../orders';
import { addPayment } from '../payments';
import { addPending } from '../purchases';
import type { Registered, Registration } from './registration';
import type { FactToKeep, SettledRegistration } from './settled-buyer';
import { markOf, registerSettled } from './settled-buyer';
import type { Knowledge } from './user-merge';
import { isOneOf, joinKnowledge, joinUsers, knowledgeOf, lockKeys, withUsers } from './user-merge';
import type { StatedCheckout } from './visits';
import { isSpokenOf, moveToBuyer, statedCheckout } from './visits';
import { userIdentifiers, userOrders } from '../schema';

export interface UserStore {
  /**
   * Joins all `keys` to one user (merging users that turn out to be one: the earlier first purchase wins, identities merge), merges the
   * identity, and writes the order, the payment's ids and the pending row. One transaction, repeatable.
   */
  register(registration: Registration): Promise<Registered>;
  /**
   * The same for a fact of a known order whose buyer has said all of it before, with the fact that is kept: one round trip. Null where
   * anything else has to be looked at; nothing is written then.
   */
  registerSettled(registration: Registration, kept: FactToKeep): Promise<SettledRegistration | null>;
  /**
   * The merged identity of the users of all keys; empty when no user has any of them. What the order itself says of its buyer outranks
   * it; what pages said without proof fills the gaps, and their refusal of consent counts unless `obeysPages` is false (default: true).
   */
  identity(
    integration: string,
    keys: readonly UserKey[],
    order?: Order,
    options?: { readonly obeysPages: boolean },
  ): Promise<Identity>;
  /** Null when neither a user nor a visitor has the key. */
  find(integration: string, key: UserKey): Promise<UserView | null>;
  /**
   * Erases a user's identity, what pages said of them, and all identifiers but the orders'. The orders keep their payments, first purchase and event ids, and
   * never take an identity or an identifier again. Null when no user has the key. Repeatable.
   */
  erase(integration: string, key: UserKey, atMs: number): Promise<Erased | null>;
  /** The keys as the database knows them: they may be of a later generation of the pepper. */
  current(integration: string, keys: readonly UserKey[]): Promise<readonly UserKey[]>;
}

export interface UserView {
  readonly identifiers: readonly IdentifierKind[];
  readonly firstPurchase: PaymentRef | null;
  readonly orders: readonly Order[];
}

/** Users over the tables `users`, `user_identifiers` and `user_orders`. */
export function userStore(database: Database, keyring: Keyring): UserStore {
  const { queries } = database;
  return {
    async register(told) {
      const { integration, paymentIds, pending, atMs, doubtfulKey = null } = told;
      return withUsers(database, async (tx) => {
        const remembered = pending !== null && told.checkout === null ? await namedCheckout(tx, told) : null;
        const registration = remembered ? { ...told, checkout: remembered.checkout } : told;
        const { checkout } = registration;
        const keys = checkout ? [...registration.keys, checkout] : registration.keys;
        const foretold = checkout && (await statedCheckout(tx, keyring, integration, checkout.hmac));
        await lockKeys(tx, integration, [...keys, ...(foretold ? statedKeysOf(foretold) : [])]);
        const isOthersKey = doubtfulKey !== null && (await isAnothers(tx, integration, doubtfulKey, keys));
        const certain = isOthersKey ? without(keys, doubtfulKey) : keys;
        const ofOrder = await keysOfOrder(tx, integration, certain, registration);
        const said = isOthersKey ? withoutExternalId(registration.identity) : registration.identity;
        const page = checkout && ofOrder.includes(checkout) ? await provenPage(tx, integration, checkout, ofOrder) : null;
        const facts = { identity: said, consentAtMs: await consentStatedAtMs(tx, { integration, keys: ofOrder, said, atMs }) };
        const learned = page ? joinKnowledge(facts, page) : facts;
        const evidence = page && page.keys.length > 0 ? 'checkout' : 'webhook';
        const user = await joinUsers(tx, keyring, {
          ...{ integration, keys: [...ofOrder, ...(page?.keys ?? [])], identity: learned.identity, atMs },
          ...{ consentAtMs: learned.consentAtMs ?? atMs, evidence },
        });
        if (checkout && page && !user.isErased) await moveToBuyer(tx, integration, checkout.hmac, user.id);
        // A reference counts as the user id only where no fact of the order names one.
        const own = user.isErased ? null : ownIdentityOf(doubtfulKey === null ? said : withoutExternalId(said));
        const before = own && (await ownIdentity(tx, integration, registration));
        const allOwn = own && { ...before, ...own };
        const isNews = allOwn !== null && !isDeepStrictEqual(allOwn, before);
        const { id, isErased } = user;
        const known = { ownIdentity: isNews ? keyring.sealJson(allOwn) : null, mark: markOf(keyring, told) };
        await addOrder(tx, registration, { id, isErased, ...known });
        const isMoney = pending !== null || paymentIds.length > 0;
        if (isMoney) await addPayment(tx, integration, registration, paymentIds);
        if (pending !== null) await addPending(tx, integration, pending);
        const decided = await checkoutOf(tx, registration, user);
        const isOfEarlier = remembered !== null && decided.ownsCheckout;
        const adopted = isOfEarlier ? { ownsCheckout: false, adoptedCheckoutId: remembered.checkoutId } : {};
        return { ...decided, ...adopted, keys: told.keys, isErased, isOthersKey, joined: user.joined, evidence };
      });
    },

    registerSettled: (told, kept) => registerSettled(database, keyring, told, kept),

    identity: (integration, keys, order, { obeysPages } = { obeysPages: true }) =>
      identityOfBuyer(queries, keyring, { integration, keys, order, obeysPages }),

    async find(integration, key) {
      const [found] = await queries
        .select()
        .from(userIdentifiers)
        .where(isOneOf(integration, [key]));
      if (!found) {
        const isVisitor = await isSpokenOf(queries, integration, key);
        return isVisitor ? { identifiers: [key.kind], firstPurchase: null, orders: [] } : null;
      }
      const { userId } = found;
      const kinds = await queries
        .selectDistinct({ kind: userIdentifiers.kind })
        .from(userIdentifiers)
        .where(eq(userIdentifiers.userId, userId));
      const orders = await queries
        .select({ psp: userOrders.psp, subscription: userOrders.subscription })
        .from(userOrders)
        .where(eq(userOrders.userId, userId))
        .orderBy(asc(userOrders.psp), asc(userOrders.subscription));
      return {
        identifiers: identifierKinds.filter((kind) => kinds.some((row) => row.kind === kind)),
        firstPurchase: await holderOf(queries, userId),
        orders,
      };
    },

    erase: (integration, key, atMs) => eraseUser(database, integration, key, atMs),

    current: (_integration, keys) => Promise.resolve(keys),
  };

  /**
   * What the page of the order's checkout said before the order came: the provider's event proves it now. Of the user id and e-mail only
   * what the buyer lacks counts; a page that named another user id tells how its visitor came, and nothing else.
   */
  async function provenPage(
    tx: Queries,
    integration: string,
    checkout: UserKey,
    ofOrder: readonly UserKey[],
  ): Promise<(Knowledge & { readonly keys: readonly UserKey[] }) | null> {
    const page = await statedCheckout(tx, keyring, integration, checkout.hmac);
    if (!page) return null;
    const stated = statedKeysOf(page);
    await lockKeys(tx, integration, stated); // again where a visit has named them just now
    const known = [...ofOrder, ...(await identifiersBeside(tx, integration, ...ofOrder))];
    const lacks = ({ kind }: UserKey): boolean => known.every((key) => key.kind !== kind);
    const isKnown = ({ kind, hmac }: UserKey): boolean => known.some((key) => key.kind === kind && key.hmac === hmac);
    const isOther = page.userId !== null && !lacks(page.userId) && !isKnown(page.userId);
    if (isOther) return { identity: wordsOfPage(page.identity), consentAtMs: null, keys: [] };
    return { identity: page.identity, consentAtMs: page.consentAtMs, keys: stated.filter(lacks) };
  }

  /** When the consent that a fact names was stated: a provider's events repeat what was said once. Null without one. */
  async function consentStatedAtMs(tx: Queries, { integration, keys, said, atMs }: Fact): Promise<number | null> {
    const { consent } = said;
    if (consent === undefined) return null;
    const known = await knowledgeOf(tx, keyring, integration, keys);
    return known.identity.consent === consent ? (known.consentAtMs ?? atMs) : atMs;
  }

  /** What the order's facts have said of its buyer so far. */
  async function ownIdentity(db: Queries, integration: string, { psp, subscription }: Order): Promise<Identity> {
    const [order] = await db
      .select({ ownIdentity: userOrders.ownIdentity })
      .from(userOrders)
      .where(and(eq(userOrders.integration, integration), eq(userOrders.psp, psp), eq(userOrders.subscription, subscription)));
    // `register` put an identity in
    return order?.ownIdentity ? (keyring.openJson(order.ownIdentity, `the buyer of ${psp} ${subscription}`) as Identity) : {};
  }
}

/** What a fact says of a buyer, and by which keys they are known. */
interface Fact {
  readonly integration: string;
  readonly keys: readonly UserKey[];
  readonly said: Identity;
  readonly atMs: number;
}

/** What an order's fact says of its buyer; null when it names neither user, e-mail nor phone. */
function ownIdentityOf({ consent: _, ...said }: Identity): Identity | null {
  const { externalIdSha256, emailSha256, phoneSha256 } = said;
  return [externalIdSha256, emailSha256, phoneSha256].every((one) => one === undefined) ? null : said;
}

function withoutExternalId({ externalIdSha256: _, ...identity }: Identity): Identity {
  return identity;
}

function statedKeysOf({ userId, email }: StatedCheckout): readonly UserKey[] {
  return [userId, email].filter((key) => key !== null);
}

function without(keys: readonly UserKey[], { hmac }: UserKey): readonly UserKey[] {
  return keys.filter((key) => key.hmac !== hmac);
}
