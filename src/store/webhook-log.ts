/** Recent webhooks, for operators: when, what, and what became of it. No bodies. */
import { and, desc, eq, lt } from 'drizzle-orm';
import { decodeCursor, encodeCursor } from './cursor';
import type { Database } from './driver/database';
import { deliveries } from './schema';
import type { DeliveryStore } from './store';

export function deliveryStore({ queries }: Database): DeliveryStore {
  return {
    async note(integration, { psp, receivedAtMs, type, outcome, reason }) {
      await queries.insert(deliveries).values({ integration, psp, receivedAtMs, type, outcome, reason });
    },

    async list({ integration, psp, cursor, limit }) {
      const [after] = cursor === undefined ? [] : decodeCursor(cursor, 0);
      const rows = await queries
        .select()
        .from(deliveries)
        .where(
          and(
            eq(deliveries.integration, integration),
            psp === undefined ? undefined : eq(deliveries.psp, psp),
            after === undefined ? undefined : lt(deliveries.id, Number(after)),
          ),
        )
        .orderBy(desc(deliveries.id))
        .limit(limit + 1);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(({ psp: from, receivedAtMs, type, outcome, reason }) => ({
          psp: from,
          receivedAtMs,
          type,
          outcome,
          reason,
        })),
        nextCursor: last && rows.length > limit ? encodeCursor([last.id]) : null,
      };
    },

    async forget(beforeMs) {
      const gone = await queries.delete(deliveries).where(lt(deliveries.receivedAtMs, beforeMs)).returning({ id: deliveries.id });
      return gone.length;
    },
  };
}
