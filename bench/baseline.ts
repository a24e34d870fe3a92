/** The ratios that are kept in the repository, and which of today's have fallen far below them. */
import { ratioOf, type Result, shown } from './results';

/** By `<figure> <stack> <row>`: the median of ours / bare. Only rates, of which more is better. */
export type Baseline = Readonly<Record<string, number>>;

/** A quarter: runners differ, ours and bare on one of them less so. */
const mayFallBy = 0.25;

export function baselineOf(results: readonly Result[]): Baseline {
  return Object.fromEntries(
    results.flatMap((result) => {
      const ratio = result.unit === '/s' ? ratioOf(result) : null;
      return ratio === null ? [] : [[keyOf(result), Number(ratio.median.toFixed(3))]];
    }),
  );
}

/** A line for each ratio that has fallen in all rounds, or was not measured: noise spoils a round, a regression every one. */
export function regressions(baseline: Baseline, results: readonly Result[]): readonly string[] {
  return Object.entries(baseline).flatMap(([key, before]) => {
    const result = results.find((one) => keyOf(one) === key);
    const ratio = result === undefined ? null : ratioOf(result);
    if (ratio === null) return [`${key}: was not measured`];
    return ratio.max < before * (1 - mayFallBy) ? [`${key}: ${shown(ratio.max)} × bare at best, and was ${shown(before)}`] : [];
  });
}

function keyOf({ figure, stack, name }: Result): string {
  return `${figure} ${stack} ${name}`;
}
