import type { PspManifest } from '../manifest';

export const manifest: PspManifest = {
  name: 'generic',
  label: 'Generic webhook',
  webhookSecrets: {
    name: 'GENERIC_WEBHOOK_SECRETS',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    help: 'whsec_ and base64 of 24 to 64 random bytes, which you make up',
    form: 'standard-webhooks',
  },
  api: null,
  events: [],
  links: {
    docs: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
    dashboard: null,
    page: 'docs/providers/generic.md',
  },
};
