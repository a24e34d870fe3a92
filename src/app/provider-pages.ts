/** What providers, their set-up and the quarantine stand on. */
import { randomBytes } from 'node:crypto';
import { readQuarantined, retryQuarantined } from '../application/quarantine';
import type { SampleDeps } from '../application/sample';
import { whyNoSample } from '../application/sample';
import { createSecretIds } from '../crypto/secret-ids';
import type { WebhookRouteDeps } from '../http/webhook-route';
import type { ProviderPagesDeps } from '../operator/api';
import { adapterOf } from '../psp';
import { createSampleDelivery } from './sample-webhooks';
import type { Milestones } from '../store';
import type { Services } from './services';
import { destinationOf, sandboxPath, tikTokTarget } from './services';

/** `webhooks` are the deps of the webhooks' router, which samples pass through. */
export function providerPagesDeps(services: Services, webhooks: WebhookRouteDeps, localUrl: string): ProviderPagesDeps {
  const { config, store, shared, accounts, enteredSecrets, logger } = services;
  const settings = (integration: string) => services.settings.get(integration);
  const { quarantine } = store;
  const samples: SampleDeps = {
    settings,
    destination: (current) => destinationOf(config, current),
    canSend: (current) => tikTokTarget(config, localUrl + sandboxPath, current) !== null,
    liveMode: config.liveMode,
    deliver: createSampleDelivery({ ...webhooks, shared: services.unshared }, logger),
    nowMs: Date.now,
    unique: () => randomBytes(4).toString('hex'),
  };
  return {
    ...{ accounts, enteredSecrets, samples },
    secretId: createSecretIds(config.userIdPepper),
    readQuarantined: (integration, id) => readQuarantined({ quarantine, settings }, integration, id),
    retryQuarantined: (integration, id) => retryQuarantined({ quarantine, shared }, integration, id),
    setup: {
      settings,
      milestones: { read: (integration) => milestonesOf(services, integration) },
      providersOn: (integration) =>
        accounts.on(integration).flatMap((psp) => {
          const account = accounts.owner({ integration, psp });
          const label = adapterOf(psp)?.manifest.label;
          if (!label || !accounts.webhooks(account.integration, psp)) return [];
          return account.integration === integration ? label : `${label} (${account.integration}’s)`;
        }),
      destination: samples.destination,
      whyNoSample: (integration) => whyNoSample(samples, integration),
    },
  };
}

/** A webhook of another's account counts as one of those who take it. */
async function milestonesOf({ store, accounts }: Services, integration: string): Promise<Milestones> {
  const own = await store.milestones.read(integration);
  const owners = new Set(accounts.on(integration).map((psp) => accounts.owner({ integration, psp }).integration));
  owners.delete(integration);
  const others = await Promise.all([...owners].map((owner) => store.milestones.read(owner)));
  return { ...own, webhookReceived: [own, ...others].some(({ webhookReceived }) => webhookReceived) };
}
