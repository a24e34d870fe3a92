import { latencyBucket, latencyPercentile } from '../../src/domain/latency';

function counted(durationsMs: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const ms of durationsMs) counts.set(latencyBucket(ms), (counts.get(latencyBucket(ms)) ?? 0) + 1);
  return counts;
}

describe('durations in buckets', () => {
  it.each([
    [0, 0],
    [1, 0],
    [1.1, 1],
    [10, 10],
    [100, 20],
    [1_000, 30],
    [1_001, 31],
    [3_600_000, 66],
    [Number.MAX_SAFE_INTEGER, 100],
  ])('%d ms are in bucket %d', (ms, bucket) => {
    expect(latencyBucket(ms)).toBe(bucket);
  });

  it('have no percentile without any', () => {
    expect(latencyPercentile(new Map(), 0.5)).toBeNull();
    expect(latencyPercentile(new Map([[3, 0]]), 0.5)).toBeNull();
  });

  it('tell percentiles to within the width of a bucket', () => {
    const durations = Array.from({ length: 1_000 }, (_, index) => 500 + index * 10);
    for (const share of [0.05, 0.5, 0.95, 0.99]) {
      const exact = (500 + share * 10_000) / 1000;
      const told = latencyPercentile(counted(durations), share) ?? 0;
      expect(told / exact).toBeGreaterThan(0.8);
      expect(told / exact).toBeLessThan(1.26);
    }
  });

  it('tell one duration as itself, by its bucket', () => {
    expect(latencyPercentile(counted([1_000]), 0.95)).toBeGreaterThan(0.79);
    expect(latencyPercentile(counted([1_000]), 0.95)).toBeLessThanOrEqual(1);
  });

  it('are not moved at the median by a few that took days', () => {
    const mixed = counted([...Array.from({ length: 99 }, () => 800), 3 * 86_400_000]);
    expect(latencyPercentile(mixed, 0.5)).toBeLessThan(1);
    expect(latencyPercentile(mixed, 1)).toBeGreaterThan(86_400);
  });
});
