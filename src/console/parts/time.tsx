import { relativeTime } from '../islands/relative-time';

export interface TimeProps {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly nowMs: number;
  /** Exact, in place of how long ago. */
  readonly exact?: boolean;
}

/** How long ago, with the exact time in UTC on hover. A script keeps it current while the page is open. */
export function Time({ atMs, nowMs, exact = false }: TimeProps) {
  const iso = new Date(atMs).toISOString();
  return (
    <time dateTime={iso} title={exactTime(atMs)} {...(exact ? {} : { 'data-relative': '' })}>
      {exact ? exactTime(atMs) : relativeTime(atMs, nowMs)}
    </time>
  );
}

/** `22 Nov 2026, 10:00:01 UTC`. */
export function exactTime(atMs: number): string {
  const [, day = '', month = '', year = '', time = ''] = new Date(atMs).toUTCString().split(' ');
  return `${Number(day)} ${month} ${year}, ${time} UTC`;
}
