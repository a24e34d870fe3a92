import { freeTrialMoneyId } from '../../src/domain/fact';
import { startPaypalApi } from '../../sandbox/paypal/api';
import { captureId, createPaypalSigner, paypalEventsOf } from '../../sandbox/paypal/webhooks';
import type { PaypalEventBody, PaypalSigner } from '../../sandbox/paypal/webhooks';
import type { Provider, Sale } from '../provider';
import { priceOf } from '../provider';
import { standIn } from '../provider';

const webhookId = '1DEMO1DEMO1DEMO1D';
const client = { id: 'client-of-the-demo', secret: 'secret-of-the-demo' };

/** Its keys are made on the spot, when somebody signs or checks. */
let made: PaypalSigner | undefined;
const signer = (): PaypalSigner => (made ??= createPaypalSigner(Date.now()));

const item = (sale: Sale) => ({
  ...{ sku: 'premium', name: 'Premium', quantity: '1' },
  unit_amount: { currency_code: sale.currency, value: priceOf(sale).toFixed(2) },
});

export const paypal: Provider = {
  name: 'paypal',
  currency: 'CAD',
  // Nobody but a test would trust a certificate made here. So PayPal is asked about each signature, as merchants may choose to do.
  environment: (apiUrl) => ({
    PAYPAL_WEBHOOK_ID: `${apiUrl.replace('://', `://${client.id}:${client.secret}@`)}/${webhookId}`,
    PAYPAL_CLIENT_ID: client.id,
    PAYPAL_CLIENT_SECRET: client.secret,
    PAYPAL_API_URL: apiUrl,
  }),
  // The events name a plan without its price; a capture names nothing but what the merchant's custom_id says.
  soldAs: (sale) => [sale.type === 'lifetime' ? { id: 'premium', price: null } : { id: 'P-PREMIUM', price: null }],
  webhooksOf(sale, nowMs) {
    const scenario = { ...sale, subscriptionId: `I-${sale.name}`, customerId: `payer_${sale.name}`, items: [item(sale)] };
    return {
      order: sale.type === 'lifetime' ? captureId(scenario) : scenario.subscriptionId,
      webhooks: paypalEventsOf(scenario).map(({ phase, event }) => {
        const body = JSON.stringify(event);
        const isFree = sale.type === 'free_trial' && phase === 'trial_start';
        // The sale, or the capture.
        const moneyId = isFree ? freeTrialMoneyId(scenario.subscriptionId) : String(event.resource.id);
        return {
          body,
          headers: signer().sign(body, webhookId, event.id.replaceAll(/[^\w-]/g, '').slice(-100), nowMs),
          atMs: Date.parse(event.create_time),
          payment: phase === 'state' ? null : { phase, moneyId },
        };
      }),
    };
  },
  api: {
    tellsDueDates: true,
    async start() {
      const api = await startPaypalApi({
        keys: [`${client.id}:${client.secret}`],
        signer: { webhookId, certificatePem: signer().certificatePem },
      });
      return standIn<PaypalEventBody>(api, (events) => api.add(...events.map((event) => ({ ...event }))));
    },
  },
  remark: {
    text: 'announces some trials before it charges: such a start waits up to a minute for its charge',
  },
};
