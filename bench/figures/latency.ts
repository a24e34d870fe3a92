/** How long a purchase takes from its webhook to TikTok's end while nothing else happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import { each, type Figure, interleaved } from '../figure';
import type { Goal } from '../results';
import { percentile } from '../statistics';

const goal: Goal = { of: 'ratio', atMost: 1.15 };

export const latency: Figure = {
  name: 'latency',
  stacks: ['embedded', 'postgres'],
  async measure(on) {
    on.progress('latency');
    const count = on.isShort ? 20 : 60;
    const measured = await interleaved(on, async (side) => {
      const times: number[] = [];
      for (const webhook of side.fleet.renewals(count)) {
        const { startedAtMs } = await side.send([webhook], 1);
        await side.drained();
        times.push((await side.lastArrivalMs([webhook])) - startedAtMs);
        await sleep(20); // what follows an arrival ends
      }
      return times;
    });
    return [0.5, 0.99].map((share) => ({
      ...{ name: `webhook to TikTok, p${share * 100}`, unit: 'ms', goal },
      ...each(measured, (times) => percentile(times, share)),
    }));
  },
};
