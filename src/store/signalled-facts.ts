/** Facts that workflows were signalled lately, by a hash of their fields. */
import { createHash } from 'node:crypto';
import { and, eq, inArray, lt } from 'drizzle-orm';
import type { SubscriptionFact } from '../domain/fact';
import type { Database } from './driver/database';
import type { OrderKey } from './orders';
import { signalledFacts } from './schema';

/** The facts that workflows were signalled lately. It saves work only: a fact that is signalled again changes nothing. */
export interface SignalledFactStore {
  wasSignalled(order: OrderKey, fact: SubscriptionFact): Promise<boolean>;
  /** Those of these hashes that were marked lately: one query for a whole page. */
  marked(integration: string, hashes: readonly string[]): Promise<ReadonlySet<string>>;
  /** Marks what was signalled (`hashOf`), or else taken in, by a hash of the caller's. */
  mark(integration: string, hashes: readonly string[], atMs: number): Promise<void>;
  /** Returns the number of facts deleted. */
  purge(beforeMs: number): Promise<number>;
}

/** Signalled facts over the table `signalled_facts`. */
export function signalledFactStore({ queries }: Database): SignalledFactStore {
  return {
    async wasSignalled({ integration, psp, subscription }, fact) {
      const [row] = await queries
        .select({ factHash: signalledFacts.factHash })
        .from(signalledFacts)
        .where(and(eq(signalledFacts.integration, integration), eq(signalledFacts.factHash, hashOf(psp, subscription, fact))));
      return row !== undefined;
    },

    async marked(integration, hashes) {
      if (hashes.length === 0) return new Set();
      const rows = await queries
        .select({ factHash: signalledFacts.factHash })
        .from(signalledFacts)
        .where(and(eq(signalledFacts.integration, integration), inArray(signalledFacts.factHash, [...hashes])));
      return new Set(rows.map(({ factHash }) => factHash));
    },

    async mark(integration, hashes, atMs) {
      if (hashes.length === 0) return;
      const rows = [...new Set(hashes)].map((factHash) => ({ integration, factHash, signalledAtMs: atMs }));
      await queries.insert(signalledFacts).values(rows).onConflictDoNothing();
    },

    async purge(beforeMs) {
      const gone = await queries
        .delete(signalledFacts)
        .where(lt(signalledFacts.signalledAtMs, beforeMs))
        .returning({ hash: signalledFacts.factHash });
      return gone.length;
    },
  };
}

/** Facts with the same fields are the same fact, whatever the order of the fields. */
export function hashOf(psp: string, subscription: string, fact: SubscriptionFact): string {
  const words = JSON.stringify([psp, subscription, Object.entries(fact).sort(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash('sha256').update(words).digest('base64url');
}
