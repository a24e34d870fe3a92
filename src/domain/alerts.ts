/** When somebody has to look: decided from numbers alone. Thresholds and reasons are here, the table and the messages elsewhere. */
import { dayMs, hourMs, minuteMs } from './duration';
import { causesOfLacking, causesOfMore, type CountDifference } from './tiktok-count';

/** Alerts that follow from numbers, and close when these are well again. */
export const countedAlertKinds = [
  'needs_attention',
  'backlog_age',
  'provider_silent',
  'coverage',
  'tiktok_count',
  'refused_signatures',
  'page_refusals',
  'refused_sign_ins',
] as const;
/** `database_lost` stays until an operator has taken note. */
export const alertKinds = [...countedAlertKinds, 'database_lost'] as const;
export type AlertKind = (typeof alertKinds)[number];

/** `subject` tells two alerts of one kind apart: an error type, a provider. Empty where there is only one. */
export interface AlertKey {
  readonly kind: AlertKind;
  readonly subject: string;
}

/** An alert that should be open, with what it says: plain words and numbers, nothing of a buyer. */
export interface DueAlert extends AlertKey {
  readonly message: string;
}

/** What is known of an integration at a moment. */
export interface AlertNumbers {
  readonly nowMs: number;
  readonly isPaused: boolean;
  readonly needsAttention: readonly { readonly errorType: string; readonly count: number }[];
  /** Since when the purchase waits that has waited longest; null when none does. */
  readonly waitingSinceMs: number | null;
  /** Times of verified webhooks of each provider that is on, at most one an hour, in order; of the last 30 days. */
  readonly webhooks: readonly { readonly psp: string; readonly atMs: readonly number[] }[];
  /** Of the last whole UTC day. */
  readonly yesterday: { readonly charged: number; readonly coverage: number | null };
  /** Where TikTok's own count differs from ours. */
  readonly countDifferences: readonly (CountDifference & {
    /** The UTC day as YYYY-MM-DD; null of the last seven days together. */
    readonly date: string | null;
  })[];
  /** Of today: refusals of consent by pages that proved nothing. */
  readonly pageRefusals: { readonly count: number; readonly lastAtMs: number };
  /** Of today, by provider: how many, and when the last one was. */
  readonly refusedSignatures: readonly { readonly psp: string; readonly count: number; readonly lastAtMs: number }[];
  /** Wrong passwords and tokens of today; of the service as a whole, told with the first integration. */
  readonly refusedSignIns: { readonly count: number; readonly lastAtMs: number };
}

/**
 * The alerts that are to be open. One that is open (`isOpen`) closes only well below the threshold that opened it, so that a number
 * which hovers there does not tell itself every minute.
 */
export function dueAlerts(numbers: AlertNumbers, isOpen: (key: AlertKey) => boolean): readonly DueAlert[] {
  return [
    ...needingAttention(numbers),
    ...oldBacklog(numbers, isOpen({ kind: 'backlog_age', subject: '' })),
    ...silentProviders(numbers),
    ...lowCoverage(numbers),
    ...differentCounts(numbers),
    ...refusedSignatures(numbers),
    ...pageRefusals(numbers),
    ...refusedSignIns(numbers),
  ];
}

function needingAttention({ needsAttention }: AlertNumbers): readonly DueAlert[] {
  return needsAttention
    .filter(({ count }) => count > 0)
    .map(({ errorType, count }) => ({
      kind: 'needs_attention',
      subject: errorType,
      message: `${purchases(count)} ${count === 1 ? 'needs' : 'need'} attention: ${errorWords[errorType] ?? errorType}`,
    }));
}

/** The error types of activities/failures.ts and of orders that lost their workflow; an unknown one is shown as it is. */
const errorWords: Readonly<Record<string, string>> = {
  TikTokUnauthorized: 'TikTok refuses the access token or the pixel',
  TikTokRejected: 'TikTok refuses the event',
  DeliveryExpired: 'TikTok did not accept it within 48 hours',
  DatabaseRefused: 'the database refuses to store it',
  OrderTooLarge: 'its order has grown too large: is its id the same for many buyers?',
  WorkflowGone: 'the workflow of its order is gone',
  WorkflowCancelled: 'the workflow of its order was cancelled',
};

/** For how long a purchase must have waited. */
export function oldBacklogMs(isOpen: boolean): number {
  return isOpen ? 30 * minuteMs : hourMs;
}

/** Not while sends are paused: then a backlog is what was asked for. */
function oldBacklog({ nowMs, isPaused, waitingSinceMs }: AlertNumbers, isOpen: boolean): readonly DueAlert[] {
  if (isPaused || waitingSinceMs === null) return [];
  const isOld = nowMs - waitingSinceMs > oldBacklogMs(isOpen);
  return isOld
    ? [
        {
          kind: 'backlog_age',
          subject: '',
          message: `a purchase has waited for TikTok for more than ${isOpen ? '30 minutes' : 'an hour'}`,
        },
      ]
    : [];
}

