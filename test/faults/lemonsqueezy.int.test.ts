/** Lemon Squeezy: inputs that once went wrong, with the right values. */
import { hourMs } from '../../src/domain/duration';
import { lemonsqueezyEventsOf } from '../../sandbox/lemonsqueezy/webhooks';
import type { LemonSqueezyScenario } from '../../sandbox/lemonsqueezy/webhooks';
import { orders } from '../support/effort';
import { defaultStartMs } from '../support/simulated-relay';
import { closeSharedStore, simulatedRelay } from '../support/stored-relay';
import { describeFaults } from './fault-files';
import { itIsRight } from './plays';

afterAll(closeSharedStore);

describeFaults('Lemon Squeezy’s orders and trials', () => {
  itIsRight('an order that no subscription follows is a one-off, whatever its roles', {
    file: 'lemonsqueezy/30-lemonsqueezy-one-off-without-role',
    records: { order_11: 'conversion sent 49.00 USD c1' },
    more: async (relay) => expect((await relay.records())['order_11']?.purchaseType).toBe('lifetime'),
  });

  itIsRight('the set-up fee of a trial makes it a paid one', {
    file: 'lemonsqueezy/31-lemonsqueezy-trial-with-setup-fee',
    records: {
      invoice_21: 'trial_start sent 1.00 USD lemonsqueezy:invoice_21',
      invoice_22: 'conversion sent 9.99 USD lemonsqueezy:invoice_22',
    },
  });

  itIsRight('a trial whose event names no currency goes without value', {
    file: 'lemonsqueezy/32-lemonsqueezy-trial-currency',
    records: {
      '5:trial': ['trial_start sent no value lemonsqueezy:5:trial', 'trial_start sent(*) no value lemonsqueezy:5:trial'],
    },
  });
});

describe('the order of a subscription’s checkout, in every order of arrival', () => {
  const buyer = { userId: 'u1', customerId: '7', subscriptionId: '42', email: 'a@example.com', checkoutId: 'c1' };
  it.each<[string, Partial<LemonSqueezyScenario> & Pick<LemonSqueezyScenario, 'type'>, string]>([
    ['a subscription', { type: 'subscription', renewals: 0 }, 'conversion'],
    ['a free trial without an invoice', { type: 'free_trial' }, 'trial_start'],
    ['a free trial with an invoice', { type: 'free_trial', hasTrialInvoice: true }, 'trial_start'],
  ])('%s: its first payment has the checkout’s id', async (_, sale, phase) => {
    const events = lemonsqueezyEventsOf({ ...buyer, ...sale, startMs: defaultStartMs }).filter(
      ({ event }) => Date.parse(String(event.data.attributes.created_at)) < defaultStartMs + hourMs,
    );
    const webhooks = events.filter(({ event }) => firstWebhooks.has(event.meta.event_name));
    expect(webhooks.map(({ event }) => event.meta.event_name)).toContain('order_created');
    for (const order of orders(webhooks)) {
      const relay = await simulatedRelay({ startMs: defaultStartMs + hourMs });
      for (const { event, headers } of order) {
        await relay.receives('lemonsqueezy', event, { headers });
        await relay.passes(400);
      }
      await relay.passes(120_000);
      const names = order.map(({ event }) => event.meta.event_name).join(', ');
      expect([names, relay.sent().map(({ eventId }) => eventId)]).toEqual([names, ['c1']]);
      expect(Object.values(await relay.records())).toEqual([
        expect.objectContaining({ phase, state: 'sent', subscription: '42' }),
      ]);
    }
  });

  const firstWebhooks = new Set(['order_created', 'subscription_created', 'subscription_payment_success']);
});
