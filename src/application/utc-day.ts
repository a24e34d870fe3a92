/** Days of UTC, by which things are counted: a number of days since 1970-01-01, shown as `2026-11-22`. */
import { dayMs } from '../domain/duration';

/** The day of a time, Unix milliseconds. */
export function utcDay(atMs: number): number {
  return Math.floor(atMs / dayMs);
}

/** `2026-11-22` */
export function isoDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** The days that a period touches: from its first day (included) to the day after its last one (excluded). */
export function daysOf({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): {
  readonly fromDay: number;
  readonly toDay: number;
} {
  return { fromDay: utcDay(fromMs), toDay: Math.ceil(toMs / dayMs) };
}

/** Each day of a period, in order. */
export function eachDay(period: { readonly fromMs: number; readonly toMs: number }): readonly number[] {
  const { fromDay, toDay } = daysOf(period);
  return Array.from({ length: Math.max(0, toDay - fromDay) }, (_, index) => fromDay + index);
}
