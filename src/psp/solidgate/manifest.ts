import type { PspManifest } from '../manifest';

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
    // Solidgate has a host for each API: https://docs.solidgate.com/payments/integrate/access-to-api
    url: {
      name: 'SOLIDGATE_API_URL',
      example: 'http://127.0.0.1:8080',
      help: "Only for a sandbox or a proxy, in place of both of Solidgate's hosts (subscriptions and reports)",
    },
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
