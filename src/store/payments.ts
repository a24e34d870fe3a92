/** The index of payments: the order of a payment by any of its ids, and refunds that arrived before their payment. */
import { createHash } from 'node:crypto';
import { and, asc, eq, inArray, or, sql } from 'drizzle-orm';
import type { SubscriptionFact } from '../domain/fact';
import type { PaymentRef } from '../domain/purchase';
import type { Database, Queries } from './driver/database';
import { functionCall } from './driver/statement';
import { unmatchedRefunds, paymentIds, payments, purchases, userOrders } from './schema';

export interface PaymentIndex {
  /** The order and money id of a payment, by any of its ids; null when no order has it. */
  orderOf(integration: string, psp: string, paymentId: string): Promise<PaymentRef | null>;
  /** The payments that have one of the ids, with their orders: those that it is the money id of come first, in the order of `ids`. */
  registered(integration: string, psp: string, ids: readonly string[]): Promise<readonly PaymentRef[]>;
  /**
   * True when a payment that has been registered met something: a kept refund of it, or a one-off under one of its ids (`registered`). One
   * round trip, for what is almost never so.
   */
  hasMet(integration: string, psp: string, moneyId: string, ids: readonly string[]): Promise<boolean>;
  /** The orders of which an event said that they are no other than this payment, with the checkout that they named. */
  mergedInto(integration: string, psp: string, moneyId: string): Promise<readonly MergedOrder[]>;
  /** The money id of a payment, other than `own`, that `id` is another id of; null when no event has said so. */
  linkedTo(integration: string, psp: string, id: string, own: string): Promise<string | null>;
  /** From now on `moneyId` is no payment of its own, but another id of `into`. A row that no workflow has written yet goes with it. */
  merge(integration: string, psp: string, moneyId: string, into: string): Promise<void>;
  /** Adds `id` to the ids of `moneyId`'s payment. */
  link(integration: string, psp: string, id: string, moneyId: string): Promise<void>;
  /** Keeps a refund whose payment is not known yet. Repeatable. */
  keepUnmatchedRefund(refund: UnmatchedRefund): Promise<void>;
  /** The kept refunds of a payment, by any of its ids. They stay kept, since facts are repeatable. */
  unmatchedRefundsOf(integration: string, psp: string, paymentIds: readonly string[]): Promise<readonly SubscriptionFact[]>;
}

export interface MergedOrder {
  readonly subscription: string;
  readonly checkoutId: string | null;
}

export interface UnmatchedRefund {
  readonly integration: string;
  readonly psp: string;
  /** The id by which the refund names its payment. */
  readonly paymentId: string;
  readonly fact: SubscriptionFact;
  readonly atMs: number;
}

/** A charge may belong to a payment intent, and that to an invoice. */
const maxHops = 3;

const hasMet = functionCall<boolean>(
  'has_met',
  sql`has_met(${sql.placeholder('integration')}::text, ${sql.placeholder('psp')}::text, ${sql.placeholder('moneyId')}::text, ${sql.placeholder('ids')}::jsonb)`,
);

