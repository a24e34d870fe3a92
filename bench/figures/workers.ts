/** How a backlog of renewals goes with 1, 2 and 4 workers, which share this machine's processors. */
import type { Figure } from '../figure';
import type { Row } from '../results';

export const workers: Figure = {
  name: 'workers',
  stacks: ['postgres'],
  onlyWhenAsked: true,
  async measure({ ours, postgres, rounds, isShort, progress }) {
    if (postgres === null) return [];
    const rates = new Map<number, number[]>();
    const added: (() => Promise<void>)[] = [];
    for (const count of [1, 2, 4]) {
      for (let running = count / 2; running >= 1 && running < count; running++) added.push(await postgres.addWorker());
      progress(`workers: ${count}`);
      const measured: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const renewals = ours.fleet.renewals(isShort ? 150 : 600);
        const { startedAtMs } = await ours.send(renewals, 32);
        await ours.drained();
        measured.push((renewals.length * 1_000) / ((await ours.lastArrivalMs(renewals)) - startedAtMs));
      }
      rates.set(count, measured);
    }
    // The figures after this one are of one worker.
    for (const stop of added) await stop();
    const alone = rates.get(1) ?? [];
    return [...rates].map(([count, ours]): Row => ({
      ...{ name: `${count} worker${count === 1 ? '' : 's'}, renewals end to end`, unit: '/s', ours, goal: null },
      ...(count === 1 ? { bare: null } : { bare: alone, against: 'one worker' }),
    }));
  },
};
