/**
 * How much a test over many cases tries: all of it in CI, a tenth elsewhere, so that the unit tests take seconds.
 * TEST_EFFORT overrides the share: `TEST_EFFORT=50 npx jest test/domain/any-order` tries fifty times the usual number.
 */
const effort = Number(process.env['TEST_EFFORT'] ?? (process.env['CI'] === 'true' ? 1 : 1 / 10));

/** The number of runs of a property test whose usual number is `usual`. */
export function runs(usual: number): number {
  return Math.max(1, Math.round(usual * effort));
}

/** All orders of the items; of five items and more an even sample of them. */
export function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  const all = permutations(items);
  const step = all.length <= 24 ? 1 : Math.max(1, Math.round(1 / effort));
  return all.filter((_, index) => index % step === 0);
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, at) => permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]));
}
