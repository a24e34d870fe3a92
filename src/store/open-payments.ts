/** Payments that were seen before they were paid: a check asks what became of them, and such a payment was paid later than it was made. */
import { and, asc, eq, inArray, lt } from 'drizzle-orm';
import type { Database } from './driver/database';
import { openPayments } from './schema';

export interface OpenPaymentStore {
  /** The ids of the account's open payments. */
  list(integration: string, psp: string): Promise<readonly string[]>;
  /** When the payment was first seen open, Unix milliseconds; null for one that was not. */
  seenAtMs(integration: string, psp: string, id: string): Promise<number | null>;
  /** Repeatable. */
  remember(integration: string, psp: string, ids: readonly string[], atMs: number): Promise<void>;
  /** They are final, or no longer waited for. Repeatable. */
  forget(integration: string, psp: string, ids: readonly string[]): Promise<void>;
  /** Forgets those of all integrations that were seen before this time, Unix milliseconds: they never became final. */
  purge(beforeMs: number): Promise<void>;
}

/** Rows per statement: a statement takes at most 65,535 parameters. */
const rowsPerStatement = 10_000;

/** Open payments over the table `open_payments`. */
export function openPaymentStore({ queries }: Database): OpenPaymentStore {
  const account = (integration: string, psp: string) => and(eq(openPayments.integration, integration), eq(openPayments.psp, psp));

  return {
    async list(integration, psp) {
      const rows = await queries
        .select({ id: openPayments.paymentId })
        .from(openPayments)
        .where(account(integration, psp))
        .orderBy(asc(openPayments.listedAtMs), asc(openPayments.paymentId));
      return rows.map(({ id }) => id);
    },

    async seenAtMs(integration, psp, id) {
      const [row] = await queries
        .select({ seenAtMs: openPayments.listedAtMs })
        .from(openPayments)
        .where(and(account(integration, psp), eq(openPayments.paymentId, id)));
      return row?.seenAtMs ?? null;
    },

    async remember(integration, psp, ids, atMs) {
      for (let start = 0; start < ids.length; start += rowsPerStatement) {
        const rows = ids.slice(start, start + rowsPerStatement);
        await queries
          .insert(openPayments)
          .values(rows.map((paymentId) => ({ integration, psp, paymentId, listedAtMs: atMs })))
          .onConflictDoNothing();
      }
    },

    async purge(beforeMs) {
      await queries.delete(openPayments).where(lt(openPayments.listedAtMs, beforeMs));
    },

    async forget(integration, psp, ids) {
      if (ids.length === 0) return;
      await queries.delete(openPayments).where(and(account(integration, psp), inArray(openPayments.paymentId, [...ids])));
    },
  };
}
