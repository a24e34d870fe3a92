/**
 * Solidgate's times: `YYYY-MM-DD HH:MM:SS` in GMT. Its own examples have one-digit hours, its headers ISO 8601, so both are read, and
 * what is no time is undefined. https://api-docs.solidgate.com/api/reports/retrieve-subscriptions
 */
export function timeOf(value: unknown): number | undefined {
  const [, year, month, day, hour = '0', minute = '0', second = '0'] =
    typeof value === 'string' ? (pattern.exec(value.trim()) ?? []) : [];
  if (year === undefined) return undefined;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(ms);
  // Date.UTC takes a 31st of February for the 3rd of March.
  const isReal =
    date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && date.getUTCHours() === Number(hour);
  return isReal && Number(minute) < 60 && Number(second) < 60 ? ms : undefined;
}

const pattern = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?Z?)?$/;

/** As requests to the API want it; what is between two seconds goes to the earlier one. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
