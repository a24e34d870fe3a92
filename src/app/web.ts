/** The HTTP side: webhooks in, the operators' API, health and metrics, and the sandbox receiver for a first start. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/config';
import { allowedOrigins, publicUrl } from '../config/config';
import type { Services } from './services';
import { sandboxPath, tikTokTarget } from './services';
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
}

/** @throws with a message for the operator when the port is in use. */
export async function startWeb(services: Services, { temporalUiUrl }: WebOptions): Promise<Web> {
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
  const server = createServer();
  await listen(server, config);
  const { port } = server.address() as AddressInfo;
  const url = publicUrl(config.web, port);
  const localUrl = `http://${localHost(config)}:${port}`;

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
    visitors: createBrowserPurchases({ settings: (of) => settings.get(of), users: store.users, keys, nowMs: Date.now }),
    pixel,
    pixelConfig: async (integration) => pixelConfig(config, url, integration, await settings.get(integration)),
    publicUrl: url,
    allowedOrigins: allowedOrigins(config.web, port),
    collectPerMinute: config.web.collectPerMinute,
    cookieDomain: config.web.cookieDomain,
    operatorToken: operator.token,
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
  server.on('request', app);
  return {
    url,
    localUrl,
    stop: () =>
      new Promise((resolve) => {
        // A connection that is kept alive would go on bringing requests, and hold us up for as long as it does.
        server.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'));
        const closing = setInterval(() => server.closeIdleConnections(), 100);
        server.close(() => {
          clearInterval(closing);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function listen(server: ReturnType<typeof createServer>, { web: { host, port } }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = `port ${port} is in use on ${host}: end what uses it, or set PORT to another (example: PORT=${port + 1}; 0 takes any)`;
      reject(error.code === 'EADDRINUSE' ? new Error(inUse) : error);
    });
    server.listen(port, host, resolve);
  });
}

function localHost({ web: { host } }: Config): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function workflowUrl(uiUrl: string, namespace: string, workflowId: string): string {
  return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
