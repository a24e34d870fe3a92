/** Things counted by day as they happen. Figures for eyes, not an account: a write whose answer was lost may count twice. */
import { and, asc, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import type { Database } from './driver/database';
import { tallies } from './schema';

/** Their labels: in src/telemetry/tally.ts. */
export const tallyNames = [
  'webhooks',
  'webhook_hours',
  'refused_signatures',
  'refused_origins',
  'user_joins',
  'page_refusals',
  'refused_sign_ins',
  'page_calls',
  'latency',
  'matched',
] as const;
export type TallyName = (typeof tallyNames)[number];

export interface TallyKey {
  readonly integration: string;
  /** Days since 1970-01-01 UTC. */
  readonly day: number;
  readonly name: TallyName;
  /** Empty where no provider is meant. */
  readonly psp: string;
  readonly label: string;
}

export interface Tally extends TallyKey {
  readonly count: number;
  /** When it was last counted, Unix milliseconds. */
  readonly lastAtMs: number;
}

export interface TallyFilter {
  readonly integration: string;
  readonly names: readonly TallyName[];
  readonly psp?: string;
  /** From (included) and to (excluded). */
  readonly fromDay: number;
  readonly toDay: number;
}

export interface TallyStore {
  /** Adds to what was counted before. Each key comes once. */
  add(counts: readonly Tally[]): Promise<void>;
  /** By day, name, provider and label. */
  read(filter: TallyFilter): Promise<readonly Tally[]>;
  /** Returns the number of rows deleted. */
  purge(beforeDay: number): Promise<number>;
}

const rowsPerStatement = 1_000;

/** Tallies over the table of the same name. */
export function tallyStore({ queries }: Database): TallyStore {
  return {
    async add(counts) {
      // In one order, so that two processes never wait for each other in a circle.
      const sorted = [...counts].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      for (let start = 0; start < sorted.length; start += rowsPerStatement) {
        await queries
          .insert(tallies)
          .values(sorted.slice(start, start + rowsPerStatement))
          .onConflictDoUpdate({
            target: [tallies.integration, tallies.day, tallies.name, tallies.psp, tallies.label],
            set: {
              count: sql`${tallies.count} + excluded.count`,
              lastAtMs: sql`greatest(${tallies.lastAtMs}, excluded.last_at_ms)`,
            },
          });
      }
    },

    async read({ integration, names, psp, fromDay, toDay }) {
      const rows = await queries
        .select()
        .from(tallies)
        .where(
          and(
            eq(tallies.integration, integration),
            gte(tallies.day, fromDay),
            lt(tallies.day, toDay),
            inArray(tallies.name, [...names]),
            psp === undefined ? undefined : eq(tallies.psp, psp),
          ),
        )
        .orderBy(asc(tallies.day), asc(tallies.name), asc(tallies.psp), asc(tallies.label));
      return rows.map(({ name, ...row }) => ({ ...row, name: name as TallyName })); // only `add` writes the table
    },

    async purge(beforeDay) {
      const gone = await queries.delete(tallies).where(lt(tallies.day, beforeDay)).returning({ day: tallies.day });
      return gone.length;
    },
  };
}

function keyOf({ integration, day, name, psp, label }: TallyKey): string {
  return [integration, String(day).padStart(6, '0'), name, psp, label].join('\u0001');
}
