import type { PspManifest } from '../manifest';
import { apiUrlVariable } from '../manifest';

export const manifest: PspManifest = {
  name: 'paddle',
  label: 'Paddle',
  webhookSecrets: {
    name: 'PADDLE_WEBHOOK_SECRETS',
    example: 'pdl_ntfset_new,pdl_ntfset_old',
    help: 'The secret key of your destination, under Developer tools › Notifications',
    form: 'text',
  },
  api: {
    keys: {
      kind: 'single',
      key: { name: 'PADDLE_API_KEY', example: 'pdl_live_apikey_…', help: 'An API key with rights to read' },
    },
    url: apiUrlVariable('PADDLE_API_URL', 'https://api.paddle.com'),
    testKeyPrefixes: ['pdl_sdbx_'],
  },
  events: [
    'transaction.completed',
    'transaction.payment_failed',
    'transaction.past_due',
    'subscription.created',
    'subscription.trialing',
    'subscription.activated',
    'subscription.updated',
    'subscription.canceled',
    'subscription.paused',
    'subscription.resumed',
    'adjustment.created',
    'adjustment.updated',
  ],
  links: {
    docs: 'https://developer.paddle.com/webhooks',
    dashboard: 'https://vendors.paddle.com',
    page: 'docs/providers/paddle.md',
  },
};
