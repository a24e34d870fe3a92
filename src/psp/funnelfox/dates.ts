/**
 * FunnelFox Billing's times: ISO 8601 in UTC with microseconds and without saying so (`2025-09-25T12:11:17.381627`). With an offset they
 * are taken at their word; what is no time is undefined.
 */
export function timeOf(value: unknown): number | undefined {
  const [, day, time, offset = 'Z'] = typeof value === 'string' ? (pattern.exec(value.trim()) ?? []) : [];
  if (day === undefined || time === undefined) return undefined;
  const ms = Date.parse(`${day}T${time.slice(0, 'hh:mm:ss.mmm'.length)}${offset}`);
  return Number.isNaN(ms) ? undefined : ms;
}

const pattern = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)\s?(Z|[+-]\d{2}:\d{2})?$/;
