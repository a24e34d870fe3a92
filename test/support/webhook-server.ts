/** The webhooks as they are served: real HTTP, real adapters, ingestion, store and log; Temporal and a few failures are played. */
import express from 'express';
import { request } from 'node:http';
import { Registry } from 'prom-client';
import { countHere, createSimulator } from '../../src/application/simulation';
import { createSettingsCache } from '../../src/application/settings-cache';
import { defaultSettings, type Settings } from '../../src/domain/settings';
import { type AppDeps, createApp } from '../../src/app/routes';
import { Keyring } from '../../src/crypto/keyring';
import { EncryptionCodec } from '../../src/temporal/codec';
import { createUserKeys } from '../../src/crypto/user-keys';
import { createUserTokens } from '../../src/crypto/user-token';
import { createQuarantineResolution } from '../../src/application/quarantine-resolution';
import { createIngestion, type IngestionDeps } from '../../src/application/ingestion';
import { createLogger } from '../../src/telemetry/logger';
import { adapterOf } from '../../src/psp';
import type { PspAdapter } from '../../src/psp/adapter';
import { signGeneric } from '../../sandbox/generic/webhooks';
import { signStripe, stripeEvent, type StripeEventBody } from '../../sandbox/stripe/webhooks';
import type { Store } from '../../src/store';
import type { SignInRefused } from '../../src/telemetry/events';
import type { Counted } from '../../src/telemetry/tally';
import { createTelemetry } from '../../src/telemetry/telemetry';
import { createBrowserPurchases } from '../../src/application/browser-purchases';
import { consoleOf, listen, noChecks, noCounts, noResends, noWorkflows, pixelConfigOf } from './api-server';
import { providerPagesOf } from './provider-pages';
import { alone, createSharedAccounts, type SharedAccountsDeps } from '../../src/application/shared-accounts';

export const nowMs = Date.UTC(2026, 10, 22, 10);
export const nowSeconds = nowMs / 1000;
export const stripeSecret = 'whsec_of_stripe';
export const genericSecret = `whsec_${Buffer.from('a secret of the generic webhook').toString('base64')}`;
export const secretsOfTests = { stripe: [stripeSecret], generic: [genericSecret] };

const testCodec = new EncryptionCodec(new Keyring([{ id: 'k1', key: Buffer.alloc(32, 1) }]));

export type Signalled = Parameters<IngestionDeps['signal']>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface WebhookServerOptions {
  readonly store: Store;
  /** What Temporal does instead of taking a signal. */
  readonly signal?: IngestionDeps['signal'];
  /** What the database does instead, by method. */
  readonly users?: Partial<Store['users']>;
  readonly visitors?: Partial<Store['visitors']>;
  readonly payments?: Partial<Store['payments']>;
  readonly quarantine?: Partial<Store['quarantine']>;
  readonly settings?: Partial<Settings>;
  readonly settingsStore?: Pick<Store['settings'], 'load' | 'save'>;
  readonly liveMode?: boolean;
  /** Default: nobody shares an account. */
  readonly takers?: SharedAccountsDeps['takers'];
  readonly secrets?: Readonly<Record<string, readonly string[]>>;
  /** Beside those that there are, or in their place. */
  readonly adapter?: PspAdapter;
  readonly health?: Partial<AppDeps['frame']['health']>;
  readonly webhooks?: Partial<AppDeps['webhooks']>;
  readonly collect?: Partial<AppDeps['collect']>;
  readonly pixel?: Partial<AppDeps['pixel']>;
  readonly api?: Partial<AppDeps['api']>;
  readonly app?: Partial<Pick<AppDeps, 'trustProxy' | 'sandbox' | 'metricsToken' | 'isOpenHere' | 'viewerToken'>>;
  /** With the operators' pages; default: there are none. */
  readonly hasConsole?: boolean;
  /** Opens the port; default: a plain server. */
  readonly listen?: typeof listen;
}

/** With which the merchant's server of the tests signs user tokens. */
export const userTokenSecret = 'a secret of the merchant, long enough';

