import { startSolidgateApi } from '../../sandbox/solidgate/api';
import { signSolidgate, solidgateEventsOf } from '../../sandbox/solidgate/webhooks';
import type { SolidgateScenarioEvent } from '../../sandbox/solidgate/webhooks';
import type { Provider } from '../provider';
import { priceOf } from '../provider';
import { standIn } from '../provider';

const webhookKeys = 'wh_pk_of_the_demo:wh_sk_of_the_demo';
const apiKeys = 'api_pk_of_the_demo:api_sk_of_the_demo';

export const solidgate: Provider = {
  name: 'solidgate',
  currency: 'PLN',
  environment: (apiUrl) => ({
    SOLIDGATE_WEBHOOK_KEYS: webhookKeys,
    SOLIDGATE_API_KEYS: apiKeys,
    SOLIDGATE_API_URL: apiUrl,
  }),
  // An order names its product, and what was charged, but no listed price.
  soldAs: (sale) => [{ id: 'a51ba9fd-3be1-4ef9-b00f-bb85157597f5', price: sale.type === 'lifetime' ? null : priceOf(sale) }],
  webhooksOf(sale) {
    const scenario = { ...sale, subscriptionId: sale.name, customerId: `customer-${sale.name}` };
    let paid = 0;
    /** The order that pays a period, a free trial's of nothing included; a one-off has one only. */
    const nextOrder = (): string => (sale.type === 'lifetime' ? sale.name : `order-${sale.name}-${paid++}`);
    return {
      order: sale.name,
      webhooks: solidgateEventsOf(scenario).map(({ phase, event, headers }) => {
        const body = JSON.stringify(event);
        return {
          body,
          headers: { ...headers, ...signSolidgate(body, webhookKeys) },
          atMs: Date.parse(headers['solidgate-event-created-at'] ?? ''),
          payment: phase === 'state' ? null : { phase, moneyId: nextOrder() },
        };
      }),
    };
  },
  api: {
    tellsDueDates: true,
    async start() {
      const api = await startSolidgateApi({ keys: [apiKeys] });
      return standIn<SolidgateScenarioEvent['event']>(api, (events) => api.add(...events.map((event) => ({ event }))));
    },
  },
};
