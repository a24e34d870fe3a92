/** The services that web and worker share: logger, keys, database, Temporal client, settings, telemetry. */
import { createHmac } from 'node:crypto';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Config } from '../config/config';
import { liveModeProblems, realTikTokApiUrl, usesBuiltInSandbox } from '../config/config';
import type { SettingsCache } from '../application/settings-cache';
import { createSettingsCache } from '../application/settings-cache';
import type { Destination } from '../domain/purchase';
import type { Settings } from '../domain/settings';
import { defaultSettings } from '../domain/settings';
import type { UserKeys } from '../crypto/user-keys';
import { createUserKeys } from '../crypto/user-keys';
import { createPepperLayers, type PepperLayers } from '../crypto/pepper-layers';
import type { Ingestion } from '../application/ingestion';
import { createIngestion } from '../application/ingestion';
import type { SharedAccounts } from '../application/shared-accounts';
import { alone, createSharedAccounts } from '../application/shared-accounts';
import { lossOf } from '../application/lost-database';
import type { Logger } from '../telemetry/logger';
import type { EnteredSecrets } from '../application/entered-secrets';
import { createEnteredSecrets } from '../application/entered-secrets';
import { namingPersons } from '../application/named-persons';
import { createWriteBehind, type WriteBehind } from '../application/write-behind';
import { makeFirstSecret } from '../application/first-secret';
import type { PspAccounts } from '../psp/accounts';
import { createPspAccounts } from '../psp/accounts';
import { Keyring } from '../crypto/keyring';
import { startWarnings, weakSecretWarnings } from './start-warnings';
import type { LoggedWebhook, Store } from '../store';
import { openStore } from '../store';
import { version } from '../config/version';
import { createBuildInfo } from '../telemetry/build-info';
import type { Telemetry } from '../telemetry/events';
import { startTracing, type Tracing } from '../telemetry/tracing';
import { createTelemetry } from '../telemetry/telemetry';
import { openCounts } from './counts';
import { dataConverterFor, EncryptionCodec, workerConverterFor } from '../temporal/codec';
import type { TemporalClient, TemporalTarget } from '../temporal/connection';
import { connectClient } from '../temporal/connection';
import { ensureSchedules } from '../temporal/schedules';
import { ensureSearchAttributes } from '../temporal/search-attributes';
import type { Subscriptions } from '../temporal/subscriptions';
import { countSubscriptions, createSubscriptions } from '../temporal/subscriptions';
import type { EventsApi, EventStatisticsApi, TikTokTarget } from '../tiktok';
import { createEventsApi, createEventStatistics } from '../tiktok';

export interface Services {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly keyring: Keyring;
  readonly keys: UserKeys;
  readonly layers: PepperLayers;
  readonly store: Store;
  readonly temporal: TemporalTarget;
  /** Null where no traces are collected. */
  readonly tracing: Tracing | null;
  readonly client: TemporalClient;
  /** The workers' own. */
  readonly dataConverter: DataConverter;
  /** The data converter's encryption alone, for `/codec`. */
  readonly codec: PayloadCodec;
  readonly settings: SettingsCache;
  readonly telemetry: Telemetry;
  readonly events: EventsApi;
  /** TikTok's own count. */
  readonly statistics: EventStatisticsApi;
  readonly subscriptions: Subscriptions;
  readonly ingestion: Ingestion;
  /** The ingestion for all integrations that take an account. */
  readonly shared: SharedAccounts;
  /** The same for one integration alone: samples are nobody else's. */
  readonly unshared: SharedAccounts;
  readonly accounts: PspAccounts;
  /** The secrets of providers that operators entered. */
  readonly enteredSecrets: EnteredSecrets;
  readonly notes: Notes;
  close(): Promise<void>;
}

/** What is written without anybody waiting for it. */
export interface Notes {
  /** Hashes of what was taken in. */
  readonly facts: WriteBehind<string>;
  readonly webhooks: WriteBehind<LoggedWebhook>;
}

/**
 * Opens the database, waits until Temporal is `serving`, and connects to it.
 * @throws with a message for the operator when the database or Temporal can't be reached, or LIVE_MODE forbids the settings.
 */
