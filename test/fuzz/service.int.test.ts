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
    const tally = await fuzz(target, { seed: 1, inputs, knownFault });
    const unknown = tally.failures.filter(({ known }) => known === null);
    expect(unknown.length === 0 ? null : { unknown, refusals: service.refusals() }).toBeNull();
  }
  expect(await service.faults()).toEqual([]);
  expect(service.errorLines()).toEqual([]);
}, 900_000);
