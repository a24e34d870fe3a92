/** TikTok's own count: what is kept of it by day and event, what of our purchases is counted beside it, and how the last reading ended. */
import { and, asc, desc, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import type { CountedEvent } from '../domain/tiktok-count';
import { dayMs } from '../domain/duration';
import type { Database } from './driver/database';
import { isSampleRow } from './sample-rows';
import { purchases, settingsVersions, tiktokCountRuns, tiktokCounts } from './schema';

export interface TikTokCountStore {
  /** Makes these the rows of a day, in place of those that were there. */
  keep(integration: string, day: number, events: readonly Omit<CountedEvent, 'day'>[]): Promise<void>;
  /** From (included) and to (excluded); newest day first, events by name. */
  read(integration: string, fromDay: number, toDay: number): Promise<readonly CountedEvent[]>;
  /** The purchases of these integrations that TikTok has accepted, without samples, counted for a day by either of their times. */
  sent(asked: SentPurchases): Promise<readonly SentEvents[]>;
  /** When the first purchase happened that was sent there; null before it. */
  firstSentAtMs(asked: Pick<SentPurchases, 'integrations' | 'inSandbox'>): Promise<number | null>;
  /** Since when the pixel of the settings in force is the one it is; null where it is that of the first version. */
  pixelSetAtMs(integration: string): Promise<number | null>;
  /** Notes how a reading ended, in place of the last one. */
  finish(integration: string, run: TikTokCountRun): Promise<void>;
  lastRun(integration: string): Promise<TikTokCountRun | null>;
  /** Returns the number of rows deleted. */
  purge(beforeDay: number): Promise<number>;
}

/** What is looked at, of purchases that went to one place. */
export interface SentPurchases {
  /** Those that share a pixel: TikTok counts them as one. */
  readonly integrations: readonly string[];
  /** True for what went to the built-in sandbox, false for what went to TikTok. */
  readonly inSandbox: boolean;
  /** From (included) and to (excluded). */
  readonly fromDay: number;
  readonly toDay: number;
  /** How long after its payment a purchase may be sent, in days; what an operator sends later still is not among those by the day of sending. */
  readonly longestDelayDays: number;
}

/** Purchases of one event name that count for a day, by the time of the payment or by that of TikTok's acceptance. */
export interface SentEvents {
  readonly by: 'payment' | 'sending';
  readonly day: number;
  readonly eventName: string;
  readonly sent: number;
  readonly test: number;
  readonly fromCheckouts: number;
  readonly attempts: number;
}

export interface TikTokCountRun {
  readonly finishedAtMs: number;
  /** Why it could not be read; null when it was. */
  readonly error: string | null;
  readonly notes: readonly string[];
}

/** Counts over the tables `tiktok_counts`, `tiktok_count_runs` and `purchases`. */
export function tiktokCountStore({ queries, transaction }: Database): TikTokCountStore {
  return {
    async keep(integration, day, events) {
      await transaction(async (tx) => {
        await tx.delete(tiktokCounts).where(and(eq(tiktokCounts.integration, integration), eq(tiktokCounts.day, day)));
        if (events.length > 0)
          await tx
            .insert(tiktokCounts)
            .values(events.map(({ theirs, ...event }) => ({ integration, day, ...event, ...theirs })))
            // Another reading may have kept the same day in between: its rows say the same.
            .onConflictDoNothing();
      });
    },

    async read(integration, fromDay, toDay) {
      const rows = await queries
        .select()
        .from(tiktokCounts)
        .where(and(eq(tiktokCounts.integration, integration), gte(tiktokCounts.day, fromDay), lt(tiktokCounts.day, toDay)))
        .orderBy(desc(tiktokCounts.day), asc(tiktokCounts.event));
      return rows.map(({ integration: _of, total, server, browser, ...row }) => ({ ...row, theirs: { total, server, browser } }));
    },

    async sent({ fromDay, toDay, longestDelayDays, ...where }) {
      const countedBy = async (by: SentEvents['by']): Promise<readonly SentEvents[]> => {
        const time = by === 'payment' ? purchases.occurredAtMs : purchases.sentAtMs;
        const day = sql<number>`floor(${time} / ${dayMs}::numeric)::integer`;
        const earliestMs = (by === 'payment' ? fromDay : fromDay - longestDelayDays) * dayMs;
        const rows = await queries
          .select({
            day,
            eventName: purchases.eventName,
            sent: sql<number>`count(*)::integer`,
            test: sql<number>`count(*) filter (where ${purchases.destination} = 'test')::integer`,
            fromCheckouts: sql<number>`count(*) filter (where not starts_with(${purchases.eventId}, ${purchases.psp} || ':'))::integer`,
            attempts: sql<number>`sum(greatest(${purchases.attempts}, 1))::integer`,
          })
          .from(purchases)
          .where(
            and(
              sentThere(where),
              gte(purchases.occurredAtMs, earliestMs),
              // A provider's clock may be ahead.
              lt(purchases.occurredAtMs, (by === 'payment' ? toDay : toDay + 1) * dayMs),
              gte(time, fromDay * dayMs),
              lt(time, toDay * dayMs),
            ),
          )
          .groupBy(sql`1`, purchases.eventName)
          .orderBy(sql`1`, asc(purchases.eventName));
        return rows.map((row) => ({ by, ...row }));
      };
      return [...(await countedBy('payment')), ...(await countedBy('sending'))];
    },

    async firstSentAtMs(asked) {
      const [row] = await queries
        .select({ atMs: purchases.occurredAtMs })
        .from(purchases)
        .where(sentThere(asked))
        .orderBy(asc(purchases.occurredAtMs))
        .limit(1);
      return row?.atMs ?? null;
    },

    async pixelSetAtMs(integration) {
      const pixel = sql`${settingsVersions.document} ->> 'pixelCode'`;
      const own = eq(settingsVersions.integration, integration);
      const newest = queries
        .select({ pixel: sql`${pixel}` })
        .from(settingsVersions)
        .where(own)
        .orderBy(desc(settingsVersions.version))
        .limit(1);
      const [other] = await queries
        .select({ version: settingsVersions.version })
        .from(settingsVersions)
        .where(and(own, sql`${pixel} is distinct from (${newest})`))
        .orderBy(desc(settingsVersions.version))
        .limit(1);
      if (!other) return null;
      const [since] = await queries
        .select({ atMs: settingsVersions.savedAtMs })
        .from(settingsVersions)
        .where(and(own, eq(settingsVersions.version, other.version + 1)));
      return since?.atMs ?? null;
    },

    async finish(integration, { finishedAtMs, error, notes }) {
      const run = { finishedAtMs, error, notes };
      await queries
        .insert(tiktokCountRuns)
        .values({ integration, ...run })
        .onConflictDoUpdate({ target: tiktokCountRuns.integration, set: run });
    },

    async lastRun(integration) {
      const [row] = await queries.select().from(tiktokCountRuns).where(eq(tiktokCountRuns.integration, integration));
      return row ? { finishedAtMs: row.finishedAtMs, error: row.error, notes: row.notes } : null;
    },

    async purge(beforeDay) {
      const gone = await queries.delete(tiktokCounts).where(lt(tiktokCounts.day, beforeDay)).returning({ day: tiktokCounts.day });
      return gone.length;
    },
  };
}

/** Rows of before the destination was noted went to TikTok. */
function sentThere({ integrations, inSandbox }: Pick<SentPurchases, 'integrations' | 'inSandbox'>) {
  return and(
    inArray(purchases.integration, [...integrations]),
    eq(purchases.state, 'sent'),
    inSandbox ? sql`${purchases.destination} = 'sandbox'` : sql`${purchases.destination} is distinct from 'sandbox'`,
    sql`not ${isSampleRow}`,
  );
}
