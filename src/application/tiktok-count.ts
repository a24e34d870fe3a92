/** Asks TikTok what it has counted, day by day, and keeps it beside what was sent. */
import type { Destination } from '../domain/purchase';
import { missingCredential, type Settings } from '../domain/settings';
import { dayMs, hourMs } from '../domain/duration';
import { type CountedEvent, daysTogether, type OurCount } from '../domain/tiktok-count';
import type { SentEvents, Store } from '../store';
import type { Telemetry } from '../telemetry/events';
import { type Asked, comparedName, type EventStatisticsApi, type ReadStatistics, type TikTokTarget } from '../tiktok';
import { isoDay, utcDay } from './utc-day';

export interface TikTokCountDeps {
  readonly integrations: readonly string[];
  /** Whose pixels TikTok lists; null where none is configured. */
  readonly advertiserId: (integration: string) => string | null;
  readonly settings: (integration: string) => Promise<Settings>;
  /** The pixel and credentials of the settings; null when they are incomplete. */
  readonly target: (settings: Settings) => TikTokTarget | null;
  readonly destination: (settings: Settings) => Destination;
  readonly statistics: Pick<EventStatisticsApi, 'pixelId' | 'ofDay'>;
  readonly tiktokCounts: Store['tiktokCounts'];
  readonly telemetry: Pick<Telemetry, 'tiktokCounted'>;
  readonly nowMs: () => number;
}

/** How a reading ended. */
export interface CountResult {
  /** Days that were read. */
  readonly days: number;
  /** Why it could not be read; null when it was. */
  readonly error: string | null;
}

/** TikTok is out of reach, or asks for a pause: asked again, the same may be answered. */
export class CountUnreachable extends Error {
  override readonly name = 'CountUnreachable';
  constructor(
    message: string,
    readonly retryAfterMs: number | undefined,
  ) {
    super(message);
  }
}

/**
 * Reads today and the seven days before it anew: TikTok's figures of a day still change for hours. One question a day, since an answer has no
 * days in it. What repetition does not mend ends the reading with one line, which is kept for the operator.
 * @throws CountUnreachable; the days before it are kept
 */
export async function countTikTok(deps: TikTokCountDeps, integration: string): Promise<CountResult> {
  const asked = await whatToAsk(deps, integration);
  if ('error' in asked) return finishCount(deps, integration, { days: 0, ...asked }, []);
  const { target, advertiserId } = asked;
  const pixel = answerOf(await deps.statistics.pixelId(target, advertiserId, target.pixelCode), advertiserId);
  if ('error' in pixel) return finishCount(deps, integration, { days: 0, ...pixel }, []);
  if (pixel.value === null) {
    const error = `The advertiser ${advertiserId} has no pixel with the code ${target.pixelCode}: TIKTOK_ADVERTISER_ID is to be the ad account that owns the pixel.`;
    return finishCount(deps, integration, { days: 0, error }, []);
  }
  const today = utcDay(deps.nowMs());
  const days = Array.from({ length: daysTogether + 1 }, (_, back) => today - daysTogether + back);
  const ours = await oursOf(deps, integration, asked, { fromDay: today - daysTogether, toDay: today + 1 });
  const notes = new Set<string>();
  for (const [done, day] of days.entries()) {
    const read = answerOf(await deps.statistics.ofDay(target, advertiserId, pixel.value, isoDay(day)), advertiserId);
    if ('error' in read) return finishCount(deps, integration, { days: done, ...read }, [...notes]);
    for (const note of read.value.notes) notes.add(note);
    await deps.tiktokCounts.keep(integration, day, eventsOf(ours, read.value, day, deps.nowMs()));
  }
  return finishCount(deps, integration, { days: days.length, error: null }, [...notes]);
}

/** Keeps how a reading ended, and says it in the log. */
export async function finishCount(
  { tiktokCounts, telemetry, nowMs }: Pick<TikTokCountDeps, 'tiktokCounts' | 'telemetry' | 'nowMs'>,
  integration: string,
  result: CountResult,
  notes: readonly string[],
): Promise<CountResult> {
  await tiktokCounts.finish(integration, { finishedAtMs: nowMs(), error: result.error, notes });
  telemetry.tiktokCounted({ integration, ...result, notes });
  return result;
}

interface ToAsk {
  readonly advertiserId: string;
  readonly target: TikTokTarget;
  readonly settings: Settings;
}

async function whatToAsk(deps: TikTokCountDeps, integration: string): Promise<ToAsk | { readonly error: string }> {
  const advertiserId = deps.advertiserId(integration);
  if (advertiserId === null) return { error: noAdvertiser };
  const settings = await deps.settings(integration);
  const target = deps.target(settings);
  return target === null
    ? { error: `TikTok cannot be asked: ${missingCredential(settings)}.` }
    : { advertiserId, target, settings };
}

