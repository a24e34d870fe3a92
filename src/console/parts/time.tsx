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

/** `3 min ago`, `in 2 h`; from a month on the day. The script src/console/islands/times.ts says the same. */
export function relativeTime(atMs: number, nowMs: number): string {
  const seconds = Math.round(Math.abs(nowMs - atMs) / 1000);
  if (seconds < 5) return 'now';
  const amount = duration(seconds);
  if (amount === null) return new Date(atMs).toISOString().slice(0, 10);
  return atMs > nowMs ? `in ${amount}` : `${amount} ago`;
}

function duration(seconds: number): string | null {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return seconds < 30 * 86_400 ? `${Math.floor(seconds / 86_400)} d` : null;
}
