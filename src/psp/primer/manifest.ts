import type { PspManifest } from '../manifest';
import { apiUrlVariable } from '../manifest';

export const manifest: PspManifest = {
  name: 'primer',
  label: 'Primer',
  webhookSecrets: {
    name: 'PRIMER_WEBHOOK_SECRETS',
    example: 'new_secret,old_secret',
    help: 'The signing secret, under Developers › Webhooks',
    form: 'text',
  },
  api: {
    keys: {
      kind: 'single',
      key: {
        name: 'PRIMER_API_KEY',
        example: '0b7a9c4e-1d2f-4a5b-8c6d-7e8f9a0b1c2d',
        help: 'An API key with the scope transactions:retrieve',
      },
    },
    url: apiUrlVariable('PRIMER_API_URL', 'https://api.primer.io'),
    testKeyPrefixes: [],
  },
  events: ['PAYMENT.STATUS', 'PAYMENT.REFUND', 'DISPUTE.OPENED', 'DISPUTE.STATUS'],
  links: {
    docs: 'https://primer.io/docs/api-reference/get-started/configure-webhooks',
    dashboard: 'https://dashboard.primer.io',
    page: 'docs/providers/primer.md',
  },
};
