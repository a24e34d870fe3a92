import { revenuecatHeaders, revenuecatEventsOf } from '../../sandbox/revenuecat/webhooks';
import type { Provider } from '../provider';
import { priceOf } from '../provider';

const secret = 'revenuecat_secret_of_the_demo';

export const revenuecat: Provider = {
  name: 'revenuecat',
  currency: 'CHF',
  environment: () => ({ REVENUECAT_WEBHOOK_SECRETS: secret }),
  // The listed price is not said of a trial.
  soldAs: (sale, phase) => [{ id: 'com.example.premium.monthly', price: phase === 'trial_start' ? null : priceOf(sale) }],
  webhooksOf: (sale) => ({
    order: sale.name,
    webhooks: revenuecatEventsOf({ ...sale, subscriptionId: sale.name, customerId: `customer-${sale.name}` }).map(
      ({ phase, event }) => ({
        body: JSON.stringify(event),
        headers: revenuecatHeaders(secret),
        atMs: event.event.event_timestamp_ms,
        payment: phase === 'state' ? null : { phase, moneyId: String(event.event.transaction_id) },
      }),
    ),
  }),
};
