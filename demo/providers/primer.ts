import { startPrimerApi } from '../../sandbox/primer/api';
import { paymentId, primerEventsOf, signPrimer } from '../../sandbox/primer/webhooks';
import type { PrimerEventBody } from '../../sandbox/primer/webhooks';
import type { Provider } from '../provider';
import { standIn } from '../provider';

const secret = 'primer_secret_of_the_demo';
const key = 'primer_key_of_the_demo';

export const primer: Provider = {
  name: 'primer',
  currency: 'SEK',
  environment: (apiUrl) => ({ PRIMER_WEBHOOK_SECRETS: secret, PRIMER_API_KEY: key, PRIMER_API_URL: apiUrl }),
  // The merchant's metadata.
  soldAs: () => [{ id: 'premium', price: null }],
  webhooksOf(sale, nowMs) {
    const scenario = { ...sale, subscriptionId: sale.name, customerId: `customer-${sale.name}` };
    return {
      order: sale.type === 'lifetime' ? paymentId(scenario, 0) : sale.name,
      webhooks: primerEventsOf(scenario).map(({ phase, event }) => ({
        ...signPrimer(event, secret, Math.floor(nowMs / 1000)),
        atMs: Date.parse(`${event.date}Z`), // Primer writes no zone
        payment: phase === 'state' ? null : { phase, moneyId: event.payment.id },
      })),
    };
  },
  api: {
    // It knows no subscriptions, and so no periods.
    tellsDueDates: false,
    async start() {
      const api = await startPrimerApi({ keys: [key] });
      return standIn<PrimerEventBody>(api, (events) => api.add(...events.map((event) => ({ ...event }))));
    },
  },
  remark: { text: 'needs subscription_id, and kind or subs_iteration, in the metadata: it knows no subscriptions' },
};
