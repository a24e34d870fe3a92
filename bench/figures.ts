/** Figures of repeated measurements. */

/** The value below which this share (0 to 1) of the measurements lies. */
export function percentile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Median, least and most, in milliseconds. */
export function spread(times: readonly number[]): string {
  const [least, median, most] = [0, 0.5, 1].map((share) => percentile(times, share).toFixed(0));
  return `median ${median} ms (${least} to ${most})`;
}
