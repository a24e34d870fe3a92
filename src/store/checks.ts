/** How far the renewal checks of an account have looked. */
import { and, eq, sql } from 'drizzle-orm';
import type { Database } from './driver/database';
import { checks } from './schema';
import type { CheckStore } from './store';

export function checkStore({ queries }: Database): CheckStore {
  const account = (integration: string, psp: string) => and(eq(checks.integration, integration), eq(checks.psp, psp));
  return {
    async last(integration, psp) {
      const [row] = await queries.select().from(checks).where(account(integration, psp));
      return row ? { upToMs: row.upToMs, finishedAtMs: row.finishedAtMs, summary: row.summary } : null;
    },

    async finish(integration, psp, { upToMs, finishedAtMs, summary }) {
      await queries
        .insert(checks)
        .values({ integration, psp, upToMs, finishedAtMs, summary })
        .onConflictDoUpdate({
          target: [checks.integration, checks.psp],
          set: { upToMs: sql`greatest(${checks.upToMs}, excluded.up_to_ms)`, finishedAtMs, summary },
        });
    },
  };
}
