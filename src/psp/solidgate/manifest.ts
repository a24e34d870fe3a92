import type { PspManifest } from '../manifest';
import { apiUrlVariable } from '../manifest';

export const manifest: PspManifest = {
  name: 'solidgate',
  label: 'Solidgate',
  webhookSecrets: {
    name: 'SOLIDGATE_WEBHOOK_KEYS',
    example: 'wh_pk_1:wh_sk_1',
    help: 'The webhook key pair of your endpoint, in the Hub under Developers › Webhooks',
    form: 'pair',
  },
  api: {
    keys: {
      kind: 'list',
      keys: { name: 'SOLIDGATE_API_KEYS', example: 'api_pk_1:api_sk_1', help: 'An API key pair of the channel', form: 'pair' },
    },
    url: apiUrlVariable('SOLIDGATE_API_URL', 'https://subscriptions.solidgate.com'),
    testKeyPrefixes: [],
  },
  events: [
    'subscription.updated.v2',
    'card_gate.order.updated',
    'alt_gate.order.updated',
    'card_gate.chargeback.received',
    'alt_gate.paypal_dispute.received',
  ],
  links: {
    docs: 'https://docs.solidgate.com/payments/integrate/webhooks',
    dashboard: 'https://hub.solidgate.com',
    page: 'docs/providers/solidgate.md',
  },
};
