/** The operators' JSON API, to be mounted at `/api` behind `bearerAuth`. */
import type { Router } from 'express';
import express from 'express';
import type { SettingsCache } from '../application/settings-cache';
import type { Store } from '../store';
import type { Telemetry } from '../telemetry/events';
import { type AttentionRoutesDeps, attentionRoutes } from './attention-routes';
import { type ChecksRoutesDeps, checksRoutes } from './checks-routes';
import type { ConnectionCheckDeps } from './connection-check';
import { type PixelSnippetDeps, createPixelSnippetRouter } from './pixel-snippet-routes';
import { createPurchasesRouter } from './purchases-routes';
import { type QuarantineRoutesDeps, createQuarantineRouter } from './quarantine-routes';
import { type ReportRoutesDeps, createReportRouter } from './report-routes';
import { mountRoutes, type Route } from './route';
import { createSettingsRouter } from './settings-routes';
import { createSubscriptionRouter, type SubscriptionWorkflows } from './subscription-routes';
import { temporalRoutes } from './temporal-routes';
import type { TemporalLinksDeps } from './temporal-links';
import { type UsersRoutesDeps, usersRoutes } from './users-routes';
import { webhookLogRoutes } from './webhook-log-routes';

export interface ApiDeps
  extends ConnectionCheckDeps, Pick<ChecksRoutesDeps, 'renewalChecks' | 'checkedAccounts'>, PixelSnippetDeps, TemporalLinksDeps {
  readonly store: {
    readonly users: Pick<Store['users'], 'find' | 'erase'>;
    readonly purchases: Pick<Store['purchases'], 'list' | 'ofSubscription'>;
    readonly quarantine: Pick<Store['quarantine'], 'list'>;
    readonly attention: AttentionRoutesDeps['attention'];
    readonly audit: Pick<Store['audit'], 'append'>;
    readonly checks: Pick<Store['checks'], 'last'>;
    readonly webhookLog: Pick<Store['webhookLog'], 'list'>;
  };
  readonly currentSettings: SettingsCache;
  readonly retryQuarantined: QuarantineRoutesDeps['retryQuarantined'];
  readonly report: ReportRoutesDeps['report'];
  readonly subscriptions: SubscriptionWorkflows & UsersRoutesDeps['subscriptions'];
  readonly bulkResends: AttentionRoutesDeps['bulkResends'];
  readonly keys: UsersRoutesDeps['keys'];
  readonly telemetry: Pick<Telemetry, 'settingsChanged'>;
  readonly integrations: readonly string[];
  readonly liveMode: boolean;
  /** The address of a workflow in the Temporal UI; null when the UI's address is unknown. */
  readonly temporalUrl: (workflowId: string) => string | null;
}

/** The routes of the JSON API as data, in the order of the reference. */
export function apiRoutes({ store, ...rest }: ApiDeps): readonly Route[] {
  const deps = { ...rest, ...store };
  return [
    ...attentionRoutes(deps),
    ...usersRoutes(deps),
    ...checksRoutes(deps),
    ...temporalRoutes(deps),
    ...webhookLogRoutes(deps),
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
  router.use(createSettingsRouter(deps));
  router.use(createSubscriptionRouter(deps));
  router.use(createPurchasesRouter(deps));
  router.use(createQuarantineRouter(deps));
  router.use(createReportRouter(deps));
  router.use(createPixelSnippetRouter(deps));
  return router;
}
