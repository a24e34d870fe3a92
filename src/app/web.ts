/** The HTTP side: webhooks in, the operators' API, health and metrics, and the sandbox receiver for a first start. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PixelConfig } from '../browser/config';
import { allowedOrigins, publicUrl } from '../config/config';
import type { Services } from './services';
import { advertiserOf, destinationOf, sandboxPath, sandboxToken, tikTokTarget } from './services';
import { codecSecret, uiOrigins } from './codec-endpoint';
import type { Listener } from './listener';
import { openWebListener } from './listener';
import type { AppDeps } from './routes';
import { createApp } from './routes';
import { loadAssets } from '../console/assets';
import { createConsoleRouter } from '../console/router';
import type { SignInLinks } from '../console/sign-in';
import { createSignInLinks } from '../console/sign-in';
import { pixelConfig, pixelFiles } from './pixel';
import { providerPagesDeps } from './provider-pages';
import { createOperatorTokens, type OperatorTokens } from '../application/operator-tokens';
import { createQuarantineResolution } from '../application/quarantine-resolution';
import { createTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { lossNotes } from '../application/lost-database';
import { createAlertGauge } from '../telemetry/alert-gauge';
import { createGauges } from '../telemetry/telemetry';
import { createBulkResends } from '../temporal/bulk-resend';
import { createChecks } from '../temporal/checks';
import { createTikTokCounts } from '../temporal/tiktok-counts';
import { createSimulationThread, createSimulator, type SimulationThread } from '../application/simulation';
import { createUserTokens } from '../crypto/user-token';
import { createBrowserPurchases } from '../application/browser-purchases';

export interface Web {
  /** The address that others use. */
  readonly url: string;
  /** The address on this machine. */
  readonly localUrl: string;
  /** The address of a page that signs in as an operator: it works once, within ten minutes. */
  createSignInLink(): string;
  /** Says so in `/readyz` for DRAIN_SECONDS, takes no more requests then, and resolves when those under way are answered. */
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
export async function startWeb(services: Services, options: WebOptions): Promise<Web> {
  const { config, store, settings, client, logger, metrics, telemetry } = services;
  const { operator, liveMode } = config;
  if (!operator) throw new Error('the web process has no operator token');
  const integrations = integrationsOf(services);
  createGauges(metrics, integrations, store, Date.now);
  createAlertGauge(metrics, integrations, store.alerts);
  const pixel = await pixelFiles();
  const listener = options.listener ?? (await openWebListener(config));
  const { port, localUrl } = listener;
  const place: Place = {
    url: publicUrl(config.web, port),
    localUrl,
    allowedOrigins: allowedOrigins(config.web, port),
    temporalUiUrl: options.temporalUiUrl,
    pixelConfig: async (id) => pixelConfig(config, place.url, id, await settings.get(id)),
  };
  let isStopping = false;
  const links = createSignInLinks(Date.now);
  const tokens = createOperatorTokens({ store: store.operatorTokens, nowMs: Date.now });
  const simulations = createSimulationThread();
  const api = apiDeps(services, place, simulations, tokens);
  const app = createApp({
    frame: {
      health: {
        database: () => store.ping(),
        temporal: () => client.workflowService.getSystemInfo({}),
        isStopping: () => isStopping,
        notes: () => lossNotes(store.alerts, integrations),
      },
      metrics: { registry: metrics, sdkMetrics: options.sdkMetrics },
      logger,
    },
    tracing: services.tracing,
    webhooks: webhookDeps(services),
    collect: collectDeps(services, place),
    pixel: { pixel, pixelConfig: place.pixelConfig, integrations, allowedOrigins: place.allowedOrigins },
    codec: { codec: services.codec, secret: codecSecret(operator.token), origins: uiOrigins(options.temporalUiUrl) },
    api,
    console: await consoleRouter(services, { links, tokens }, api),
    operatorToken: operator.token,
    viewerToken: config.viewer.token ?? undefined,
    tokens,
    metricsToken: config.metricsToken,
    isOpenHere: !liveMode,
    signInRefused: (door) => telemetry.signInRefused({ integration: integrations[0] ?? '', door }),
    trustProxy: config.web.trustProxy,
    sandbox:
      liveMode || config.tiktokApiUrl !== null
        ? null
        : { path: sandboxPath, router: createTikTokSandbox().router, accessToken: sandboxToken(config) },
  });
  listener.serve(app);
  const stop = async (): Promise<void> => {
    isStopping = true;
    listener.drain();
    await sleep(config.web.drainMs);
    await listener.stop();
    await simulations.close();
  };
  return { url: place.url, localUrl, createSignInLink: () => place.url + links.create(), stop };
}

