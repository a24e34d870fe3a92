import { startStripeApi } from '../../sandbox/stripe/api';
import { intentId, signStripe, stripeEventsOf } from '../../sandbox/stripe/webhooks';
import type { StripeEventBody } from '../../sandbox/stripe/webhooks';
import type { Provider } from '../provider';
import { priceOf } from '../provider';
import { standIn } from '../provider';

const secret = 'whsec_of_the_demo';
const key = 'rk_test_of_the_demo';

export const stripe: Provider = {
  name: 'stripe',
  currency: 'USD',
  environment: (apiUrl) => ({ STRIPE_WEBHOOK_SECRETS: secret, STRIPE_API_KEY: key, STRIPE_API_URL: apiUrl }),
  // Of a trial's period Stripe says no price, and of a one-off's items nothing: the merchant's metadata does.
  soldAs(sale, phase) {
    if (sale.type === 'lifetime') return [{ id: 'premium', price: null }];
    if (phase !== 'trial_start') return [{ id: 'price_premium', price: priceOf(sale) }];
    const fee = sale.type === 'paid_trial' ? [{ id: 'price_premium_fee', price: 1 }] : [];
    return [{ id: 'price_premium', price: null }, ...fee];
  },
  webhooksOf(sale, nowMs) {
    const scenario = { ...sale, subscriptionId: `sub_${sale.name}`, customerId: `cus_${sale.name}` };
    const isOneOff = sale.type === 'lifetime';
    return {
      order: isOneOff ? intentId(scenario, 0) : scenario.subscriptionId,
      webhooks: stripeEventsOf(scenario).map(({ phase, event }) => {
        const body = JSON.stringify(event);
        // The invoice, a free trial's of nothing included; of a one-off the session tells, and the PaymentIntent is the payment.
        const moneyId = isOneOff ? intentId(scenario, 0) : String(event.data.object.id);
        return {
          body,
          headers: { 'stripe-signature': signStripe(body, secret, Math.floor(nowMs / 1000)) },
          atMs: event.created * 1000,
          payment: phase === 'state' ? null : { phase, moneyId },
        };
      }),
    };
  },
  api: {
    tellsDueDates: true,
    async start() {
      const api = await startStripeApi({ keys: [key] });
      return standIn<StripeEventBody>(api, (events) => api.add(events));
    },
  },
};
