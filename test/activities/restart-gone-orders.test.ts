import { createRestartGoneOrders } from '../../activities/restart-gone-orders';
import type { OrderRef } from '../../workflows/contract';

const nowMs = Date.UTC(2026, 10, 22, 12);
const hour = 3_600_000;
const order = (subscription: string): OrderRef => ({ integration: 'default', psp: 'stripe', subscription });

it('starts the orders again whose workflow is gone, and leaves the others alone', async () => {
  const asked: unknown[] = [];
  const heartbeats: unknown[] = [];
  const restartGoneOrders = createRestartGoneOrders({
    purchases: {
      ordersPendingSince: async (beforeMs) => {
        asked.push(beforeMs);
        return [order('sub_gone'), order('sub_running')];
      },
    },
    restartIfGone: async ({ subscription }) => {
      asked.push(subscription);
      return subscription === 'sub_gone';
    },
    heartbeat: (details) => void heartbeats.push(details),
    nowMs: () => nowMs,
  });
  expect(await restartGoneOrders()).toBe(1);
  expect(asked).toEqual([nowMs - hour, 'sub_gone', 'sub_running']);
  expect(heartbeats).toEqual([{ restarted: 1 }, { restarted: 1 }]);
});
