import { z } from 'zod';

/** A field with such a time, as Unix milliseconds; undefined for what is none. */
export const instantSchema = z
  .string()
  .nullish()
  .transform((text) => instantOf(text))
  .catch(undefined);

/**
 * An ISO 8601 time as Unix milliseconds; undefined for another text, such as `2018-19-12T22:20:32.000Z` in PayPal's own samples, and
 * for a day that no month has. A time without a zone is UTC, as Primer writes it, never this machine's zone.
 */
export function instantOf(text: string | null | undefined): number | undefined {
  const zone = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(z|[+-]\d\d:?\d\d)?$/i.exec(text?.trim() ?? '');
  if (!zone || !isDay(zone[0].slice(0, 'yyyy-mm-dd'.length))) return undefined;
  const ms = Date.parse(zone[1] === undefined ? `${zone[0]}Z` : zone[0]);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

/** The first of the texts that is an ISO 8601 time, as Unix milliseconds; undefined when none is. */
export function firstInstant(...texts: readonly (string | null | undefined)[]): number | undefined {
  for (const text of texts) {
    const ms = instantOf(text);
    if (ms !== undefined) return ms;
  }
  return undefined;
}

/** `Date.parse` takes a 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).getUTCDate() === Number(day.slice('yyyy-mm-'.length));
}
