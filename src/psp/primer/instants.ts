/** Primer's times have microseconds and no zone: they are UTC. Undefined for what is none. */
export function instantOf(text: string | null | undefined): number | undefined {
  const zone = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(z|[+-]\d\d:?\d\d)?$/i.exec(text?.trim() ?? '');
  if (!zone) return undefined;
  const ms = Date.parse(zone[1] === undefined ? `${zone[0]}Z` : zone[0]);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}
