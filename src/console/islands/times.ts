/** Keeps `<time data-relative>` current, also in parts that htmx brings. The words are those of src/console/parts/time.tsx. */
export function keepTimes(): void {
  setInterval(update, 10_000);
  document.addEventListener('visibilitychange', update);
}

function update(): void {
  if (document.hidden) return;
  for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-relative]')) {
    const words = relative(Date.parse(time.dateTime), Date.now());
    if (time.textContent !== words) time.textContent = words;
  }
}

function relative(atMs: number, nowMs: number): string {
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