/** Said wherever the count would stand. */
export const noAdvertiser =
  'TikTok is not asked for its count: no advertiser id is set. Set TIKTOK_ADVERTISER_ID to the ad account that owns the pixel.';

/** @throws CountUnreachable */
function answerOf<T>(asked: Asked<T>, advertiserId: string): { readonly value: T } | { readonly error: string } {
  switch (asked.kind) {
    case 'answered':
      return { value: asked.value };
    case 'unreachable':
      throw new CountUnreachable(`TikTok did not say its count: ${asked.message}`, asked.retryAfterMs);
    case 'refused': {
      const { code, message, isPermission } = asked;
      const said = `${code === null ? '' : `code ${code}: `}${message}`;
      return {
        error: isPermission
          ? `The access token may not read the pixels of advertiser ${advertiserId} (${said}). Purchases are sent all the same. To read the count it must be a token of that ad account, with the permission to read pixels.`
          : `TikTok did not say its count (${said}).`,
      };
    }
  }
}

/** What was sent, by day and compared name, and which days can be compared. */
interface Ours {
  readonly sent: readonly SentEvents[];
  /** The names under which the settings send purchases. */
  readonly names: ReadonlySet<string>;
  readonly mainName: string;
  /** A day that began before this is only shown. */
  readonly sinceMs: number;
}

/** Integrations that share a pixel are counted as one: TikTok does not tell them apart. */
async function oursOf(
  deps: TikTokCountDeps,
  integration: string,
  { settings }: ToAsk,
  days: { readonly fromDay: number; readonly toDay: number },
): Promise<Ours> {
  const inSandbox = deps.destination(settings) === 'sandbox';
  const all = await Promise.all(deps.integrations.map(async (id) => ({ id, settings: await deps.settings(id) })));
  const sharing = all.filter(
    (other) => other.settings.pixelCode === settings.pixelCode && (deps.destination(other.settings) === 'sandbox') === inSandbox,
  );
  const oldestHours = Math.max(...[settings, ...sharing.map((other) => other.settings)].map((each) => each.maxEventAgeHours));
  const longestDelayDays = Math.ceil((oldestHours * hourMs) / dayMs) + deliveryDays;
  const integrations = [...new Set([integration, ...sharing.map(({ id }) => id)])];
  const [sent, firstSentAtMs, pixelSetAtMs] = await Promise.all([
    deps.tiktokCounts.sent({ integrations, inSandbox, longestDelayDays, ...days }),
    deps.tiktokCounts.firstSentAtMs({ integrations, inSandbox }),
    deps.tiktokCounts.pixelSetAtMs(integration),
  ]);
  return {
    sent,
    names: new Set([settings, ...sharing.map((other) => other.settings)].flatMap(eventNames).map(comparedName)),
    mainName: comparedName(settings.eventName),
    sinceMs: Math.max(firstSentAtMs ?? Infinity, pixelSetAtMs ?? 0),
  };
}

/** Amply what a purchase that was taken in may wait: for its hold, for consent, for TikTok. */
const deliveryDays = 5;

function eventNames({ eventName, policy }: Settings): readonly string[] {
  const cells = Object.values(policy).flatMap((row: Readonly<Record<string, { readonly eventName?: string }>>) =>
    Object.values(row),
  );
  return [eventName, ...cells.flatMap((cell) => cell.eventName ?? [])];
}

function eventsOf(ours: Ours, read: ReadStatistics, day: number, countedAtMs: number): readonly Omit<CountedEvent, 'day'>[] {
  const ofDay = ours.sent.filter((one) => one.day === day).map((one) => ({ ...one, name: comparedName(one.eventName) }));
  const events = new Set([ours.mainName, ...ofDay.map(({ name }) => name), ...read.events.map(({ event }) => event)]);
  return [...events].map((event) => {
    const count = (by: SentEvents['by']): OurCount => summed(ofDay.filter((one) => one.by === by && one.name === event));
    const said = read.events.find((one) => one.event === event);
    const isOurs = ours.names.has(event) || ofDay.some(({ name }) => name === event);
    const isHidden = said === undefined && read.unknownTypes.length > 0;
    return {
      ...{ event, countedAtMs },
      ours: { byPayment: count('payment'), bySending: count('sending') },
      theirs: said
        ? { total: said.total, server: said.server, browser: said.browser }
        : isHidden
          ? { total: null, server: null, browser: null }
          : { total: 0, server: 0, browser: 0 },
      notCompared: !isOurs ? 'not_ours' : day * dayMs < ours.sinceMs ? 'before_first' : isHidden ? 'unknown_names' : null,
    };
  });
}

function summed(counts: readonly OurCount[]): OurCount {
  const sum = (of: (count: OurCount) => number): number => counts.reduce((total, count) => total + of(count), 0);
  return {
    sent: sum(({ sent }) => sent),
    test: sum(({ test }) => test),
    fromCheckouts: sum(({ fromCheckouts }) => fromCheckouts),
    attempts: sum(({ attempts }) => attempts),
  };
}
