/** Far more at once than can be answered: everybody gets an answer in time, 200 or 503, and the process says that it lives. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figure';
import type { Goal } from '../results';
import { percentile } from '../statistics';

/** Milliseconds. The tightest provider waits 5 s. */
const answered: Goal = { of: 'worst', atMost: 4_100 };
const alive: Goal = { of: 'worst', atMost: 1_000 };
const atOnce = 400;

export const overload: Figure = {
  name: 'overload',
  stacks: ['embedded', 'postgres'],
  async measure({ ours, url, isShort, progress }) {
    progress(`overload: ${atOnce} at once`);
    let isOver = false;
    const health = healthTimes(url, () => isOver);
    const { latenciesMs, statuses } = await ours.send(ours.fleet.renewals(isShort ? 450 : 800), atOnce);
    isOver = true;
    const healthMs = await health;
    await ours.drained();
    const note = Object.entries(statuses)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', ');
    return [
      {
        name: `${atOnce} at once, slowest answer`,
        unit: 'ms',
        ours: [percentile(latenciesMs, 1)],
        bare: null,
        goal: answered,
        note,
      },
      { name: `${atOnce} at once, slowest /healthz`, unit: 'ms', ours: [Math.max(...healthMs)], bare: null, goal: alive },
    ];
  },
};

/** Asked every 200 ms. An answer that does not come counts as long as it was waited for. */
async function healthTimes(url: string, isOver: () => boolean): Promise<readonly number[]> {
  const times: number[] = [];
  while (!isOver()) {
    const startedAtMs = performance.now();
    await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(30_000) }).then(
      (answer) => answer.arrayBuffer(),
      () => undefined,
    );
    const ms = performance.now() - startedAtMs;
    times.push(ms);
    await sleep(Math.max(0, 200 - ms));
  }
  return times;
}
