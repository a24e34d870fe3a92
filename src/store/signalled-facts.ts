/** Facts that workflows were told lately, by a hash of what they say. */
import { createHash } from 'node:crypto';
import { and, eq, lt } from 'drizzle-orm';
import type { SubscriptionFact } from '../domain/fact';
import type { Database } from './driver/database';
import { toldFacts } from './schema';
import type { ToldStore } from './store';

export function toldStore({ queries }: Database): ToldStore {
  return {
    async wasTold(integration, psp, subscription, fact) {
      const [row] = await queries
        .select({ factHash: toldFacts.factHash })
        .from(toldFacts)
        .where(and(eq(toldFacts.integration, integration), eq(toldFacts.factHash, hashOf(psp, subscription, fact))));
      return row !== undefined;
    },

    async note(integration, psp, subscription, fact, atMs) {
      await queries
        .insert(toldFacts)
        .values({ integration, factHash: hashOf(psp, subscription, fact), toldAtMs: atMs })
        .onConflictDoNothing();
    },

    async forget(beforeMs) {
      const gone = await queries
        .delete(toldFacts)
        .where(lt(toldFacts.toldAtMs, beforeMs))
        .returning({ hash: toldFacts.factHash });
      return gone.length;
    },
  };
}

/** The same words in any order of fields are the same fact. */
function hashOf(psp: string, subscription: string, fact: SubscriptionFact): string {
  const words = JSON.stringify([psp, subscription, Object.entries(fact).sort(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash('sha256').update(words).digest('base64url');
}
