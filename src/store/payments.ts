/** Which order a payment belongs to, by any of its ids, and the facts that wait for their payment. */
import { createHash } from 'node:crypto';
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { PaymentRef } from '../domain/purchase';
import type { Database, Queries } from './driver/database';
import { unmatchedRefunds, paymentIds, payments } from './schema';
import type { UserStore } from './store';

/** A charge may belong to a payment intent, and that to an invoice. */
const maxHops = 3;

export function paymentLookup({
  queries,
}: Database): Pick<UserStore, 'orderOfPayment' | 'linkPayment' | 'keepUnmatchedRefund' | 'unmatchedRefundsOf'> {
  return {
    async orderOfPayment(integration, psp, paymentId) {
      let ids: readonly string[] = [paymentId];
      for (let hop = 0; hop <= maxHops && ids.length > 0; hop += 1) {
        const [payment] = await queries
          .select({ psp: payments.psp, subscription: payments.subscription, moneyId: payments.moneyId })
          .from(payments)
          .where(and(eq(payments.integration, integration), eq(payments.psp, psp), inArray(payments.moneyId, [...ids])))
          .orderBy(payments.moneyId)
          .limit(1);
        if (payment) return payment;
        ids = await linked(integration, psp, 'paymentId', ids, 'moneyId');
      }
      return null;
    },

    async linkPayment(integration, psp, id, moneyId) {
      await addLinks(queries, integration, psp, [id], moneyId);
    },

    async keepUnmatchedRefund(integration, psp, paymentId, fact, atMs) {
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
        next = (await linked(integration, psp, 'moneyId', next, 'paymentId')).filter((id) => !all.has(id));
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
    integration: string,
    psp: string,
    from: LinkEnd,
    ids: readonly string[],
    to: LinkEnd,
  ): Promise<readonly string[]> {
    const rows = await queries
      .selectDistinct({ id: paymentIds[to] })
      .from(paymentIds)
      .where(and(eq(paymentIds.integration, integration), eq(paymentIds.psp, psp), inArray(paymentIds[from], [...ids])));
    return rows.map(({ id }) => id);
  }
}

type LinkEnd = 'paymentId' | 'moneyId';

/** Records the order of a payment, and the payment's other ids. A payment stays with the order that brought it first. */
export async function addPayment(tx: Queries, integration: string, payment: PaymentRef, ids: readonly string[]): Promise<void> {
  const { psp, subscription, moneyId } = payment;
  await tx.insert(payments).values({ integration, psp, moneyId, subscription }).onConflictDoNothing();
  await addLinks(tx, integration, psp, ids, moneyId);
}

/** A money id is always its own: no link leads away from it, since `orderOfPayment` looks for the payment first. */
async function addLinks(tx: Queries, integration: string, psp: string, ids: readonly string[], moneyId: string): Promise<void> {
  const others = [...new Set(ids)].filter((id) => id !== moneyId).sort();
  if (others.length === 0) return;
  await tx
    .insert(paymentIds)
    .values(others.map((paymentId) => ({ integration, psp, paymentId, moneyId })))
    .onConflictDoNothing();
}
