/** The position of a renewal check in Stripe's lists: list, span of time, last object read. As text it is the `page` that Temporal keeps. */
import { z } from 'zod';
import { dayMs } from '../../domain/duration';
import { PspApiError } from '../adapter';
import type { TimeWindow } from '../adapter';
import { listNames, lists } from './lists';
import type { ListName } from './lists';

export interface Cursor {
  readonly list: ListName;
  /** The event log is read from this time on, the lists before it. Fixed when the check begins, so that it does not move meanwhile. */
  readonly logFromMs: number;
  /** The beginning of the slice. */
  readonly fromMs: number;
  readonly after: string | null;
}

/**
 * Events are kept for 30 days (https://docs.stripe.com/api/events). The last of them is left to the lists: a check may take
 * hours, and an event must not expire before the check reaches it.
 */
const logMs = 29 * dayMs;

/** Null when the window is empty. */
export function firstCursor(window: TimeWindow, nowMs: number): Cursor | null {
  return startAmong(listNames, window, nowMs - logMs);
}

/** The cursor of the next page; `after` is the last object read of a list that has more. Null at the end. */
export function nextCursor(cursor: Cursor, window: TimeWindow, after: string | null): Cursor | null {
  if (after !== null) return { ...cursor, after };
  const { list, logFromMs } = cursor;
  const slice = sliceOf(cursor, window);
  if (slice.toMs < spanOf(list, window, logFromMs).toMs) return { list, logFromMs, fromMs: slice.toMs, after: null };
  return startAmong(listNames.slice(listNames.indexOf(list) + 1), window, logFromMs);
}

/** The span of creation times that this page asks Stripe for. */
export function sliceOf({ list, logFromMs, fromMs }: Cursor, window: TimeWindow): TimeWindow {
  return { fromMs, toMs: Math.min(fromMs + lists[list].sliceMs, spanOf(list, window, logFromMs).toMs) };
}

/** The part of the window that this list answers for, by the time at which a thing happened. */
export function partOf(list: ListName, { fromMs, toMs }: TimeWindow, logFromMs: number): TimeWindow {
  return list === 'events' ? { fromMs: Math.max(fromMs, logFromMs), toMs } : { fromMs, toMs: Math.min(toMs, logFromMs) };
}

function spanOf(list: ListName, window: TimeWindow, logFromMs: number): TimeWindow {
  const { fromMs, toMs } = partOf(list, window, logFromMs);
  return { fromMs: Math.max(0, fromMs - lists[list].lookbackMs), toMs };
}

function startAmong(names: readonly ListName[], window: TimeWindow, logFromMs: number): Cursor | null {
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

export function tokenOf(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

export function cursorOf(token: string): Cursor {
  const cursor = schema.safeParse(parsed(Buffer.from(token, 'base64url').toString('utf8')));
  if (!cursor.success) throw new PspApiError('unexpected', 'the page is not a cursor of Stripe');
  return cursor.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
