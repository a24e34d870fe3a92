/** The day or time of a first purchase, as databases and spreadsheets export it. */

/** Unix milliseconds, or what is wrong. */
export type DateReading = { readonly value: number } | { readonly wrong: string };

/**
 * Reads an ISO 8601 day or time, `T` or a space between the two (https://www.rfc-editor.org/rfc/rfc3339#section-5.6). A day is its beginning; what
 * has no zone is UTC. No other spelling is guessed: 03/04/2025 may be two days.
 */
export function readDate(text: string, nowMs: number): DateReading {
  if (text === '') return { wrong: `is missing${example}` };
  const [, day, time = '00:00', seconds = ':00', zone = 'Z'] = pattern.exec(text) ?? [];
  if (day === undefined) return { wrong: `is no ISO 8601 day or time${example}` };
  const atMs = Date.parse(`${day}T${time}${seconds.slice(0, 7).replace(',', '.')}${zoneOf(zone)}`);
  if (Number.isNaN(atMs) || !isDay(day)) return { wrong: `is no day or time that there is${example}` };
  if (atMs > nowMs) return { wrong: 'is in the future' };
  return atMs < earliestMs ? { wrong: 'is before 1990, as programs write a date that is missing' } : { value: atMs };
}

const pattern = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:[.,]\d{1,9})?)?(?: ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?)?$/i;

const earliestMs = Date.UTC(1990, 0);
const example = ' (write 2025-03-31 or 2025-03-31T14:05:00Z)';

/** `Date.parse` takes 30 February for a day in March. */
function isDay(day: string): boolean {
  const atMs = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(day);
}

/** `+02`, `+0200` and `UTC` as `Date.parse` takes them. */
function zoneOf(zone: string): string {
  if (/^[A-Z]/i.test(zone)) return 'Z';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
