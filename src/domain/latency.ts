/**
 * Durations counted in buckets, so that percentiles need no single durations: ten buckets for each tenfold, from a millisecond up. Each
 * is a quarter wider than the one before, and a percentile is right to within its bucket.
 */

/** The bucket of a duration: the smallest n with `10^(n/10)` milliseconds at least as long. */
export function latencyBucket(durationMs: number): number {
  return Math.min(Math.max(0, Math.ceil(10 * Math.log10(Math.max(durationMs, 1)) - 1e-9)), lastBucket);
}

/** About four months. */
const lastBucket = 100;

/** Seconds, within which `share` (0 to 1) of the durations lie; null without any. `counts` is by bucket. */
export function latencyPercentile(counts: ReadonlyMap<number, number>, share: number): number | null {
  const buckets = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  let rank = share * total;
  for (const [bucket, count] of buckets) {
    if (rank <= count) return boundMs(bucket - 1 + rank / count) / 1000;
    rank -= count;
  }
  return boundMs(buckets.at(-1)?.[0] ?? 0) / 1000;
}

/** Between two bounds by the logarithm, as the buckets are. */
function boundMs(bucket: number): number {
  return 10 ** (Math.max(bucket, 0) / 10);
}
