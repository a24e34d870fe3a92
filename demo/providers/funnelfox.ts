import { freeTrialMoneyId } from '../../src/domain/fact';
import { funnelfoxEventsOf, signFunnelfox } from '../../sandbox/funnelfox/webhooks';
import type { FunnelfoxScenarioEvent } from '../../sandbox/funnelfox/webhooks';
import type { Provider, Sale } from '../provider';
import { priceOf } from '../provider';

const secret = 'fox_secret_of_the_demo';
const signingSecret = 'fox_signing_secret_of_the_demo';

export const funnelfox: Provider = {
  name: 'funnelfox',
  currency: 'AUD',
  environment: () => ({ FUNNELFOX_WEBHOOK_SECRETS: `${secret},signing:${signingSecret}` }),
  // The order of a one-off names no price point: the merchant's metadata does.
  soldAs: (sale) => [sale.type === 'lifetime' ? { id: 'premium', price: null } : { id: 'premium_month', price: priceOf(sale) }],
  webhooksOf: (sale) => ({
    order: sale.name,
    webhooks: funnelfoxEventsOf({ ...sale, subscriptionId: sale.name, customerId: `customer-${sale.name}` }).map(
      ({ phase, event }) => {
        const body = JSON.stringify(event);
        return {
          body,
          headers: signFunnelfox(body, secret, signingSecret),
          atMs: Date.parse(`${String(event.event_timestamp)}Z`), // FunnelFox writes no zone
          payment: phase === 'state' ? null : { phase, moneyId: moneyIdOf(sale, event) },
        };
      },
    ),
  }),
};

/** The order; a free trial has none. */
function moneyIdOf({ name }: Sale, { order }: FunnelfoxScenarioEvent['event']): string {
  return order === undefined ? freeTrialMoneyId(name) : (order as { order_id: string }).order_id; // of every order event
}
