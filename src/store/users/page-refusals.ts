/**
 * Refusals of consent that only a page without proof said. They are obeyed; since anybody can say them for a user id or e-mail that they
 * know, they are counted, and an operator can undo a flood of them.
 */
import { and, asc, count, eq, notExists, or, sql } from 'drizzle-orm';
import type { PaymentRef } from '../../domain/purchase';
import type { Database } from '../driver/database';
import { ofSameOrder } from '../same-order';
import { purchases, userIdentifiers, userOrders, users, visits } from '../schema';
import { isRefusal } from './visits';

export interface PageRefusalStore {
  /** How many user ids and e-mails pages refused consent for, within a period, and how many purchases are kept back for it. */
  count(integration: string, period: RefusalPeriod): Promise<{ readonly refusals: number; readonly purchases: number }>;
  /** Forgets the refusals of a period. Returns their number. */
  forget(integration: string, period: RefusalPeriod): Promise<number>;
  /** Purchases that were kept back for such a refusal and whose buyer nobody refuses for any more, the oldest first. */
  keptBack(integration: string, limit: number): Promise<readonly PaymentRef[]>;
}

/** Unix milliseconds, `toMs` exclusive. */
export interface RefusalPeriod {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Over the tables `visits` and `purchases`. */
export function pageRefusalStore({ queries }: Database): PageRefusalStore {
  const isKeptBack = (integration: string) => and(eq(purchases.integration, integration), eq(purchases.refusedByPage, true));
  return {
    async count(integration, { fromMs, toMs }) {
      const [refusals] = await queries
        .select({ count: count() })
        .from(visits)
        .where(isRefusal(integration, fromMs, toMs));
      const [kept] = await queries.select({ count: count() }).from(purchases).where(isKeptBack(integration));
      return { refusals: refusals?.count ?? 0, purchases: kept?.count ?? 0 };
    },

    async forget(integration, { fromMs, toMs }) {
      const undone = await queries
        .update(visits)
        .set({ consent: null, consentAtMs: null })
        .where(isRefusal(integration, fromMs, toMs))
        .returning({ hmac: visits.hmac });
      return undone.length;
    },

    async keptBack(integration, limit) {
      const stillRefused = queries
        .select({ found: sql`1` })
        .from(userOrders)
        .innerJoin(users, eq(users.id, userOrders.userId))
        .innerJoin(userIdentifiers, eq(userIdentifiers.userId, userOrders.userId))
        .leftJoin(
          visits,
          and(
            eq(visits.integration, userIdentifiers.integration),
            eq(visits.kind, userIdentifiers.kind),
            eq(visits.hmac, userIdentifiers.hmac),
          ),
        )
        .where(and(ofSameOrder(userOrders, purchases), or(eq(users.consent, 'denied'), eq(visits.consent, 'denied'))));
      return queries
        .select({ psp: purchases.psp, subscription: purchases.subscription, moneyId: purchases.moneyId })
        .from(purchases)
        .where(and(isKeptBack(integration), notExists(stillRefused)))
        .orderBy(asc(purchases.occurredAtMs), asc(purchases.moneyId))
        .limit(limit);
    },
  };
}
