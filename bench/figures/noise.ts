/** Ten webhooks come with each renewal that tell no money: how much cheaper they are than one that does. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure, Measuring } from '../figure';
import type { BenchWebhook } from '../load/fleet';
import type { Goal, Row } from '../results';

const goal: Goal = { of: 'ratio', atLeast: 3 };
const atOnce = 16;

export const noise: Figure = {
  name: 'noise',
  stacks: ['embedded', 'postgres'],
  async measure(on) {
    const { fleet } = on.ours;
    return [
      await against('ten beside each renewal', on, (count) => fleet.besideRenewals(count), goal),
      await against('ignored alone', on, (count) => fleet.ignored(count), null),
      await against('repetitions alone', on, (count) => fleet.repeated(count), null),
    ];
  },
};

async function against(
  name: string,
  on: Measuring,
  webhooksOf: (count: number) => readonly BenchWebhook[],
  limit: Goal | null,
): Promise<Row> {
  const { ours: side, rounds, isShort, progress } = on;
  progress(`noise: ${name}`);
  const money = isShort ? 100 : 300;
  const rates: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  for (let round = 0; round < rounds; round++) {
    const told = await side.send(side.fleet.renewals(money), atOnce);
    await side.drained();
    const quiet = await side.sendSuppressed(webhooksOf(money * 2), atOnce);
    await sleep(1_000); // those that are signalled reach their workflows
    rates.bare.push((told.acknowledged * 1_000) / told.elapsedMs);
    rates.ours.push((quiet.acknowledged * 1_000) / quiet.elapsedMs);
  }
  return { name: `${name}, ${atOnce} at once`, unit: '/s of ours', ...rates, against: 'money webhooks', goal: limit };
}
