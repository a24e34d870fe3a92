/** A day's renewals in ten seconds while TikTok takes 50 a second: everything is acknowledged in time, kept, and delivered at the allowed rate. */
import type { Figure } from '../figure';
import type { Goal, Row } from '../results';
import { percentile } from '../statistics';

const webhooks = 5_000;
const withinSeconds = 10;
const tiktokPerSecond = 50;

/** Milliseconds. */
const answered: Goal = { of: 'worst', atMost: 4_100 };
const allAcknowledgedAtFirst: Goal = { of: 'worst', atLeast: 1 };
const noneLost: Goal = { of: 'worst', atLeast: 1, atMost: 1 };

export const burst: Figure = {
  name: 'burst',
  stacks: ['postgres'],
  async measure({ ours, receiver, isShort, progress }) {
    const count = isShort ? webhooks / 20 : webhooks;
    progress(`burst: ${count} webhooks in ${withinSeconds} s`);
    await receiver.limit('ours', tiktokPerSecond);
    const before = await receiver.received('ours');
    const startedAtMs = Date.now();
    const told = ours.fleet.renewals(count);
    const { latenciesMs, statuses, atOnce, elapsedMs } = await ours.sendPaced(told, count / withinSeconds);
    await ours.drained(600_000);
    const deliveredMs = Date.now() - startedAtMs;
    const after = await receiver.received('ours');
    await receiver.limit('ours', null);
    const one = (row: Omit<Row, 'ours' | 'bare'>, value: number): Row => ({ ...row, ours: [value], bare: null });
    const answers = Object.entries(statuses).map(([status, times]) => `${status}: ${times}`);
    return [
      one({ name: 'slowest answer', unit: 'ms', goal: answered, note: answers.join(', ') }, percentile(latenciesMs, 1)),
      one({ name: 'acknowledged at the first try', unit: 'share', goal: allAcknowledgedAtFirst }, atOnce / count),
      one({ name: 'until all were acknowledged', unit: 's', goal: null }, elapsedMs / 1_000),
      one({ name: 'delivered', unit: 'share', goal: noneLost }, (after.distinct - before.distinct) / count),
      one({ name: 'delivered per second', unit: '/s', goal: null }, (count * 1_000) / deliveredMs),
      one({ name: 'answered “too frequently” by TikTok', unit: 'sends', goal: null }, after.refused - before.refused),
    ];
  },
};
