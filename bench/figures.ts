/** Figures of repeated measurements. */

/** The value below which this share (0 to 1) of the measurements lies. */
export function percentile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Median, least and most, in milliseconds. */
export function spread(times: readonly number[]): string {
  const at = (share: number): string => percentile(times, share).toFixed(0);
  return `median ${at(0.5)} ms (${at(0)} to ${at(1)})`;
}
