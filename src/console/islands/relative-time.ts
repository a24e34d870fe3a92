/** `3 min ago`, `in 2 h`; from a month on the day. The server writes it, and a script in the page keeps it current. Both in Unix milliseconds. */
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