export interface WebhookServer {
  readonly url: string;
  /** What Temporal took, in order. */
  readonly signals: Signalled[];
  /** What was asked of the database to keep: `users.register`, `quarantine.keep` … */
  readonly writes: string[];
  /** Every line of the log, as it was written. */
  readonly log: string[];
  /** The lines of one name. */
  lines(message: string): Record<string, unknown>[];
  /** What was counted for operators' pages, as `name psp label`. */
  tallied(): readonly string[];
  /** The value of `relay_webhooks_total`. */
  counted(psp: string, outcome: string): Promise<number>;
  post(path: string, body: Buffer | string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A signed event of Stripe, or any other body with its signature. */
  stripe(event: unknown, path?: string): Promise<Answer>;
  generic(event: unknown): Promise<Answer>;
  close(): Promise<void>;
}

export async function serveWebhooks(options: WebhookServerOptions): Promise<WebhookServer> {
  const { store, secrets = secretsOfTests, liveMode = false, adapter } = options;
  const signals: Signalled[] = [];
  const writes: string[] = [];
  const log: string[] = [];
  const metrics = new Registry();
  const logger = createLogger({ level: 'trace', pretty: false, destination: { write: (line) => void log.push(line) } });
  const counts: Counted[] = [];
  const telemetry = createTelemetry(logger, metrics, { count: (counted) => void counts.push(counted) }, () => nowMs);
  const users = recorded('users', { ...bound(store.users, methods.users), ...options.users }, writes);
  const visitors = { ...bound(store.visitors, methods.visitors), ...options.visitors };
  const payments = recorded('payments', { ...bound(store.payments, methods.payments), ...options.payments }, writes);
  const quarantine = recorded('quarantine', { ...bound(store.quarantine, methods.quarantine), ...options.quarantine }, writes);
  const settings = createSettingsCache({
    store: options.settingsStore ?? {
      load: async (_integration, initial) => initial,
      save: async (_integration, next) => ({ kind: 'saved', settings: next }),
    },
    initial: () => ({ ...defaultSettings, ...options.settings }),
    nowMs: () => nowMs,
  });
  const keys = createUserKeys('a pepper for tests');
  const signal: IngestionDeps['signal'] =
    options.signal ??
    (async (...told) => {
      writes.push(`signal ${told[1].fact.kind}`);
      signals.push(told);
    });
  const settingsOf = (id: string) => settings.get(id);
  const ingestion = createIngestion({
    ...{ settings: settingsOf, users, payments, signal, keys, telemetry },
    firstPurchases: store.firstPurchases,
    purchases: store.purchases,
    openPayments: store.openPayments,
    signalledFacts: store.signalledFacts,
    note: (integration, hashes) => void store.signalledFacts.mark(integration, hashes, nowMs),
    orderRecords: store.orderRecords,
    nowMs: () => nowMs,
  });
  const shared = createSharedAccounts({
    ...{ ingestion, settings: settingsOf, routes: store.routes, nowMs: () => nowMs },
    takers: options.takers ?? alone,
  });
  const integrations = ['default', 'other'];
  const allowedOrigins = ['https://shop.example.com'];
  const pixelConfig = async (integration: string) => pixelConfigOf(integration, await settings.get(integration));
  const routes: Omit<AppDeps, 'console'> = {
    frame: {
      health: { database: () => store.ping(), temporal: async () => undefined, ...options.health },
      metrics: { registry: metrics },
      logger,
    },
    webhooks: {
      resolution: createQuarantineResolution({
        ...{ quarantine: store.quarantine, audit: store.audit },
        pepper: 'a pepper for tests',
        nowMs: () => nowMs,
      }),
      ...{ shared, quarantine, liveMode, telemetry },
      logWebhook: (id, webhook) => void store.webhookLog.append(id, webhook),
      atOnce: 1_000,
      account: (integration, psp) => {
        const found = adapter?.manifest.name === psp ? adapter : adapterOf(psp);
        const own: Readonly<Record<string, readonly string[]>> = integrations.includes(integration) ? secrets : {};
        const accepted = Object.hasOwn(own, psp) ? (own[psp] ?? []) : [];
        return found && accepted.length > 0 ? { adapter: found, secrets: accepted } : null;
      },
      nowMs: () => nowMs,
      ...options.webhooks,
    },
    collect: {
      visitors: createBrowserPurchases({
        ...{ settings: settingsOf, users, visitors, keys, telemetry, nowMs: () => nowMs },
        tokens: createUserTokens(() => [userTokenSecret]),
      }),
      ...{ telemetry, logger, integrations, allowedOrigins },
      collectPerMinute: 1_000,
      cookieDomain: null,
      ...options.collect,
    },
    pixel: {
      pixel: { script: (config) => `/* ${JSON.stringify(config)} */`, types: '// types' },
      ...{ pixelConfig, integrations, allowedOrigins },
      ...options.pixel,
    },
    codec: { codec: testCodec, secret: 'codec-secret', origins: ['https://temporal.example.com'] },
    api: {
      ...providerPagesOf({ store, settings: settingsOf, liveMode, configured: secrets, shared, nowMs: () => nowMs }),
      store: { ...store, users, quarantine },
      subscriptions: noWorkflows,
      ...{ keys, telemetry, liveMode, integrations, pixelConfig },
      currentSettings: settings,
      knownTokens: { refresh: async () => undefined },
      events: { track: async () => ({ kind: 'accepted', code: 0, requestId: 'req-1' }) },
      simulator: createSimulator({ buyers: store.recordedBuyers, count: countHere }),
      renewalChecks: noChecks,
      countRuns: noCounts,
      advertiserId: () => null,
      bulkResends: noResends,
      checkedAccounts: () => [],
      report: { purchases: store.purchases, api: async () => null, psps: () => [], placesOf: async () => [] },
      destination: () => 'sandbox',
      target: () => null,
      fallbackPageUrl: 'https://relay.example.com',
      publicUrl: 'https://relay.example.com',
      allowedOrigins: ['https://shop.example.com'],
      temporalUrl: () => null,
      temporalListUrl: () => null,
      nowMs: () => nowMs,
      ...options.api,
    },
    operatorToken: 'operator-token',
    ...{
      metricsToken: null,
      isOpenHere: true,
      signInRefused: (door: SignInRefused['door']) => telemetry.signInRefused({ integration: 'default', door }),
    },
    trustProxy: 0,
    sandbox: null,
    ...options.app,
  };
  const pages = options.hasConsole
    ? await consoleOf(routes.api, {}, (fields, message) => logger.warn(fields, message))
    : express.Router();
  const { url, close } = await (options.listen ?? listen)(createApp({ ...routes, console: pages }));

  const post: WebhookServer['post'] = async (path, body, headers = {}) =>
    answerOf(
      await fetch(url + path, {
        method: 'POST',
        body: new Uint8Array(Buffer.from(body)),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    );
  return {
    ...{ url, signals, writes, log, post, close },
    lines: (message) => log.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === message),
    tallied: () => counts.map(({ name, psp, label }) => `${name} ${psp} ${label}`),
    async counted(psp, outcome) {
      const { values } = (await metrics.getSingleMetric('relay_webhooks_total')?.get()) ?? { values: [] };
      return values.find(({ labels }) => labels['psp'] === psp && labels['outcome'] === outcome)?.value ?? 0;
    },
    stripe(event, path = '/webhooks/stripe') {
      const body = bodyOf(event);
      return post(path, body, { 'stripe-signature': signStripe(body, stripeSecret, nowSeconds) });
    },
    generic(event) {
      const body = bodyOf(event);
      return post('/webhooks/generic', body, signGeneric(body, genericSecret, 'msg_1', nowSeconds));
    },
  };
}

/** An invoice of Stripe that is paid, alone in its event: a conversion. */
export function paidInvoice(id: string, more: Readonly<Record<string, unknown>> = {}): StripeEventBody {
  const object = {
    id,
    object: 'invoice',
    amount_paid: 1999,
    currency: 'usd',
    billing_reason: 'subscription_create',
    customer: `cus_of_${id}`,
    status_transitions: { paid_at: nowSeconds - 60 },
    parent: { subscription_details: { subscription: `sub_of_${id}`, metadata: {} } },
    ...more,
  };
  return stripeEvent('invoice.paid', object, { created: nowSeconds - 60 });
}

/** A payment of the generic webhook. */
export function genericPayment(moneyId: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    kind: 'conversion',
    subscription_id: `order_of_${moneyId}`,
    money_id: moneyId,
    amount: '19.99',
    currency: 'USD',
    occurred_at: new Date(nowMs - 60_000).toISOString(),
    ...more,
  };
}

/** A request in pieces: without a length of its body, unless a header says one. */
export function sendInPieces(
  url: string,
  path: string,
  pieces: readonly (Buffer | string)[],
  headers: Readonly<Record<string, string | readonly string[]>>,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { method: 'POST', headers: headers as Record<string, string> }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    sent.on('error', reject);
    for (const piece of pieces) sent.write(piece);
    sent.end();
  });
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
}