/** So much of a provider must have been heard before its silence says something. */
const regular = { days: 7, hours: 20 };
const rememberedMs = 14 * dayMs;
const shortestSilenceMs = dayMs;

/**
 * A provider that came regularly and is silent: nothing for a day, and for four times as long as its longest gap in the two weeks before
 * its last webhook. A shop that sells once in two days must be silent for more than a week; a quiet night or Sunday is no silence.
 */
function silentProviders({ nowMs, webhooks }: AlertNumbers): readonly DueAlert[] {
  return webhooks.flatMap(({ psp, atMs }): DueAlert[] => {
    const lastMs = atMs.at(-1);
    if (lastMs === undefined) return [];
    const recent = atMs.filter((each) => each > lastMs - rememberedMs);
    const days = new Set(recent.map((each) => Math.floor(each / dayMs)));
    if (recent.length < regular.hours || days.size < regular.days) return [];
    const longestGapMs = Math.max(...recent.slice(1).map((each, index) => each - (recent[index] ?? each)));
    const isSilent = nowMs - lastMs > Math.max(shortestSilenceMs, 4 * longestGapMs);
    return isSilent ? [{ kind: 'provider_silent', subject: psp, message: silence(psp, nowMs - lastMs) }] : [];
  });
}

function silence(psp: string, silentMs: number): string {
  return `no webhook of ${psp} for ${silentMs < 2 * dayMs ? `${Math.floor(silentMs / hourMs)} hours` : `${Math.floor(silentMs / dayMs)} days`}, and it used to come regularly`;
}

const lowestCoverage = 0.98;
/** Of fewer payments one alone is more than 2 %: what is wrong with it has an alert of its own. */
const enoughCharged = 50;

function lowCoverage({ yesterday: { charged, coverage } }: AlertNumbers): readonly DueAlert[] {
  if (coverage === null || charged < enoughCharged || coverage >= lowestCoverage) return [];
  const percent = (Math.floor(coverage * 1000) / 10).toFixed(1);
  return [
    {
      kind: 'coverage',
      subject: '',
      message: `only ${percent} % of yesterday’s ${charged} payments were sent or kept back on purpose`,
    },
  ];
}

/** TikTok's number is apart from ours by more than the tolerance in the settings. */
function differentCounts({ countDifferences }: AlertNumbers): readonly DueAlert[] {
  return countDifferences.map(({ event, date, sent, test, difference }) => {
    const when = date === null ? 'in the last seven days' : `on ${date}`;
    const count = Math.abs(difference);
    const what =
      difference < 0
        ? `TikTok counts ${count} fewer ${event} events than the ${sent} that were sent ${when}`
        : `TikTok counts ${count} more ${event} events from servers than the ${sent} that were sent ${when}`;
    const isTest = difference < 0 && test > 0;
    const causes = isTest
      ? `${test} of them carried a test event code, and are not counted.`
      : `Usual causes: ${(difference < 0 ? causesOfLacking : causesOfMore).join(' ')}`;
    return { kind: 'tiktok_count', subject: event, message: `${what}. ${causes}` };
  });
}

const refusalsADay = 10;

/** More than ten in a day and one in the last hour; strangers knock too, and one wrong secret refuses every webhook. */
function refusedSignatures({ nowMs, refusedSignatures: refused }: AlertNumbers): readonly DueAlert[] {
  return refused
    .filter(({ count, lastAtMs }) => count > refusalsADay && nowMs - lastAtMs <= hourMs)
    .map(({ psp, count }) => ({
      kind: 'refused_signatures',
      subject: psp,
      message: `${count} webhooks of ${psp} were refused today: their signature is not right. Is the secret that of the endpoint?`,
    }));
}

/** Who knows user ids or e-mails can refuse for them, and every one is obeyed: more than so many a day are looked at. */
const pageRefusalsADay = 100;

function pageRefusals({ nowMs, pageRefusals: refused }: AlertNumbers): readonly DueAlert[] {
  if (refused.count <= pageRefusalsADay || nowMs - refused.lastAtMs > hourMs) return [];
  const message =
    `Pages refused consent ${refused.count} times today without proof of who spoke: purchases are kept back for it. ` +
    'If it is a flood, undo it under Users and require user tokens.';
  return [{ kind: 'page_refusals', subject: '', message }];
}

const wrongTokensADay = 50;

/** Many wrong passwords or tokens, one of them in the last hour: somebody guesses, or a program has an old token. */
function refusedSignIns({ nowMs, refusedSignIns: { count, lastAtMs } }: AlertNumbers): readonly DueAlert[] {
  if (count <= wrongTokensADay || nowMs - lastAtMs > hourMs) return [];
  const message = `${count} wrong passwords or tokens were refused today: somebody guesses, or a program has an old one`;
  return [{ kind: 'refused_sign_ins', subject: '', message }];
}

function purchases(count: number): string {
  return count === 1 ? '1 purchase' : `${count} purchases`;
}
