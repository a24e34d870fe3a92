/** The API as it is served: real HTTP, a real store in memory, Temporal and TikTok played by fakes. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express, Router } from 'express';
import express from 'express';
import type { PixelConfig } from '../../src/browser/config';
import { countHere, createSimulator } from '../../src/application/simulation';
import { createOperatorTokens } from '../../src/application/operator-tokens';
import { createSettingsCache } from '../../src/application/settings-cache';
import type { DeliveryOutcome } from '../../src/domain/delivery';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { defaultSettings, type Settings } from '../../src/domain/settings';
import { noSuchRoute, problems } from '../../src/http/problem';
import { createUserKeys } from '../../src/crypto/user-keys';
import type { ApiDeps } from '../../src/operator/api';
import { apiRoutes, createApiRouter } from '../../src/operator/api';
import { bearerAuth } from '../../src/operator/auth';
import { loadAssets } from '../../src/console/assets';
import { createConsoleRouter, type ConsoleRouterDeps } from '../../src/console/router';
import { createSignInLinks } from '../../src/console/sign-in';
import { createReferenceRouter } from '../../src/operator/reference-routes';
import type { Route } from '../../src/operator/route';
import type { Store } from '../../src/store';
import type { TrackRequest } from '../../src/tiktok';
import { type ProviderPagesOptions, providerPagesOf } from './provider-pages';

export const nowMs = Date.UTC(2026, 10, 22, 10);
export const keys = createUserKeys('a pepper for tests');
export const operatorToken = 'operator-token';
/** Of the console. */
export const operatorPassword = 'operator-password';
export const viewerToken = 'viewer-token';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Whatever the API answers; a wrong guess fails the test.
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface Api {
  readonly url: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  readonly telemetry: { integration: string; version: number; by: string; fields: readonly string[] }[];
  readonly audit: Parameters<Store['audit']['append']>[0][];
  readonly tracked: { credentials: { baseUrl: string; accessToken: string }; body: TrackRequest }[];
  readonly logged: string[];
  /** The routes that are described, and the router with all that are mounted. */
  readonly routes: readonly Route[];
  readonly router: Router;
  close(): Promise<void>;
}

export interface ApiOptions {
  readonly store: Store;
  readonly integrations?: readonly string[];
  readonly initial?: Partial<Settings>;
  readonly liveMode?: boolean;
  readonly outcome?: DeliveryOutcome;
  readonly subscriptions?: Partial<ApiDeps['subscriptions']>;
  readonly temporalUrl?: ApiDeps['temporalUrl'];
  readonly providers?: Partial<ProviderPagesOptions>;
  /** With the console at `/console`; its own options, if any. */
  readonly console?: true | Partial<ConsoleRouterDeps>;
  /** Anything else. */
  readonly api?: Partial<
    Pick<
      ApiDeps,
      'renewalChecks' | 'countRuns' | 'advertiserId' | 'bulkResends' | 'checkedAccounts' | 'report' | 'target' | 'events'
    >
  >;
  readonly temporalListUrl?: ApiDeps['temporalListUrl'];
}

export function pixelConfigOf(integration: string, { pixelCode, eventName, consent }: Settings): PixelConfig {
  const scriptUrl = 'https://analytics.tiktok.com/i18n/pixel/events.js';
  return { integration, pixelCode, eventName, consent, scriptUrl, serverCookie: false };
}

/** As if no order had a workflow. */
export const noWorkflows: ApiDeps['subscriptions'] = {
  state: async () => null,
  resend: async () => null,
  skip: async () => null,
  erase: async () => false,
};

/** As if nothing had ever been checked; what is started is never seen again. */
export const noChecks: ApiDeps['renewalChecks'] = {
  check: async () => 'renewal-check',
  findCheck: async () => null,
  nextAtMs: async () => null,
  backfill: async () => 'backfill',
  backfills: async () => [],
  findBackfill: async () => null,
  cancelBackfill: async () => false,
};
/** As if TikTok had never been asked. */
export const noCounts: ApiDeps['countRuns'] = {
  count: async () => 'tiktok-count',
  find: async () => null,
  nextAtMs: async () => null,
};
export const noResends: ApiDeps['bulkResends'] = {
  start: async () => 'bulk-resend',
  find: async () => null,
  cancel: async () => false,
};

