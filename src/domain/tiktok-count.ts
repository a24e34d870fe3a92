/**
 * TikTok's own count of a day's events beside ours: how far they are apart, and when that is a difference that somebody should look at.
 * Decided from numbers alone; docs/decisions/0035-tiktoks-own-count.md says why.
 */
import { dayMs, hourMs } from './duration';

/** What this service has sent of one event on one UTC day, and had accepted. */
export interface OurCount {
  readonly sent: number;
  /** Of these with a test event code, which TikTok does not count. */
  readonly test: number;
  /** Of these with a checkout's id: a page may have reported the same, and TikTok then keeps one of the two. */
  readonly fromCheckouts: number;
  /** Attempts for them: one whose answer was lost may have arrived twice. At least `sent`. */
  readonly attempts: number;
}

/** By which of its two times TikTok counts an event for a day is not documented, so both are counted. */
export interface OurCounts {
  /** For the day of the payment, which is the event's time. */
  readonly byPayment: OurCount;
  /** For the day on which TikTok accepted it. */
  readonly bySending: OurCount;
}

/** What TikTok says it has received; null where it did not say. */
export interface TheirCount {
  readonly total: number | null;
  readonly server: number | null;
  readonly browser: number | null;
}

/**
 * Why a row is only shown. `not_ours`: an event that this service does not send · `before_first`: of a day that had begun before the first
 * purchase was sent, or before the pixel was set · `unknown_names`: TikTok has not this event, and counts events by names that are not known.
 */
export const notComparedReasons = ['not_ours', 'before_first', 'unknown_names'] as const;
export type NotCompared = (typeof notComparedReasons)[number];

/** One event of one day, as it was counted. */
export interface CountedEvent {
  /** Days since 1970-01-01 UTC: TikTok counts by days of UTC. */
  readonly day: number;
  /** `Purchase` stands for `CompletePayment`, too. */
  readonly event: string;
  readonly ours: OurCounts;
  readonly theirs: TheirCount;
  readonly notCompared: NotCompared | null;
  /** When TikTok was asked, Unix milliseconds. */
  readonly countedAtMs: number;
}

/**
 * For so long after its end a day is not judged: TikTok refreshes its figures every 2 to 4 hours (github bububa/tiktok-business
 * `model/pixel/pixel.go` @051f6c0), and what was sent at the last second is still on its way.
 */
export const settlingMs = 6 * hourMs;

/** One or two events of a few say nothing: a payment at midnight, a page that was closed. */
export const fewestToJudge = 3;

export interface Difference {
  /** What we had sent, by that of the two times which is nearer to what TikTok says. */
  readonly ours: OurCount;
  /** Below 0: TikTok lacks so many. Above 0: it has so many from servers that we did not send. */
  readonly difference: number;
}

export const verdicts = ['agrees', 'differs', 'unfinished', 'not_said', ...notComparedReasons] as const;
/** `unfinished`: the day is not over, or TikTok's figures were not yet · `not_said`: TikTok gave no number. */
export type Verdict = (typeof verdicts)[number];

/** How TikTok's number stands to ours; the difference is null where none can be said. */
export function judged(
  event: CountedEvent,
  tolerancePercent: number,
): { readonly verdict: Verdict; readonly difference: number | null; readonly ours: OurCount } {
  const found = differenceOf(event.ours, event.theirs);
  const ours = found?.ours ?? event.ours.byPayment;
  const difference = event.notCompared === null ? (found?.difference ?? null) : null;
  if (event.notCompared !== null) return { verdict: event.notCompared, difference, ours };
  if (event.countedAtMs < (event.day + 1) * dayMs + settlingMs) return { verdict: 'unfinished', difference, ours };
  if (found === null) return { verdict: 'not_said', difference, ours };
  return { verdict: isDifferent(found, tolerancePercent) ? 'differs' : 'agrees', difference, ours };
}

