import type { PspManifest } from '../manifest';

export const manifest: PspManifest = {
  name: 'revenuecat',
  label: 'RevenueCat',
  webhookSecrets: {
    name: 'REVENUECAT_WEBHOOK_SECRETS',
    example: 'new_secret,old_secret',
    help: 'The Authorization header value that you set under Integrations › Webhooks',
    form: 'text',
  },
  api: null,
  events: [
    'INITIAL_PURCHASE',
    'RENEWAL',
    'NON_RENEWING_PURCHASE',
    'CANCELLATION',
    'UNCANCELLATION',
    'REFUND_REVERSED',
    'EXPIRATION',
    'SUBSCRIPTION_PAUSED',
    'SUBSCRIPTION_EXTENDED',
    'BILLING_ISSUE',
    'PRODUCT_CHANGE',
  ],
  links: {
    docs: 'https://www.revenuecat.com/docs/integrations/webhooks',
    dashboard: 'https://app.revenuecat.com',
    page: 'docs/providers/revenuecat.md',
  },
};