export async function openServices(
  config: Config,
  temporal: TemporalTarget,
  logger: Logger,
  serving: Promise<unknown> = Promise.resolve(),
): Promise<Services> {
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  createBuildInfo(metrics, version);
  const keyring = new Keyring(config.encryptionKeys);
  const layers = createPepperLayers(config.pepperLayers);
  const dataConverter = workerConverterFor(keyring);
  const { database } = config;
  const opened = await openStore({
    databaseUrl: database.kind === 'postgres' ? database.url : undefined,
    dataDir: config.dataDir,
    keyring,
    layers,
    onSchema: ({ done, newer }) => {
      if (done.length > 0) logger.info({ steps: done }, 'the schema of the database is brought up to date');
      if (newer.length > 0)
        logger.warn({ steps: newer }, 'the database was set up by a newer version of this service; this one runs on it');
    },
  });
  const keys = createUserKeys(config.userIdPepper, layers);
  const store: Store = { ...opened, quarantine: namingPersons(opened.quarantine, keys) };
  const counts = openCounts(store, logger);
  const enteredSecrets = createEnteredSecrets({ store: store.providerSecrets, liveMode: config.liveMode });
  try {
    const settings = createSettingsCache({
      store: store.settings,
      initial: (id) => initialSettings(config, id),
      nowMs: Date.now,
    });
    await checkLiveMode(config, settings);
    for (const warning of startWarnings(config, await settingsInForce(config, settings))) logger.warn(warning);
    if (config.temporal.kind === 'external') logger.info(`waiting for Temporal at ${temporal.connectionOptions.address ?? ''}`);
    const tracing = await startTracing(config.tracing, version);
    await serving;
    const client = await connectClient(temporal, dataConverterFor(keyring), tracing);
    await ensureSearchAttributes(client, logger);
    const loss = await lossOf({
      ...{ orders: store.orders, alerts: store.alerts, nowMs: Date.now },
      // Not every visibility store counts: then nothing is known of a loss.
      countOrders: () => countSubscriptions(client).catch(() => 0),
      integrations: config.integrations.map(({ id }) => id),
    });
    if (loss !== null) logger.error(loss);
    const events = createEventsApi();
    const statistics = createEventStatistics();
    const telemetry = createTelemetry(logger, metrics, counts.tally);
    const subscriptions = createSubscriptions(client, async ({ integration, psp, subscription }, moneyId) =>
      (await store.purchases.ofSubscription(integration, psp, subscription)).some((record) => record.moneyId === moneyId),
    );
    await makeFirstSecret(config, store.providerSecrets, Date.now());
    await enteredSecrets.refresh();
    if (config.liveMode) for (const warning of weakSecretWarnings(enteredSecrets.current())) logger.warn(warning);
    const accounts = createPspAccounts(
      config,
      (integration) => settings.get(integration),
      () => enteredSecrets.current(),
    );
    const notes: Notes = {
      facts: createWriteBehind((integration, hashes) => store.signalledFacts.mark(integration, hashes, Date.now())),
      webhooks: createWriteBehind((integration, webhooks) => store.webhookLog.append(integration, ...webhooks)),
    };
    const ingestion = createIngestion({
      settings: (integration) => settings.get(integration),
      users: store.users,
      firstPurchases: store.firstPurchases,
      payments: store.payments,
      purchases: store.purchases,
      openPayments: store.openPayments,
      signalledFacts: store.signalledFacts,
      note: (integration, hashes) => notes.facts.add(integration, hashes),
      orderRecords: store.orderRecords,
      signal: (...told) => subscriptions.signal(...told),
      keys,
      telemetry,
      nowMs: Date.now,
    });
    const share = {
      ...{ ingestion, routes: store.routes, nowMs: Date.now },
      settings: (integration: string) => settings.get(integration),
    };
    const shared = createSharedAccounts({ ...share, takers: (account) => accounts.takers(account) });
    const unshared = createSharedAccounts({ ...share, takers: alone });
    const ensure = scheduler({ config, client, accounts, logger });
    await ensure();
    enteredSecrets.onRead(() => void ensure().catch(() => undefined));
    return {
      ...{ config, logger, metrics, keyring, keys, layers, store, temporal, tracing, client, dataConverter },
      codec: new EncryptionCodec(keyring),
      ...{ settings, telemetry, events, statistics, subscriptions, ingestion, shared, unshared, accounts, enteredSecrets, notes },
      async close() {
        enteredSecrets.stop();
        await events.close();
        await statistics.close();
        await accounts.close();
        await client.connection.close();
        await tracing?.stop();
        await counts.stop();
        await Promise.all([notes.facts.flush(), notes.webhooks.flush()]);
        await store.close();
      },
    };
  } catch (error) {
    enteredSecrets.stop();
    await counts.stop();
    await store.close();
    throw error;
  }
}

