import type { PspManifest } from '../manifest';
import { apiUrlVariable } from '../manifest';

export const manifest: PspManifest = {
  name: 'paypal',
  label: 'PayPal',
  webhookSecrets: {
    name: 'PAYPAL_WEBHOOK_ID',
    example: '1JE4291016473214C',
    help: 'The id of the webhook, beside it under Apps & Credentials; not a secret, but what the signature is checked with',
    form: 'text',
    isPublic: true,
  },
  api: {
    keys: {
      kind: 'id-and-secret',
      id: { name: 'PAYPAL_CLIENT_ID', example: 'AeA1QIZXiflr1_-…', help: 'The client id of the same app' },
      secret: { name: 'PAYPAL_CLIENT_SECRET', example: 'ECYYrrSHdKfk_Q0E…', help: 'The secret of the same app' },
    },
    url: apiUrlVariable('PAYPAL_API_URL', 'https://api-m.paypal.com'),
    testKeyPrefixes: [],
  },
  events: [
    'PAYMENT.SALE.COMPLETED',
    'PAYMENT.SALE.DENIED',
    'PAYMENT.SALE.REFUNDED',
    'PAYMENT.SALE.REVERSED',
    'PAYMENT.CAPTURE.COMPLETED',
    'PAYMENT.CAPTURE.DENIED',
    'PAYMENT.CAPTURE.REFUNDED',
    'PAYMENT.CAPTURE.REVERSED',
    'CHECKOUT.ORDER.COMPLETED',
    'BILLING.SUBSCRIPTION.ACTIVATED',
    'BILLING.SUBSCRIPTION.UPDATED',
    'BILLING.SUBSCRIPTION.SUSPENDED',
    'BILLING.SUBSCRIPTION.RE-ACTIVATED',
    'BILLING.SUBSCRIPTION.CANCELLED',
    'BILLING.SUBSCRIPTION.EXPIRED',
    'BILLING.SUBSCRIPTION.PAYMENT.FAILED',
    'CUSTOMER.DISPUTE.CREATED',
    'CUSTOMER.DISPUTE.UPDATED',
    'CUSTOMER.DISPUTE.RESOLVED',
  ],
  links: {
    docs: 'https://developer.paypal.com/api/rest/webhooks/',
    dashboard: 'https://developer.paypal.com/dashboard/applications',
    page: 'docs/providers/paypal.md',
  },
};