function bodyOf(event: unknown): Buffer | string {
  return Buffer.isBuffer(event) || typeof event === 'string' ? event : JSON.stringify(event);
}

/** The methods that a test may replace, by part of the store. */
const methods = {
  users: ['register', 'registerSettled', 'identity', 'find', 'erase'],
  visitors: ['record', 'authorizePurchase', 'purge'],
  payments: [
    'orderOf',
    'registered',
    'linkedTo',
    'mergedInto',
    'hasMet',
    'merge',
    'link',
    'keepUnmatchedRefund',
    'unmatchedRefundsOf',
  ],
  quarantine: ['keep', 'list', 'entry', 'body', 'naming', 'remove'],
} as const satisfies { readonly [P in keyof Store]?: readonly (keyof Store[P])[] };

function bound<T extends object, K extends keyof T>(part: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, part[name]])) as Pick<T, K>;
}

/** Adds the name of every call that writes to `calls`. */
function recorded<T extends object>(name: string, part: T, calls: string[]): T {
  const members = Object.entries(part).map(([method, call]: [string, (...args: unknown[]) => unknown]) => [
    method,
    (...args: unknown[]) => {
      if (/^(register|link|keepUnmatchedRefund|keep|remove)$/.test(method)) calls.push(`${name}.${method}`);
      return call(...args);
    },
  ]);
  return Object.fromEntries(members) as T;
}
