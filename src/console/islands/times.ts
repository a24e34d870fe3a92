import { relativeTime } from './relative-time';

/** Keeps `<time data-relative>` current, also in parts that htmx brings. */
export function keepTimes(): void {
  setInterval(update, 10_000);
  document.addEventListener('visibilitychange', update);
}

function update(): void {
  if (document.hidden) return;
  for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-relative]')) {
    const words = relativeTime(Date.parse(time.dateTime), Date.now());
    if (time.textContent !== words) time.textContent = words;
  }
}
