/** TikTok's own count beside ours, as it stands; for the JSON API and the console's page alike. */
import { noAdvertiser } from '../application/tiktok-count';
import { isoDay } from '../application/utc-day';
import { dayMs } from '../domain/duration';
import type { Settings } from '../domain/settings';
import {
  causesOfLacking,
  causesOfMore,
  type CountDifference,
  countDifferences,
  type CountedEvent,
  daysTogether,
  judged,
} from '../domain/tiktok-count';
import { notFound } from '../http/problem';
import type { Store } from '../store';
import type { TikTokCounts } from '../temporal/tiktok-counts';
import { isoTime } from './purchase-view';

export interface TikTokCountViewDeps {
  readonly tiktokCounts: Pick<Store['tiktokCounts'], 'read' | 'lastRun'>;
  readonly currentSettings: { get(integration: string): Promise<Settings> };
  /** The ad account that owns the integration's pixel; null where none is configured. */
  readonly advertiserId: (integration: string) => string | null;
  readonly countRuns: TikTokCounts;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly temporalUrl: (workflowId: string) => string | null;
  readonly nowMs: () => number;
}

export type TikTokCountView = Awaited<ReturnType<typeof tiktokCountView>>;
export type CountedEventView = TikTokCountView['days'][number]['events'][number];

/** What TikTok's numbers cannot tell, whoever reads them. */
export const countLimits: readonly string[] = [
  'TikTok counts by days of UTC. Its Events Manager shows days of the ad account’s time zone, so that the two differ a little.',
  'Whether TikTok counts an event for the day of its payment or for that of its arrival is not documented: both are tried, and the nearer is compared.',
  'Of events that pages send, this service knows those only that it allowed: what TikTok has from browsers is shown, and not judged.',
  'Whether a purchase that came from a page and from the server is counted once or twice is not documented: either is taken for right.',
];

/** The days of a period that were counted, newest first; what differs, and why it may; how the last reading ended. Days are whole, of UTC. */
export async function tiktokCountView(
  deps: TikTokCountViewDeps,
  integration: string,
  period: { readonly fromDay: number; readonly toDay: number },
) {
  const advertiserId = deps.advertiserId(integration);
  const nowMs = deps.nowMs();
  const today = Math.floor(nowMs / dayMs);
  const [settings, rows, newest, run] = await Promise.all([
    deps.currentSettings.get(integration),
    deps.tiktokCounts.read(integration, period.fromDay, period.toDay),
    deps.tiktokCounts.read(integration, today - daysTogether, today),
    deps.tiktokCounts.lastRun(integration),
  ]);
  const { countTolerancePercent, pixelCode } = settings;
  const days = [...new Set(rows.map(({ day }) => day))];
  return {
    from: isoDay(period.fromDay),
    to: isoDay(period.toDay),
    ...{ advertiserId, pixelCode, tolerancePercent: countTolerancePercent },
    /** Why there is no newer count. */
    problem: advertiserId === null ? noAdvertiser : (run?.error ?? null),
    notes: [...(run?.notes ?? [])],
    lastAt: run === null ? null : isoTime(run.finishedAtMs),
    differences: countDifferences(newest, countTolerancePercent, nowMs).map(differenceView),
    days: days.map((day) => ({
      day: isoDay(day),
      events: rows.filter((row) => row.day === day).map((row) => eventView(row, countTolerancePercent)),
    })),
    limits: [...countLimits],
  };
}

function eventView(row: CountedEvent, tolerancePercent: number) {
  const { event, theirs, countedAtMs } = row;
  const { verdict, difference, ours } = judged(row, tolerancePercent);
  return {
    ...{ event, verdict, difference },
    sent: ours.sent,
    testEvents: ours.test,
    fromCheckouts: ours.fromCheckouts,
    sentByPayment: row.ours.byPayment.sent,
    sentByArrival: row.ours.bySending.sent,
    tiktok: { total: theirs.total, server: theirs.server, browser: theirs.browser },
    countedAt: isoTime(countedAtMs),
  };
}

function differenceView({ event, day, sent, test, difference }: CountDifference) {
  return {
    ...{ event, sent, testEvents: test, difference },
    /** Null of the last seven days together. */
    day: day === null ? null : isoDay(day),
    causes: [...(difference < 0 ? causesOfLacking : causesOfMore)],
  };
}

/** Starts a reading now, or finds the one that runs. @throws a 404 problem without an advertiser id */
export async function startCount(deps: TikTokCountViewDeps, integration: string, by: string) {
  if (deps.advertiserId(integration) === null) throw notFound(noAdvertiser);
  const workflowId = await deps.countRuns.count(integration);
  const entry = { integration, atMs: deps.nowMs(), by, action: 'tiktok-count', target: workflowId, reason: null };
  await deps.audit.append(entry);
  return { workflowId, temporalUrl: deps.temporalUrl(workflowId) };
}
