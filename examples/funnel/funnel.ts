/** The funnel and all that it needs, in this process and on free ports. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Environment, EnvironmentOptions } from '../../demo/environment';
import { inNewEnvironment } from '../../demo/environment';
import { createPayments, webhookSecret } from './payments';
import { createShop } from './shop';

export interface Funnel {
  readonly url: string;
  readonly relayUrl: string;
  readonly tiktokUrl: string;
  readonly temporalUiUrl: string;
  /** Stops everything and removes what it wrote. Repeatable. */
  clear(): Promise<void>;
}

export interface FunnelOptions extends EnvironmentOptions {
  /** A webhook that did not get through. */
  readonly onFailure: (error: unknown) => void;
}

/** @throws when something can't be started, or the signal says stop; then nothing is left of it. */
export function startFunnel(options: FunnelOptions): Promise<Funnel> {
  return inNewEnvironment(options, (environment) => build(environment, options));
}

async function build(
  { tiktok, startService, onClear }: Environment,
  { signal, step, onFailure }: FunnelOptions,
): Promise<Omit<Funnel, 'clear'>> {
  const server = createServer();
  const listen = async () => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    onClear(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port, not on a pipe
  };
  const url = await step('Funnel', listen, (address) => address);

  const { client, ...service } = await startService({
    STRIPE_WEBHOOK_SECRETS: webhookSecret,
    TIKTOK_PIXEL_URL: `${tiktok.url}/i18n/pixel/events.js`,
    ALLOWED_ORIGINS: url,
  });
  const payments = createPayments({
    deliver: (webhook) => client.deliver('stripe', webhook, signal),
    onFailure,
    nowMs: Date.now,
  });
  const shop = createShop({
    relayUrl: service.url,
    tiktokUrl: tiktok.url,
    temporalUiUrl: service.temporalUiUrl,
    buy: (...order) => payments.buy(...order),
    seen: (relayId) => client.order('stripe', relayId, signal),
    limit: {
      read: async () => (await client.settings(signal)).limitPurchaseEvents,
      write: (limitPurchaseEvents) => client.changeSettings({ limitPurchaseEvents }, signal),
    },
  });
  server.on('request', shop);
  return { url, relayUrl: service.url, tiktokUrl: tiktok.url, temporalUiUrl: service.temporalUiUrl };
}
