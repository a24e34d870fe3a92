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

/** The middle value, or the mean of the two in the middle; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
