/** What providers, their set-up and the quarantine stand on, where a test has no whole service. */
import { randomBytes } from 'node:crypto';
import { createEnteredSecrets } from '../../src/application/entered-secrets';
import { readQuarantined, retryQuarantined } from '../../src/application/quarantine';
import { whyNoSample } from '../../src/application/sample';
import { createSecretIds } from '../../src/crypto/secret-ids';
import type { Settings } from '../../src/domain/settings';
import type { ProviderPagesDeps } from '../../src/operator/api';
import { adapterOf } from '../../src/psp';
import type { Store } from '../../src/store';
import type { SharedAccounts } from '../../src/application/shared-accounts';

export interface ProviderPagesOptions {
  readonly store: Store;
  readonly settings: (integration: string) => Promise<Settings>;
  readonly liveMode?: boolean;
  /** The secrets of the environment, by provider. */
  readonly configured?: Readonly<Record<string, readonly string[]>>;
  readonly shared?: SharedAccounts;
  readonly deliver?: ProviderPagesDeps['samples']['deliver'];
  readonly nowMs: () => number;
}

export function providerPagesOf(options: ProviderPagesOptions): ProviderPagesDeps {
  const { store, settings, liveMode = false, configured = {}, shared, nowMs } = options;
  const { quarantine } = store;
  const enteredSecrets = createEnteredSecrets({ store: store.providerSecrets, liveMode, everyMs: 3_600_000 });
  const samples: ProviderPagesDeps['samples'] = {
    ...{ settings, liveMode, nowMs },
    destination: ({ pixelCode, testEventCode }) => (pixelCode === null ? 'sandbox' : testEventCode === null ? 'tiktok' : 'test'),
    canSend: ({ pixelCode, accessToken }) => pixelCode === null || accessToken !== null,
    deliver: options.deliver ?? (async () => 200),
    unique: () => randomBytes(4).toString('hex'),
  };
  return {
    ...{ enteredSecrets, samples },
    accounts: { configured: ({ psp }) => ({ webhook: configured[psp] ?? [], api: [] }), owner: (account) => account },
    secretId: createSecretIds('a pepper for tests'),
    readQuarantined: (integration, id) => readQuarantined({ quarantine, settings }, integration, id),
    retryQuarantined: async (integration, id) => (shared ? retryQuarantined({ quarantine, shared }, integration, id) : null),
    setup: {
      settings,
      milestones: store.milestones,
      providersOn: () => Object.keys(configured).map((psp) => adapterOf(psp)?.manifest.label ?? psp),
      destination: samples.destination,
      whyNoSample: (integration) => whyNoSample(samples, integration),
    },
  };
}