/** The addresses of this process, and what follows from them. */
interface Place {
  readonly url: string;
  readonly localUrl: string;
  readonly allowedOrigins: readonly string[];
  readonly temporalUiUrl: string | null;
  readonly pixelConfig: (integration: string) => Promise<PixelConfig>;
}

function integrationsOf({ config }: Services): readonly string[] {
  return config.integrations.map(({ id }) => id);
}

function webhookDeps({ config, store, shared, telemetry, accounts, notes }: Services): AppDeps['webhooks'] {
  const { liveMode, userIdPepper: pepper } = config;
  return {
    resolution: createQuarantineResolution({ quarantine: store.quarantine, audit: store.audit, pepper, nowMs: Date.now }),
    ...{ shared, quarantine: store.quarantine, liveMode, telemetry, nowMs: Date.now },
    logWebhook: (integration, webhook) => notes.webhooks.add(integration, [webhook]),
    atOnce: config.database.kind === 'postgres' ? webhooksAtOnce.postgres : webhooksAtOnce.embedded,
    account: (integration, psp) => accounts.webhooks(integration, psp),
  };
}

/** What can be answered within the deadline of 4 s on a machine with two busy cores, and some more. */
const webhooksAtOnce = { embedded: 40, postgres: 80 } as const;

function collectDeps(services: Services, { allowedOrigins }: Place): AppDeps['collect'] {
  const { config, store, settings, keys, telemetry, logger } = services;
  const { users, visitors } = store;
  const { collectPerMinute, cookieDomain } = config.web;
  return {
    visitors: createBrowserPurchases({
      ...{ users, visitors, keys, telemetry, nowMs: Date.now },
      settings: (id) => settings.get(id),
      tokens: createUserTokens((id) => config.integrations.find((one) => one.id === id)?.userTokenSecrets ?? []),
    }),
    integrations: integrationsOf(services),
    ...{ telemetry, logger, allowedOrigins, collectPerMinute, cookieDomain },
  };
}

function apiDeps(services: Services, place: Place, simulations: SimulationThread, knownTokens: OperatorTokens): AppDeps['api'] {
  const { url, localUrl, temporalUiUrl, pixelConfig, allowedOrigins } = place;
  const { config, store, settings, subscriptions, keys, telemetry, events, client, accounts, shared, temporal } = services;
  return {
    ...providerPagesDeps(services, webhookDeps(services), localUrl),
    ...{ store, subscriptions, keys, telemetry, events, pixelConfig, liveMode: config.liveMode, nowMs: Date.now },
    ...{ currentSettings: settings, knownTokens },
    integrations: integrationsOf(services),
    simulator: createSimulator({ buyers: store.recordedBuyers, count: simulations.count }),
    renewalChecks: createChecks(client),
    countRuns: createTikTokCounts(client),
    advertiserId: (integration) => advertiserOf(config, integration),
    bulkResends: createBulkResends(client),
    checkedAccounts: () => accounts.checked(),
    report: {
      purchases: store.purchases,
      api: (account) => accounts.api(account),
      psps: (integration) => accounts.on(integration),
      placesOf: (account, facts) => shared.placesOf(shared.shareOf(account, accounts.owner(account)), facts),
    },
    publicUrl: url,
    allowedOrigins,
    fallbackPageUrl: url,
    target: (current) => tikTokTarget(config, localUrl + sandboxPath, current),
    destination: (current) => destinationOf(config, current),
    temporalUrl: (workflowId) => (temporalUiUrl === null ? null : workflowUrl(temporalUiUrl, temporal.namespace, workflowId)),
    temporalListUrl: (query) => (temporalUiUrl === null ? null : workflowListUrl(temporalUiUrl, temporal.namespace, query)),
  };
}

async function consoleRouter(
  { config, logger, telemetry }: Services,
  signIn: { readonly links: SignInLinks; readonly tokens: OperatorTokens },
  { store, ...api }: AppDeps['api'],
): Promise<AppDeps['console']> {
  const { operator, viewer, operatorProxy } = config;
  if (!operator) throw new Error('the web process has no operator password');
  return createConsoleRouter({
    access: { operator, viewer, proxy: operatorProxy },
    secure: api.publicUrl.startsWith('https:'),
    ...signIn,
    onRefused: () => telemetry.signInRefused({ integration: api.integrations[0] ?? '', door: 'console' }),
    ...{ logger, assets: await loadAssets(), deps: { ...api, ...store } },
  });
}

function workflowUrl(uiUrl: string, namespace: string, workflowId: string): string {
  return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}

function workflowListUrl(uiUrl: string, namespace: string, query: string): string {
  return `${uiUrl}/namespaces/${namespace}/workflows?query=${encodeURIComponent(query)}`;
}
