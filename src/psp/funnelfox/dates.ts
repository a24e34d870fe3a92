import { instantOf } from '../instants';

/**
 * FunnelFox Billing's times: ISO 8601 in UTC with microseconds and without saying so (`2025-09-25T12:11:17.381627`). With an offset they
 * are taken at their word; what is no time is undefined.
 */
export function timeOf(value: unknown): number | undefined {
  const [, day, time, offset = 'Z'] = typeof value === 'string' ? (pattern.exec(value.trim()) ?? []) : [];
  return day === undefined || time === undefined ? undefined : instantOf(`${day}T${time}${offset}`);
}

const pattern = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)\s?(Z|[+-]\d{2}:\d{2})?$/;
