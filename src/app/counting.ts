/** What a reading of TikTok's own count needs of this deployment. */
import type { TikTokCountDeps } from '../application/tiktok-count';
import { advertiserOf, destinationOf, type Services, tikTokTarget } from './services';

export function countingDeps(services: Services, sandboxUrl: string): TikTokCountDeps {
  const { config, store, settings, statistics, telemetry } = services;
  return {
    integrations: config.integrations.map(({ id }) => id),
    advertiserId: (integration) => advertiserOf(config, integration),
    settings: (integration) => settings.get(integration),
    target: (current) => tikTokTarget(config, sandboxUrl, current),
    destination: (current) => destinationOf(config, current),
    ...{ statistics, tiktokCounts: store.tiktokCounts, telemetry, nowMs: Date.now },
  };
}
