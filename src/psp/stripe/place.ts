/** Where a look at Stripe has come to: which list, which span of time, after which object. As text it is the page that Temporal keeps. */
import { z } from 'zod';
import { PspApiError } from '../adapter';
import type { TimeWindow } from '../adapter';
import { listNames, lists } from './lists';
import type { ListName } from './lists';

export interface Place {
  readonly list: ListName;
  /** From here on the event log is read, before it the lists. Settled when the look begins, so that it does not move on the way. */
  readonly logFromMs: number;
  /** The beginning of the slice. */
  readonly fromMs: number;
  readonly after: string | null;
}

const day = 86_400_000;
/**
 * Events are kept for 30 days (https://docs.stripe.com/api/events). The last one is left to the lists: a look may take hours, and
 * nothing is to vanish before it comes to it.
 */
const logMs = 29 * day;

/** Null when there is nothing to look at. */
export function firstPlace(window: TimeWindow, nowMs: number): Place | null {
  return startAmong(listNames, window, nowMs - logMs);
}

/** The page after this one; with `after` there is more of the same. */
export function nextPlace(place: Place, window: TimeWindow, after: string | null): Place | null {
  if (after !== null) return { ...place, after };
  const { list, logFromMs } = place;
  const slice = sliceOf(place, window);
  if (slice.toMs < spanOf(list, window, logFromMs).toMs) return { list, logFromMs, fromMs: slice.toMs, after: null };
  return startAmong(listNames.slice(listNames.indexOf(list) + 1), window, logFromMs);
}

/** When what is asked for here was made. */
export function sliceOf({ list, logFromMs, fromMs }: Place, window: TimeWindow): TimeWindow {
  return { fromMs, toMs: Math.min(fromMs + lists[list].sliceMs, spanOf(list, window, logFromMs).toMs) };
}

/** When what is asked for from this list happened. */
export function partOf(list: ListName, { fromMs, toMs }: TimeWindow, logFromMs: number): TimeWindow {
  return list === 'events' ? { fromMs: Math.max(fromMs, logFromMs), toMs } : { fromMs, toMs: Math.min(toMs, logFromMs) };
}

function spanOf(list: ListName, window: TimeWindow, logFromMs: number): TimeWindow {
  const { fromMs, toMs } = partOf(list, window, logFromMs);
  return { fromMs: Math.max(0, fromMs - lists[list].lookbackMs), toMs };
}

function startAmong(names: readonly ListName[], window: TimeWindow, logFromMs: number): Place | null {
  const list = names.find((name) => {
    const { fromMs, toMs } = partOf(name, window, logFromMs);
    return fromMs < toMs;
  });
  return list === undefined ? null : { list, logFromMs, fromMs: spanOf(list, window, logFromMs).fromMs, after: null };
}

const schema = z.strictObject({
  list: z.enum(listNames),
  logFromMs: z.number(),
  fromMs: z.number(),
  after: z.string().min(1).nullable(),
});

export function tokenOf(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

export function placeOf(token: string): Place {
  const place = schema.safeParse(parsed(Buffer.from(token, 'base64url').toString('utf8')));
  if (!place.success) throw new PspApiError('unexpected', 'the page is none of a look at Stripe');
  return place.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
