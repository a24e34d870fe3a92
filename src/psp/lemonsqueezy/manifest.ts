import type { PspManifest } from '../manifest';

export const manifest: PspManifest = {
  name: 'lemonsqueezy',
  label: 'Lemon Squeezy',
  webhookSecrets: {
    name: 'LEMONSQUEEZY_WEBHOOK_SECRETS',
    example: 'new_secret,old_secret',
    help: 'The signing secret that you set under Settings › Webhooks',
    form: 'text',
  },
  api: null,
  events: [
    'order_created',
    'order_refunded',
    'subscription_created',
    'subscription_updated',
    'subscription_cancelled',
    'subscription_resumed',
    'subscription_expired',
    'subscription_paused',
    'subscription_unpaused',
    'subscription_payment_success',
    'subscription_payment_failed',
    'subscription_payment_refunded',
  ],
  links: {
    docs: 'https://docs.lemonsqueezy.com/help/webhooks',
    dashboard: 'https://app.lemonsqueezy.com/settings/webhooks',
    page: 'docs/providers/lemonsqueezy.md',
  },
};
