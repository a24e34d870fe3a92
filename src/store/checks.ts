/** How far the renewal checks of an account have looked. */
import { and, eq, sql } from 'drizzle-orm';
import type { Database } from './driver/database';
import { checks } from './schema';
import type { CheckSummary } from './schema';

export interface CheckStore {
  last(integration: string, psp: string): Promise<CheckState | null>;
  /** `upToMs` never goes back. */
  finish(integration: string, psp: string, state: CheckState): Promise<void>;
}

export interface CheckState {
  /** Everything before this was read, Unix milliseconds. */
  readonly upToMs: number;
  readonly finishedAtMs: number;
  readonly summary: CheckSummary;
}

/** The last check of each account, over the table `checks`. */
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
