/** Resident memory: of the worker with many open subscriptions, of web before and after many webhooks. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figure';
import { residentBytes } from '../processes';
import type { Goal, Row } from '../results';

/** Flat: no more than a fifth on top, since V8 grows its heap before it collects. */
const flat: Goal = { of: 'ratio', atMost: 1.2 };
const megabyte = 2 ** 20;

export const memory: Figure = {
  name: 'memory',
  stacks: ['postgres'],
  onlyWhenAsked: true,
  async measure({ ours, isShort, progress }) {
    const { worker = 0, web = 0 } = ours.pids();
    const fleet = ours.newFleet();
    const open = async (count: number): Promise<number> => {
      progress(`memory: ${count} open subscriptions`);
      for (let left = count - fleet.size; left > 0; left = count - fleet.size) {
        await ours.send(fleet.firstPurchases(Math.min(left, 500)), 16);
        await ours.drained();
      }
      await sleep(2_000);
      return residentBytes(worker);
    };
    const [few, many] = isShort ? [200, 1_000] : [1_000, 10_000];
    const [withFew, withMany] = [await open(few), await open(many)];
    progress('memory: webhooks');
    await ours.sendSuppressed(fleet.ignored(2_000), 16);
    const before = residentBytes(web);
    await ours.sendSuppressed(fleet.ignored(isShort ? 4_000 : 20_000), 16);
    const after = residentBytes(web);
    const row = (name: string, bytes: number, more: Partial<Row> = {}): Row => ({
      ...{ name, unit: 'MB', ours: [bytes / megabyte], bare: null, goal: null },
      ...more,
    });
    return [
      row(`worker, ${few} open subscriptions`, withFew),
      row(`worker, ${many} open subscriptions`, withMany, {
        note: `${Math.round((withMany - withFew) / (many - few))} bytes for each subscription more`,
      }),
      row(`web after ${isShort ? '4,000' : '20,000'} webhooks`, after, {
        ...{ bare: [before / megabyte], against: 'before', goal: flat },
      }),
    ];
  },
};
