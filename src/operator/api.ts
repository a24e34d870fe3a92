/** The operators' JSON API, to be mounted at `/api` behind `bearerAuth`. */
import type { Router } from 'express';
import express from 'express';
import type { SettingsCache } from '../application/settings-cache';
import type { Store } from '../store';
import type { Telemetry } from '../telemetry/events';
import { type AttentionRoutesDeps, attentionRoutes } from './attention-routes';
import { type ChecksRoutesDeps, checksRoutes } from './checks-routes';
import { type BuyersRoutesDeps, buyersRoutes } from './buyers-routes';
import type { ConnectionCheckDeps } from './connection-check';
import { type AlertsRoutesDeps, alertsRoutes } from './alerts-routes';
import { type CoverageRoutesDeps, coverageRoutes } from './coverage-routes';
import type { OverviewDeps } from './overview';
import { type PixelSnippetDeps, pixelSnippetRoutes } from './pixel-snippet-routes';
import type { ProvidersDeps } from './providers';
import { providersRoutes } from './providers-routes';
import { type PurchasesRoutesDeps, purchasesRoutes } from './purchases-routes';
import { type QuarantineRoutesDeps, quarantineRoutes } from './quarantine-routes';
import { type ReportRoutesDeps, reportRoutes } from './report-routes';
import { mountRoutes, type Route } from './route';
import { type SampleRoutesDeps, sampleRoutes } from './sample-routes';
import { settingsRoutes } from './settings-routes';
import { type SetupRoutesDeps, setupRoutes } from './setup-routes';
import { type SimulateDeps, simulateRoutes } from './simulate';
import { subscriptionRoutes, type SubscriptionWorkflows } from './subscription-routes';
import { type TokensDeps } from './tokens';
import { tokensRoutes } from './tokens-routes';
import { temporalRoutes } from './temporal-routes';
import type { TemporalLinksDeps } from './temporal-links';
import { type TikTokCountRoutesDeps, tiktokCountRoutes } from './tiktok-count-routes';
import { type UsersRoutesDeps, usersRoutes } from './users-routes';
import { type IdentityRoutesDeps, identityRoutes } from './identity-routes';
import { webhookLogRoutes } from './webhook-log-routes';

export interface ApiDeps
  extends
    ConnectionCheckDeps,
    Pick<ChecksRoutesDeps, 'renewalChecks' | 'checkedAccounts'>,
    Pick<TikTokCountRoutesDeps, 'countRuns' | 'advertiserId'>,
    PixelSnippetDeps,
    ProviderPagesDeps,
    TemporalLinksDeps {
  readonly store: {
    readonly users: Pick<Store['users'], 'find' | 'erase'>;
    readonly buyerImports: BuyersRoutesDeps['buyerImports'];
    readonly userJoins: IdentityRoutesDeps['userJoins'];
    readonly pageRefusals: IdentityRoutesDeps['pageRefusals'];
    readonly personalData: Store['personalData'];
    readonly routes: UsersRoutesDeps['routes'];
    readonly purchases: Pick<Store['purchases'], 'list' | 'find' | 'ofSubscription' | 'count' | 'oldestPendingAtMs'>;
    readonly attempts: Pick<Store['attempts'], 'of'>;
    readonly orderRecords: Pick<Store['orderRecords'], 'load'>;
    readonly providerSecrets: ProvidersDeps['providerSecrets'];
    readonly quarantine: QuarantineRoutesDeps['quarantine'] & UsersRoutesDeps['quarantine'];
    readonly attention: AttentionRoutesDeps['attention'];
    readonly audit: Pick<Store['audit'], 'append' | 'list'>;
    readonly operatorTokens: TokensDeps['operatorTokens'];
    readonly settings: Pick<Store['settings'], 'history'>;
    readonly checks: Pick<Store['checks'], 'last'>;
    readonly webhookLog: Pick<Store['webhookLog'], 'list'>;
    readonly purchaseTotals: CoverageRoutesDeps['purchaseTotals'];
    readonly tallies: CoverageRoutesDeps['tallies'];
    readonly tiktokCounts: TikTokCountRoutesDeps['tiktokCounts'];
    readonly alerts: AlertsRoutesDeps['alerts'] & OverviewDeps['alerts'];
  };
  readonly currentSettings: SettingsCache;
  readonly knownTokens: TokensDeps['knownTokens'];
  readonly simulator: SimulateDeps['simulator'];
  readonly destination: OverviewDeps['destination'];
  readonly report: ReportRoutesDeps['report'];
  readonly subscriptions: SubscriptionWorkflows & UsersRoutesDeps['subscriptions'];
  readonly bulkResends: AttentionRoutesDeps['bulkResends'];
  readonly keys: UsersRoutesDeps['keys'] & PurchasesRoutesDeps['keys'];
  readonly telemetry: Pick<Telemetry, 'settingsChanged' | 'usersJoined'>;
  readonly integrations: readonly string[];
  readonly liveMode: boolean;
  /** The address of a workflow in the Temporal UI; null when the UI's address is unknown. */
  readonly temporalUrl: (workflowId: string) => string | null;
}

/** What providers, their set-up and the quarantine need beside the store. */
export interface ProviderPagesDeps
  extends
    Pick<ProvidersDeps, 'accounts' | 'enteredSecrets' | 'secretId'>,
    Pick<QuarantineRoutesDeps, 'readQuarantined' | 'retryQuarantined'>,
    Pick<SampleRoutesDeps, 'samples'>,
    SetupRoutesDeps {}

/** The routes of the JSON API as data, in the order of the reference. */
export function apiRoutes({ store, ...rest }: ApiDeps): readonly Route[] {
  const deps = { ...rest, ...store };
  return [
    ...setupRoutes(deps),
    ...sampleRoutes(deps),
    ...settingsRoutes(deps),
    ...simulateRoutes(deps),
    ...purchasesRoutes(deps),
    ...subscriptionRoutes(deps),
    ...attentionRoutes(deps),
    ...usersRoutes(deps),
    ...buyersRoutes(deps),
    ...identityRoutes(deps),
    ...coverageRoutes(deps),
    ...tiktokCountRoutes(deps),
    ...alertsRoutes(deps),
    ...providersRoutes(deps),
    ...checksRoutes(deps),
    ...webhookLogRoutes(deps),
    ...quarantineRoutes(deps),
    ...reportRoutes(deps),
    ...pixelSnippetRoutes(deps),
    ...temporalRoutes(deps),
    ...tokensRoutes(deps),
  ];
}

/** The JSON API. Its answers forbid caching. Errors are thrown, and the app's `problems` answers them. */
export function createApiRouter(all: ApiDeps): Router {
  const { store, ...rest } = all;
  const deps = { ...rest, ...store };
  const router = express.Router();
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  router.use(mountRoutes(apiRoutes(all), deps.integrations));
  return router;
}
