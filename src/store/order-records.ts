/** What the database keeps of an order: enough to start it again when its workflow is gone (docs/decisions/0013). */
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { UserKey } from '../domain/identity';
import { identifierKinds } from '../domain/identity';
import type { KeptFact, OrderRecords } from '../domain/restore';
import type { DecidingSettings } from '../domain/settings';
import { recordOfRow } from '../domain/purchase';
import { decidingSettings, defaultSettings } from '../domain/settings';
import type { Database } from './driver/database';
import type { OrderKey } from './orders';
import { purchaseStore } from './purchases';
import { checkouts, orderFacts, purchases, settingsVersions, userIdentifiers, userOrders } from './schema';
import { hashOf } from './signalled-facts';
import { holderOf } from './users/claims';

export interface OrderRecordStore {
  /**
   * Keeps a fact; the first acceptance of the same fact counts. True when the order was known before: a fact of it was kept, or a
   * workflow had decided one of its payments. Repeatable.
   */
  keepFact(order: OrderKey, kept: KeptFact): Promise<boolean>;
  /** `userKeys` are the buyer's own identifiers, without that of the order. Everything is empty for an order that is not known. */
  load(order: OrderKey): Promise<OrderRecords>;
  /** As `load`, for the named payments of an order, and so many others of it that need attention. Their rows are read by key. */
  loadPayments(
    order: OrderKey,
    which: { readonly moneyIds: readonly string[]; readonly needAttention: number },
  ): Promise<OrderRecords>;
}

/** Records of orders over the tables `order_facts`, `purchases`, `settings_versions` and those of users. */
export function orderRecordStore(database: Database): OrderRecordStore {
  const { queries } = database;
  return {
    async keepFact(order, { fact, settingsVersion, tooOld, acceptedAtMs, checkoutId }) {
      const wasKnown = await isKnown(order);
      const factHash = hashOf(order.psp, order.subscription, fact);
      const { integration, psp, subscription } = order;
      await queries
        .insert(orderFacts)
        .values({ integration, psp, subscription, factHash, fact, settingsVersion, tooOld, acceptedAtMs, checkoutId })
        .onConflictDoNothing();
      return wasKnown;
    },

    async load(order) {
      const { integration, psp, subscription } = order;
      const facts = await factsOf(order);
      const records = (await purchaseStore(database).ofSubscription(integration, psp, subscription)).map(recordOfRow);
      const versions = new Set([...facts, ...records].map(({ settingsVersion }) => settingsVersion));
      const buyer = await buyerOf(order);
      return { psp, subscription, facts, records, settings: await settingsOf(integration, [...versions]), ...buyer };
    },

    async loadPayments(order, { moneyIds, needAttention }) {
      const { integration, psp, subscription } = order;
      const of = isOf(purchases, order);
      const named = await purchaseStore(database).byIds(integration, psp, moneyIds);
      const failed = queries.select({ moneyId: purchases.moneyId }).from(purchases);
      const waiting = await failed.where(and(of, eq(purchases.state, 'needs_attention'))).limit(needAttention);
      const others = await purchaseStore(database).byIds(
        integration,
        psp,
        waiting.map(({ moneyId }) => moneyId).filter((id) => !moneyIds.includes(id)),
      );
      const records = [...named, ...others].filter((row) => row.subscription === subscription).map(recordOfRow);
      // Of a new payment there is nothing else to read.
      const decided = records.filter(({ revision }) => revision > 0).map(({ moneyId }) => moneyId);
      const facts = decided.length === 0 ? [] : await factsOf(order, decided);
      const versions = new Set([...facts, ...records].map(({ settingsVersion }) => settingsVersion));
      const settings = decided.length === 0 ? [] : await settingsOf(integration, [...versions]);
      return { psp, subscription, facts, records, settings, userKeys: [], firstPurchase: null };
    },
  };

  async function isKnown(order: OrderKey): Promise<boolean> {
    const [kept] = await queries.select({ hash: orderFacts.factHash }).from(orderFacts).where(isOf(orderFacts, order)).limit(1);
    if (kept) return true;
    // Facts are kept since 0.1.0; of an older order there are records only. The row of revision 0 is this fact's own.
    const [decided] = await queries
      .select({ revision: purchases.revision })
      .from(purchases)
      .where(and(isOf(purchases, order), gt(purchases.revision, 0)))
      .limit(1);
    return decided !== undefined;
  }

  async function factsOf(order: OrderKey, moneyIds?: readonly string[]): Promise<readonly KeptFact[]> {
    const { fact, settingsVersion, tooOld, acceptedAtMs, checkoutId } = orderFacts;
    const facts = await queries
      .select({ fact, settingsVersion, tooOld, acceptedAtMs, checkoutId })
      .from(orderFacts)
      .where(and(isOf(orderFacts, order), moneyIds && inArray(sql<string>`${orderFacts.fact} ->> 'moneyId'`, [...moneyIds])))
      .orderBy(asc(orderFacts.acceptedAtMs), asc(orderFacts.factHash));
    // A checkout belongs to the order that was paid: this one may have lost it since.
    const [checkout] = await queries.select({ hmac: checkouts.hmac }).from(checkouts).where(isOf(checkouts, order)).limit(1);
    return checkout ? facts : facts.map((kept) => ({ ...kept, checkoutId: null }));
  }

  async function settingsOf(integration: string, versions: readonly number[]): Promise<readonly DecidingSettings[]> {
    if (versions.length === 0) return [];
    const rows = await queries
      .select({ version: settingsVersions.version, document: settingsVersions.document })
      .from(settingsVersions)
      .where(and(eq(settingsVersions.integration, integration), inArray(settingsVersions.version, [...versions])))
      .orderBy(asc(settingsVersions.version));
    // A setting that is younger than the stored document has its default.
    return rows.map(({ version, document }) => decidingSettings({ ...defaultSettings, ...document, version }));
  }

  async function buyerOf(order: OrderKey): Promise<Pick<OrderRecords, 'userKeys' | 'firstPurchase'>> {
    const [known] = await queries.select({ userId: userOrders.userId }).from(userOrders).where(isOf(userOrders, order));
    if (!known) return { userKeys: [], firstPurchase: null };
    return { userKeys: await keysOf(known.userId), firstPurchase: await holderOf(queries, known.userId) };
  }

  /** The identifiers that mean the person, strongest first. */
  async function keysOf(userId: number): Promise<readonly UserKey[]> {
    const keys = await queries
      .select({ kind: userIdentifiers.kind, hmac: userIdentifiers.hmac })
      .from(userIdentifiers)
      .where(and(eq(userIdentifiers.userId, userId), inArray(userIdentifiers.kind, ['user_id', 'email', 'customer'])))
      .orderBy(asc(userIdentifiers.hmac));
    return keys.sort((a, b) => identifierKinds.indexOf(a.kind) - identifierKinds.indexOf(b.kind));
  }
}

/** The rows of an order in a table that names it. */
function isOf({ integration, psp, subscription }: Readonly<Record<keyof OrderKey, PgColumn>>, order: OrderKey): SQL | undefined {
  return and(eq(integration, order.integration), eq(psp, order.psp), eq(subscription, order.subscription));
}