/** The index over the tables `payments`, `payment_ids` and `unmatched_refunds`. */
export function paymentIndex(database: Database): PaymentIndex {
  const { queries } = database;
  return {
    async orderOf(integration, psp, paymentId) {
      let ids: readonly string[] = [paymentId];
      for (let hop = 0; hop <= maxHops && ids.length > 0; hop += 1) {
        const [payment] = await queries
          .select({ psp: payments.psp, subscription: payments.subscription, moneyId: payments.moneyId })
          .from(payments)
          .where(and(eq(payments.integration, integration), eq(payments.psp, psp), inArray(payments.moneyId, [...ids])))
          .orderBy(payments.moneyId)
          .limit(1);
        if (payment) return payment;
        ids = await linked({ integration, psp }, ids, { from: 'paymentId', to: 'moneyId' });
      }
      return null;
    },

    async registered(integration, psp, ids) {
      const ofIds = queries
        .select({ moneyId: paymentIds.moneyId })
        .from(paymentIds)
        .where(and(eq(paymentIds.integration, integration), eq(paymentIds.psp, psp), inArray(paymentIds.paymentId, [...ids])));
      const rows = await queries
        .select({ psp: payments.psp, subscription: payments.subscription, moneyId: payments.moneyId })
        .from(payments)
        .where(
          and(
            eq(payments.integration, integration),
            eq(payments.psp, psp),
            or(inArray(payments.moneyId, [...ids]), inArray(payments.moneyId, ofIds)),
          ),
        )
        .orderBy(payments.moneyId);
      const rank = (moneyId: string): number => (ids.includes(moneyId) ? ids.indexOf(moneyId) : ids.length);
      return rows.sort((a, b) => rank(a.moneyId) - rank(b.moneyId));
    },

    async hasMet(integration, psp, moneyId, ids) {
      return hasMet(queries, { integration, psp, moneyId, ids: JSON.stringify(ids) });
    },

    async mergedInto(integration, psp, moneyId) {
      return queries
        .selectDistinct({ subscription: userOrders.subscription, checkoutId: userOrders.checkoutId })
        .from(paymentIds)
        .innerJoin(
          userOrders,
          and(
            eq(userOrders.integration, paymentIds.integration),
            eq(userOrders.psp, paymentIds.psp),
            eq(userOrders.subscription, paymentIds.paymentId),
          ),
        )
        .where(and(eq(paymentIds.integration, integration), eq(paymentIds.psp, psp), eq(paymentIds.moneyId, moneyId)))
        .orderBy(userOrders.subscription);
    },

    async linkedTo(integration, psp, id, own) {
      const all = await linked({ integration, psp }, [id], { from: 'paymentId', to: 'moneyId' });
      return all.find((moneyId) => moneyId !== own) ?? null;
    },

    async merge(integration, psp, moneyId, into) {
      await database.transaction(async (tx) => {
        await tx
          .delete(payments)
          .where(and(eq(payments.integration, integration), eq(payments.psp, psp), eq(payments.moneyId, moneyId)));
        await tx.delete(purchases).where(
          and(
            ...[eq(purchases.integration, integration), eq(purchases.psp, psp), eq(purchases.moneyId, moneyId)],
            // As it was registered. Its workflow may never have been told of it: the process that registered it was killed.
            ...[eq(purchases.state, 'pending'), eq(purchases.revision, 0), eq(purchases.attempts, 0)],
          ),
        );
        await addLinks(tx, { integration, psp, moneyId: into }, [moneyId]);
      });
    },

    async link(integration, psp, id, moneyId) {
      await addLinks(queries, { integration, psp, moneyId }, [id]);
    },

    async keepUnmatchedRefund({ integration, psp, paymentId, fact, atMs }) {
      const factHash = createHash('sha256').update(JSON.stringify(fact)).digest('base64url');
      await queries
        .insert(unmatchedRefunds)
        .values({ integration, psp, paymentId, factHash, fact, keptAtMs: atMs })
        .onConflictDoNothing();
    },

    async unmatchedRefundsOf(integration, psp, ids) {
      const all = new Set(ids);
      let next: readonly string[] = [...ids];
      for (let hop = 0; hop < maxHops && next.length > 0; hop += 1) {
        next = (await linked({ integration, psp }, next, { from: 'moneyId', to: 'paymentId' })).filter((id) => !all.has(id));
        next.forEach((id) => all.add(id));
      }
      if (all.size === 0) return [];
      const rows = await queries
        .select({ fact: unmatchedRefunds.fact })
        .from(unmatchedRefunds)
        .where(
          and(
            eq(unmatchedRefunds.integration, integration),
            eq(unmatchedRefunds.psp, psp),
            inArray(unmatchedRefunds.paymentId, [...all]),
          ),
        )
        .orderBy(asc(unmatchedRefunds.keptAtMs), asc(unmatchedRefunds.factHash));
      return rows.map(({ fact }) => fact);
    },
  };

  /** One step along the links, from one end to the other. */
  async function linked(
    { integration, psp }: { readonly integration: string; readonly psp: string },
    ids: readonly string[],
    { from, to }: { readonly from: LinkEnd; readonly to: LinkEnd },
  ): Promise<readonly string[]> {
    const rows = await queries
      .selectDistinct({ id: paymentIds[to] })
      .from(paymentIds)
      .where(and(eq(paymentIds.integration, integration), eq(paymentIds.psp, psp), inArray(paymentIds[from], [...ids])));
    return rows.map(({ id }) => id);
  }
}

type LinkEnd = 'paymentId' | 'moneyId';

/** Writes the order of a payment, and the payment's other ids. A payment stays with its first order. */
export async function addPayment(tx: Queries, integration: string, payment: PaymentRef, ids: readonly string[]): Promise<void> {
  const { psp, subscription, moneyId } = payment;
  await tx.insert(payments).values({ integration, psp, moneyId, subscription }).onConflictDoNothing();
  await addLinks(tx, { integration, psp, moneyId }, ids);
}

/** A money id needs no link to itself, since `orderOf` looks for the payment first. */
async function addLinks(
  tx: Queries,
  { integration, psp, moneyId }: { readonly integration: string; readonly psp: string; readonly moneyId: string },
  ids: readonly string[],
): Promise<void> {
  const others = [...new Set(ids)].filter((id) => id !== moneyId).sort();
  if (others.length === 0) return;
  await tx
    .insert(paymentIds)
    .values(others.map((paymentId) => ({ integration, psp, paymentId, moneyId })))
    .onConflictDoNothing();
}
