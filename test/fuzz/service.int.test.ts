/** The short form of `npm run fuzz`: the whole service by HTTP, and whether it still works afterwards. */
import { runs } from '../support/effort';
import { knownFault } from './known';
import { fuzz } from './run';
import { type FuzzedService, startFuzzedService } from './service';
import { httpTargets, shares } from './targets';

let service: FuzzedService;
beforeAll(async () => {
  service = await startFuzzedService();
});
afterAll(async () => {
  await service.close();
});

it('nothing crashes, nothing is answered that is not documented, and afterwards all works', async () => {
  for (const { target, inputs } of shares(await httpTargets(service.url), runs(3_000))) {
    // A door's share of the time on a machine that takes long over its share of the inputs.
    const tally = await fuzz(target, { seed: 1, inputs, knownFault, untilMs: Date.now() + 20_000 });
    expect(tally.inputs).toBeGreaterThan(0);
    expect(tally.failures.filter(({ known }) => known === null)).toEqual([]);
  }
  expect(await service.faults()).toEqual([]);
  expect(service.errorLines()).toEqual([]);
});
