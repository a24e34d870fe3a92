import { dayMs } from '../../domain/duration';

/** How long a trial is. Months and years end on the day on which they began, or on the last one that the month has. */
export function trialEndMs(
  startMs: number,
  { interval, frequency }: { readonly interval?: string | null | undefined; readonly frequency?: number | null | undefined },
): number | undefined {
  if (typeof frequency !== 'number' || !Number.isSafeInteger(frequency) || frequency <= 0 || frequency > 10_000) return undefined;
  switch (interval) {
    case 'day':
      return startMs + frequency * dayMs;
    case 'week':
      return startMs + frequency * 7 * dayMs;
    case 'month':
      return monthsLater(startMs, frequency);
    case 'year':
      return monthsLater(startMs, frequency * 12);
    default:
      return undefined;
  }
}

function monthsLater(startMs: number, months: number): number {
  const start = new Date(startMs);
  const firstOfMonth = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, 1);
  const target = new Date(firstOfMonth);
  const daysInMonth = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  const timeOfDay = startMs - Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate());
  return firstOfMonth + (Math.min(start.getUTCDate(), daysInMonth) - 1) * dayMs + timeOfDay;
}
