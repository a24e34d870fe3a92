/** How many purchases reach TikTok's end in a second while a backlog comes at once: from the first webhook to the last arrival. */
import { each, type Figure, interleaved } from '../figure';
import type { BenchWebhook } from '../load/fleet';
import type { Goal, Row } from '../results';
import type { Side } from '../side';

const goal: Goal = { of: 'ratio', atLeast: 1 };
const atOnce = 32;

export const endToEnd: Figure = {
  name: 'end-to-end',
  stacks: ['embedded', 'postgres'],
  async measure(on) {
    const { isShort, progress } = on;
    const backlog = async (name: string, webhooksOf: (side: Side) => readonly BenchWebhook[]): Promise<Row> => {
      progress(`end-to-end: ${name}`);
      const measured = await interleaved(on, async (side) => {
        const webhooks = webhooksOf(side);
        const { startedAtMs } = await side.send(webhooks, atOnce);
        await side.drained();
        const purchases = webhooks.filter(({ moneyId }) => moneyId !== null);
        return (purchases.length * 1_000) / ((await side.lastArrivalMs(purchases)) - startedAtMs);
      });
      return { name, unit: '/s', goal, ...each(measured, (perSecond) => perSecond) };
    };
    return [
      await backlog('renewals', (side) => side.fleet.renewals(isShort ? 150 : 600)),
      await backlog('new subscriptions', (side) => newSubscriptions(side, isShort ? 100 : 300)),
    ];
  },
};

/** Of ours with the webhook that tells the subscription; bare knows payments alone. */
function newSubscriptions(side: Side, count: number): readonly BenchWebhook[] {
  const fleet = side.newFleet();
  return side.name === 'ours' ? fleet.newSubscriptions(count) : fleet.firstPurchases(count);
}
