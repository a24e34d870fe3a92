/** The short form of `npm run fuzz`: what needs nothing but this process. */
import { runs } from '../support/effort';
import { knownFault } from './known';
import { fuzz } from './run';
import { pureTargets, shares } from './targets';

it.each(shares(pureTargets, runs(20_000)).map(({ target, inputs }) => [target.name, target, inputs] as const))(
  '%s: nothing crashes, and nothing is answered that is not documented',
  async (_, target, inputs) => {
    const tally = await fuzz(target, { seed: 1, inputs, knownFault });
    expect(tally.failures.filter(({ known }) => known === null)).toEqual([]);
    expect(tally.inputs).toBe(inputs);
  },
);
