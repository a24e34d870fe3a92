/** Solidgate: inputs that once went wrong, with the right values. */
import { closeSharedStore, sharedStore } from '../support/stored-relay';
import { describeFaults } from './fault-files';
import { itIsRight } from './plays';

afterAll(closeSharedStore);

const day = 86_400_000;

describeFaults('Solidgate’s subscriptions', () => {
  itIsRight('a free trial whose invoice has no order', {
    file: 'solidgate/17-solidgate-free-trial-without-order',
    records: {
      'sub-1:trial': 'trial_start sent 0.00 USD solidgate:sub-1:trial',
      o2: 'conversion sent 20.00 USD solidgate:o2',
    },
  });

  itIsRight('what is restored is active again, and the checks look after it', {
    file: 'solidgate/18-solidgate-restored',
    records: { o1: 'conversion sent 20.00 USD solidgate:o1' },
    more: async (relay) => {
      expect(relay.order('solidgate', 'sub-1')?.status).toBe('active');
      const { orders } = await sharedStore();
      const anyTime = { dueAfterMs: 0, dueBeforeMs: relay.nowMs + 60 * day, polledBeforeMs: relay.nowMs + 60 * day };
      const overdue = await orders.overdue({ integration: relay.integration, psp: 'solidgate', ...anyTime, limit: 10 });
      expect(overdue.map(({ subscription }) => subscription)).toEqual(['sub-1']);
    },
  });
});
