/** The HTTP side: webhooks in, the operators' API, health and metrics, and the sandbox receiver for a first start. */
import type { Config } from '../config/config';
import { allowedOrigins, publicUrl } from '../config/config';
import type { Services } from './services';
import { sandboxPath, tikTokTarget } from './services';
import { codecSecret, uiOrigins } from './codec-endpoint';
import type { Listener } from './listener';
import { openListener } from './listener';
import { createApp } from './routes';
import { pixelConfig, pixelFiles } from './pixel';
import { retryQuarantined } from '../application/quarantine';
import { createTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { createGauges } from '../telemetry/telemetry';
import { createChecks } from '../temporal/checks';
import { createBrowserPurchases } from '../application/browser-purchases';

export interface Web {
  /** As others reach us. */
  readonly url: string;
  /** On this machine, whatever name others use. */
  readonly localUrl: string;
  /** Takes no more requests, and resolves when those under way are answered. */
  stop(): Promise<void>;
}

export interface WebOptions {
  /** Link target for operators; null when it isn't known. */
  readonly temporalUiUrl: string | null;
  /** Where the port had to be known before; otherwise one is opened. */
  readonly listener?: Listener;
  /** The Temporal SDK's metrics as Prometheus text, where this process runs a worker too. */
  readonly sdkMetrics?: () => Promise<string>;
}

/** @throws with a message for the operator when the port is in use. */
export async function startWeb(services: Services, { temporalUiUrl, ...options }: WebOptions): Promise<Web> {
  const {
    config,
    store,
    settings,
    telemetry,
    keys,
    client,
    events,
    logger,
    metrics,
    temporal,
    subscriptions,
    ingestion,
    accounts,
  } = services;
  createGauges(
    metrics,
    config.integrations.map(({ id }) => id),
    store.purchases,
    Date.now,
  );
  const pixel = await pixelFiles();
  const listener = options.listener ?? (await openWebListener(config));
  const { port, localUrl } = listener;
  const url = publicUrl(config.web, port);

  const { operator } = config;
  if (!operator) throw new Error('the web process has no operator token');
  const app = createApp({
    ...{ store, ingestion, subscriptions, keys, events, metrics, logger, telemetry },
    currentSettings: settings,
    renewalChecks: createChecks(client),
    checkedAccounts: () => accounts.checked(),
    retryQuarantined: (integration, id) =>
      retryQuarantined({ quarantine: store.quarantine, ingestion, settings: (of) => settings.get(of) }, integration, id),
    report: {
      purchases: store.purchases,
      api: (account) => accounts.api(account),
      psps: (integration) => accounts.on(integration),
    },
    visitors: createBrowserPurchases({
      settings: (of) => settings.get(of),
      users: store.users,
      visitors: store.visitors,
      keys,
      nowMs: Date.now,
    }),
    pixel,
    pixelConfig: async (integration) => pixelConfig(config, url, integration, await settings.get(integration)),
    publicUrl: url,
    allowedOrigins: allowedOrigins(config.web, port),
    collectPerMinute: config.web.collectPerMinute,
    cookieDomain: config.web.cookieDomain,
    operatorToken: operator.token,
    sdkMetrics: options.sdkMetrics,
    codec: { codec: services.codec, secret: codecSecret(operator.token), origins: uiOrigins(temporalUiUrl) },
    trustProxy: config.web.trustProxy,
    integrations: config.integrations.map(({ id }) => id),
    liveMode: config.liveMode,
    account: (integration, psp) => accounts.webhooks(integration, psp),
    target: (current) => tikTokTarget(config, localUrl + sandboxPath, current),
    fallbackPageUrl: url,
    temporalUrl: (workflowId) => (temporalUiUrl === null ? null : workflowUrl(temporalUiUrl, temporal.namespace, workflowId)),
    askTemporal: () => client.workflowService.getSystemInfo({}),
    sandbox: config.liveMode || config.tiktokApiUrl !== null ? null : { path: sandboxPath, router: createTikTokSandbox().router },
    nowMs: Date.now,
  });
  listener.serve(app);
  return { url, localUrl, stop: () => listener.stop() };
}

/** Listens as HOST and PORT say; until `startWeb` serves, requests get 503. */
export function openWebListener({ web: { host, port } }: Config): Promise<Listener> {
  return openListener({ host, port, variable: 'PORT' });
}

function workflowUrl(uiUrl: string, namespace: string, workflowId: string): string {
  return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
