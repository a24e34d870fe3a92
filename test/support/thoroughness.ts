/** CI tries every case. Elsewhere a sample keeps `npm run test:unit` short. */
const isThorough = process.env['CI'] === 'true';

/** Options for `fc.assert`: the full number of runs on CI, a tenth elsewhere. */
export function runs(full: number): { readonly numRuns: number } {
  return { numRuns: isThorough ? full : Math.ceil(full / 10) };
}

/** Every case on CI, about `size` cases spread evenly over the list elsewhere. */
export function sampleOf<T>(cases: readonly T[], size: number): readonly T[] {
  const step = isThorough ? 1 : Math.max(1, Math.floor(cases.length / size));
  return cases.filter((_, index) => index % step === 0);
}