/** The nearer of the two ways to count ours; null where TikTok gave no number. */
export function differenceOf({ byPayment, bySending }: OurCounts, theirs: TheirCount): Difference | null {
  const one = differenceTo(byPayment, theirs);
  const other = differenceTo(bySending, theirs);
  if (one === null || other === null) return null;
  return Math.abs(other) < Math.abs(one) ? { ours: bySending, difference: other } : { ours: byPayment, difference: one };
}

/**
 * TikTok may count what came from page and server twice, once for the page, or once for the server: all of them are what we sent. What is
 * beyond all of them is a difference.
 */
function differenceTo(ours: OurCount, { total, server }: TheirCount): number | null {
  if (total === null && server === null) return null;
  const lackingInAll = total === null ? 0 : ours.sent - total;
  const lackingOfServer = server === null ? 0 : ours.sent - ours.fromCheckouts - server;
  const lacking = Math.max(0, lackingInAll, lackingOfServer);
  if (lacking > 0) return -lacking;
  return server === null ? 0 : Math.max(0, server - Math.max(ours.attempts, ours.sent));
}

function isDifferent({ ours, difference }: Difference, tolerancePercent: number): boolean {
  const apart = Math.abs(difference);
  return apart >= fewestToJudge && apart * 100 > ours.sent * tolerancePercent;
}

/** A difference that is to be told. */
export interface CountDifference {
  readonly event: string;
  /** The day; null of several days together. */
  readonly day: number | null;
  readonly sent: number;
  readonly test: number;
  readonly difference: number;
}

/** So many days are looked at together, for what each of them alone is too small to show. */
export const daysTogether = 7;

/**
 * The differences that are to be told, one for each event at most. It is that of the newest day that can be judged; where no day alone
 * differs, that of the last seven together. So it is over with the next day that agrees.
 * @param nowMs a count of before is no reason to alarm: nobody has asked since
 */
export function countDifferences(
  events: readonly CountedEvent[],
  tolerancePercent: number,
  nowMs: number,
): readonly CountDifference[] {
  const firstDay = Math.floor(nowMs / dayMs) - daysTogether;
  const names = [...new Set(events.map(({ event }) => event))].sort();
  return names.flatMap((name) => {
    const days = events
      .filter(({ event, day }) => event === name && day >= firstDay)
      .map((event) => ({ event, ...judged(event, tolerancePercent) }))
      .filter(({ verdict }) => verdict === 'agrees' || verdict === 'differs')
      .sort((a, b) => b.event.day - a.event.day);
    const [newest] = days;
    if (newest === undefined) return [];
    if (newest.verdict === 'differs') return [told(name, newest.event.day, [newest])];
    if (days.some(({ verdict }) => verdict === 'differs')) return [];
    const together = told(name, null, days);
    return isDifferent({ ours: { ...newest.ours, sent: together.sent }, difference: together.difference }, tolerancePercent)
      ? [together]
      : [];
  });
}

function told(
  event: string,
  day: number | null,
  days: readonly { readonly ours: OurCount; readonly difference: number | null }[],
): CountDifference {
  const sum = (of: (one: (typeof days)[number]) => number): number => days.reduce((total, one) => total + of(one), 0);
  return {
    ...{ event, day },
    sent: sum(({ ours }) => ours.sent),
    test: sum(({ ours }) => ours.test),
    difference: sum(({ difference }) => difference ?? 0),
  };
}

/** What usually makes TikTok's count lower, the commonest first. */
export const causesOfLacking: readonly string[] = [
  'A test event code was set: such events go to TikTok’s test view and are not counted.',
  'Another pixel: the pixel code in the settings, or the advertiser, is not the one that is counted.',
  'TikTok dropped repeats: it keeps one event of an id within 48 hours, so that ids which come twice count once.',
  'Consent: pages hold their events back until a buyer agrees, so that TikTok has fewer from browsers than there were purchases.',
];

/** What usually makes it higher. */
export const causesOfMore: readonly string[] = [
  'Another program sends purchases to the same pixel: a shop’s own TikTok app, a server-side tag manager, a second copy of this service.',
  'A purchase was sent again more than 48 hours after the first time: TikTok counts it anew.',
];
