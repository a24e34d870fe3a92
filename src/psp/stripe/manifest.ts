import type { PspManifest } from '../manifest';
import { apiUrlVariable } from '../manifest';

export const manifest: PspManifest = {
  name: 'stripe',
  label: 'Stripe',
  webhookSecrets: {
    name: 'STRIPE_WEBHOOK_SECRETS',
    example: 'whsec_new,whsec_old',
    help: "The signing secret of your endpoint, in Stripe's Workbench under Webhooks",
    form: 'stripe',
  },
  api: {
    keys: { kind: 'single', key: { name: 'STRIPE_API_KEY', example: 'rk_live_…', help: 'A restricted key with rights to read' } },
    url: apiUrlVariable('STRIPE_API_URL', 'https://api.stripe.com'),
    testKeyPrefixes: ['sk_test_', 'rk_test_'],
  },
  events: [
    'invoice.paid',
    'invoice.payment_failed',
    'invoice_payment.paid',
    'checkout.session.completed',
    'checkout.session.async_payment_succeeded',
    'checkout.session.async_payment_failed',
    'payment_intent.succeeded',
    'customer.subscription.created',
    'customer.subscription.updated',
    'customer.subscription.deleted',
    'customer.subscription.paused',
    'customer.subscription.resumed',
    'refund.created',
    'refund.updated',
    'charge.dispute.created',
    'charge.dispute.closed',
  ],
  links: {
    docs: 'https://docs.stripe.com/webhooks',
    dashboard: 'https://dashboard.stripe.com/webhooks',
    page: 'docs/providers/stripe.md',
  },
};
