import type { PspManifest } from '../manifest';

export const manifest: PspManifest = {
  name: 'funnelfox',
  label: 'FunnelFox Billing',
  webhookSecrets: {
    name: 'FUNNELFOX_WEBHOOK_SECRETS',
    example: 'signing:secret',
    help: 'The secret of the webhook slot, under Settings › Webhooks; a signing secret has signing: before it',
    form: 'text',
  },
  api: null,
  events: ['order', 'subscription', 'refund', 'dispute', 'oneoff'],
  links: {
    docs: 'https://funnelfox.com/docs/billing/subscription-engine-webhook-events',
    dashboard: null,
    page: 'docs/providers/funnelfox.md',
  },
};