/**
 * Ensures the Schedules of the accounts that can be asked, whenever these have changed: an API key that an operator entered is used
 * without a restart. What failed is tried again the next time.
 */
function scheduler({ config, client, accounts, logger }: Pick<Services, 'config' | 'client' | 'accounts' | 'logger'>) {
  let ensured = '';
  let isAtWork = false;
  return async (): Promise<void> => {
    const wanted = JSON.stringify(accounts.checked());
    if (isAtWork || wanted === ensured) return;
    isAtWork = true;
    try {
      await ensureSchedules(client, {
        accounts: accounts.checked(),
        gone: accounts.unchecked(),
        counted: config.integrations.filter(({ tiktok }) => tiktok.advertiserId !== null).map(({ id }) => id),
        alertsAreTold: config.alertWebhookUrl !== null,
      });
      ensured = wanted;
    } catch (error) {
      logger.warn(
        { error: error instanceof Error ? error.message : String(error) },
        'the Schedules of renewal checks and counts are not set',
      );
      throw error;
    } finally {
      isAtWork = false;
    }
  };
}

/** Of an integration that has none stored yet: what the environment says. */
function initialSettings({ integrations }: Config, integration: string): Settings {
  const { pixelCode, accessToken, testEventCode } = integrations.find(({ id }) => id === integration)?.tiktok ?? defaultSettings;
  return { ...defaultSettings, pixelCode, accessToken, testEventCode };
}

/** Checks the rules of LIVE_MODE that concern stored settings. */
async function checkLiveMode(config: Config, settings: SettingsCache): Promise<void> {
  const problems = (await settingsInForce(config, settings)).flatMap((one) => liveModeProblems(config, one.settings));
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function settingsInForce({ integrations }: Config, settings: SettingsCache) {
  return Promise.all(integrations.map(async ({ id }) => ({ id, settings: await settings.get(id) })));
}

/** The ad account that owns an integration's pixel; null where none is configured. */
export function advertiserOf({ integrations }: Config, integration: string): string | null {
  return integrations.find(({ id }) => id === integration)?.tiktok.advertiserId ?? null;
}

/** Where the built-in sandbox receiver is mounted in the web process. */
export const sandboxPath = '/sandbox/tiktok';

/** The pixel code that the built-in sandbox accepts. */
export const sandboxPixelCode = 'SANDBOX';

/** Where purchases go, before it is known whether a credential is missing. */
export function destinationOf(config: Config, settings: Settings): Destination {
  if (usesBuiltInSandbox(config, settings)) return 'sandbox';
  return settings.testEventCode === null ? 'tiktok' : 'test';
}

/** Where purchases go and as whom: the settings' pixel, or the built-in sandbox while none is set. Null while a credential is missing. */
export function tikTokTarget(config: Config, sandboxUrl: string, settings: Settings): TikTokTarget | null {
  if (usesBuiltInSandbox(config, settings))
    return { baseUrl: sandboxUrl, pixelCode: sandboxPixelCode, accessToken: sandboxToken(config) };
  const { pixelCode, accessToken } = settings;
  return pixelCode === null || accessToken === null
    ? null
    : { baseUrl: config.tiktokApiUrl ?? realTikTokApiUrl, pixelCode, accessToken };
}

/**
 * The sandbox takes any token. This one is in no prose, so that the redaction of TikTok's words, which takes out the token, leaves the word
 * "sandbox" in them; and it is the same in every process.
 */
export function sandboxToken({ userIdPepper }: Pick<Config, 'userIdPepper'>): string {
  return createHmac('sha256', userIdPepper).update('token of the built-in sandbox').digest('hex');
}