/** Serves the API of `integrations` over the given store. Tests share a store and have an integration each. */
export async function serveApi(options: ApiOptions): Promise<Api> {
  const { store, integrations = ['default'], initial = {}, liveMode = false } = options;
  const telemetry: Api['telemetry'] = [];
  const audit: Api['audit'] = [];
  const tracked: Api['tracked'] = [];
  const logged: string[] = [];
  const log = (fields: object, message: string): void => void logged.push(JSON.stringify({ message, ...fields }));
  const currentSettings = createSettingsCache({
    store: store.settings,
    initial: () => ({ ...defaultSettings, ...initial }),
    nowMs: () => nowMs,
  });
  const settings = (integration: string) => currentSettings.get(integration);
  const tokens = createOperatorTokens({ store: store.operatorTokens, nowMs: () => nowMs });
  const deps: ApiDeps = {
    ...providerPagesOf({ store, settings, liveMode, nowMs: () => nowMs, ...options.providers }),
    store: {
      users: store.users,
      userJoins: store.userJoins,
      buyerImports: store.buyerImports,
      pageRefusals: store.pageRefusals,
      personalData: store.personalData,
      purchases: store.purchases,
      attempts: store.attempts,
      routes: store.routes,
      orderRecords: store.orderRecords,
      providerSecrets: store.providerSecrets,
      quarantine: store.quarantine,
      attention: store.attention,
      checks: store.checks,
      webhookLog: store.webhookLog,
      purchaseTotals: store.purchaseTotals,
      tallies: store.tallies,
      tiktokCounts: store.tiktokCounts,
      alerts: store.alerts,
      operatorTokens: store.operatorTokens,
      audit: {
        append: async (entry) => void (audit.push(entry), await store.audit.append(entry)),
        list: (filter) => store.audit.list(filter),
      },
      settings: store.settings,
    },
    ...{ currentSettings, knownTokens: tokens },
    subscriptions: { ...noWorkflows, ...options.subscriptions },
    keys,
    events: {
      track: async (credentials, body) => {
        tracked.push({ credentials, body });
        return options.outcome ?? { kind: 'accepted', code: 0, requestId: 'req-1' };
      },
    },
    target: ({ pixelCode, accessToken }) =>
      pixelCode === null || accessToken === null ? null : { baseUrl: 'https://tiktok.example', pixelCode, accessToken },
    destination: ({ pixelCode, testEventCode }) => (pixelCode === null ? 'sandbox' : testEventCode === null ? 'tiktok' : 'test'),
    fallbackPageUrl: 'https://relay.example.com',
    telemetry: { settingsChanged: (change) => void telemetry.push(change), usersJoined: () => undefined },
    simulator: createSimulator({ buyers: store.recordedBuyers, count: countHere }),
    renewalChecks: noChecks,
    countRuns: noCounts,
    advertiserId: () => null,
    bulkResends: noResends,
    checkedAccounts: () => [],
    report: { purchases: store.purchases, api: async () => null, psps: () => [], placesOf: async () => [] },
    pixelConfig: async (integration) => pixelConfigOf(integration, { ...defaultSettings, ...initial }),
    publicUrl: 'https://relay.example.com',
    allowedOrigins: ['https://shop.example.com'],
    ...options.api,
    integrations,
    liveMode,
    temporalUrl: options.temporalUrl ?? (() => null),
    temporalListUrl: options.temporalListUrl ?? (() => null),
    nowMs: () => nowMs,
  };
  const app = express();
  const routes = apiRoutes(deps);
  const router = createApiRouter(deps);
  app.use('/api', createReferenceRouter({ routes, url: deps.publicUrl }));
  app.use('/api', bearerAuth({ token: operatorToken, viewerToken, tokens }), router);
  if (options.console)
    app.use('/console', await consoleOf(deps, { tokens, ...(options.console === true ? {} : options.console) }, log));
  app.use(noSuchRoute);
  app.use(problems({ warn: log, error: log }));
  const { url, close } = await listen(app);

  const call: Api['call'] = async (method, path, body, headers = {}) => {
    const isRaw = typeof body === 'string';
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${operatorToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
  };
  return { url, call, telemetry, audit, tracked, logged, routes, router, close };
}

/** The operators' pages over the same parts as the API. */
export async function consoleOf(
  { store, ...rest }: ApiDeps,
  options: Partial<ConsoleRouterDeps>,
  log: ConsoleRouterDeps['logger']['warn'],
) {
  return createConsoleRouter({
    access: {
      operator: { password: operatorPassword, token: operatorToken },
      viewer: { password: 'viewer-password', token: 'viewer-token' },
      proxy: null,
    },
    links: createSignInLinks(() => nowMs),
    assets: await loadAssets(),
    secure: false,
    deps: { ...rest, ...store },
    onRefused: () => log({ door: 'console' }, 'a wrong password or token was refused'),
    logger: { warn: log, error: log },
    ...options,
  });
}

export async function listen(app: Express): Promise<{ url: string; close(): Promise<void> }> {
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
    // A slow machine takes longer between two calls than the 5 s after which Node closes a connection.
    listening.keepAliveTimeout = 120_000;
  });
  const { port } = server.address() as AddressInfo; // of a TCP server
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, close };
}

export function purchase(moneyId: string, more: Partial<PurchaseRecord> = {}): PurchaseRecord {
  return {
    psp: 'stripe',
    subscription: 'sub_1',
    moneyId,
    purchaseType: 'subscription',
    phase: 'renewal',
    state: 'sent',
    reason: null,
    heldBy: null,
    eventId: `stripe:${moneyId}`,
    eventName: 'CompletePayment',
    value: { amountMinor: 1999, currency: 'USD' },
    chargedMinor: 1999,
    refundedMinor: 0,
    currency: 'USD',
    occurredAtMs: nowMs,
    attempts: 1,
    lastError: null,
    requestId: 'req-1',
    sentAtMs: nowMs + 1_120,
    by: null,
    settingsVersion: 1,
    revision: 1,
    ...more,
  };
}
