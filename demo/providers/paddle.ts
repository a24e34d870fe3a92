import { startPaddleApi } from '../../sandbox/paddle/api';
import { paddleEventsOf, signPaddle, transactionId } from '../../sandbox/paddle/webhooks';
import type { PaddleEventBody } from '../../sandbox/paddle/webhooks';
import type { Provider } from '../provider';
import { priceOf } from '../provider';
import { standIn } from '../provider';

const secret = 'pdl_ntfset_of_the_demo';
const key = 'pdl_sdbx_apikey_of_the_demo';

export const paddle: Provider = {
  name: 'paddle',
  currency: 'GBP',
  environment: (apiUrl) => ({ PADDLE_WEBHOOK_SECRETS: secret, PADDLE_API_KEY: key, PADDLE_API_URL: apiUrl }),
  soldAs: (sale) => [{ id: 'pri_premium', price: priceOf(sale) }],
  webhooksOf(sale, nowMs) {
    const scenario = { ...sale, subscriptionId: `sub_${sale.name}`, customerId: `ctm_${sale.name}` };
    return {
      order: sale.type === 'lifetime' ? transactionId(scenario, 0) : scenario.subscriptionId,
      webhooks: paddleEventsOf(scenario).map(({ phase, event }) => {
        const body = JSON.stringify(event);
        return {
          body,
          headers: { ...signPaddle(body, secret, Math.floor(nowMs / 1000)) },
          atMs: Date.parse(event.occurred_at),
          payment: phase === 'state' ? null : { phase, moneyId: event.data.id },
        };
      }),
    };
  },
  api: {
    tellsDueDates: true,
    async start() {
      const api = await startPaddleApi({ keys: [key] });
      return standIn<PaddleEventBody>(api, (events) => api.add(...events));
    },
  },
};
