/** The operators' JSON API, to be mounted at `/api` behind `bearerAuth`. */
import type { Router } from 'express';
import express from 'express';
import type { SettingsCache } from '../application/settings-cache';
import type { Store } from '../store/store';
import type { Telemetry } from '../telemetry/events';
import { type AttentionRoutesDeps, attentionRoutes } from './attention-routes';
import { type ChecksRoutesDeps, checksRoutes } from './checks-routes';
import type { ConnectionCheckDeps } from './connection-check';
import { webhookLogRoutes } from './webhook-log-routes';
import { type PixelSnippetDeps, pixelRoutes } from './pixel-routes';
import { purchasesRoutes } from './purchases-routes';
import { type QuarantineRoutesDeps, quarantineRoutes } from './quarantine-routes';
import { type ReportRoutesDeps, reportRoutes } from './report-routes';
import { settingsRoutes } from './settings-routes';
import { subscriptionRoutes, type SubscriptionWorkflows } from './subscription-routes';
import { type UsersRoutesDeps, usersRoutes } from './users-routes';

export interface ApiDeps
  extends ConnectionCheckDeps, Pick<ChecksRoutesDeps, 'renewalChecks' | 'checkedAccounts'>, PixelSnippetDeps {
  readonly store: {
    readonly users: Pick<Store['users'], 'find' | 'erase'>;
    readonly purchases: Pick<Store['purchases'], 'list' | 'ofSubscription'>;
    readonly quarantine: Pick<Store['quarantine'], 'list'>;
    readonly audit: Pick<Store['audit'], 'append'>;
    readonly checks: Pick<Store['checks'], 'last'>;
    readonly webhookLog: Pick<Store['webhookLog'], 'list'>;
  };
  readonly currentSettings: SettingsCache;
  readonly retryQuarantined: QuarantineRoutesDeps['retryQuarantined'];
  readonly report: ReportRoutesDeps['report'];
  readonly subscriptions: SubscriptionWorkflows & AttentionRoutesDeps['subscriptions'] & UsersRoutesDeps['subscriptions'];
  readonly keys: UsersRoutesDeps['keys'];
  readonly telemetry: Pick<Telemetry, 'settingsChanged'>;
  readonly integrations: readonly string[];
  readonly liveMode: boolean;
  /** A workflow in the Temporal UI; null when there is none to link to. */
  readonly temporalUrl: (workflowId: string) => string | null;
}

/** Nothing that it answers may be kept by a cache. Errors are thrown, for the app's `problems` to answer. */
export function createApiRouter({ store, ...rest }: ApiDeps): Router {
  const deps = { ...rest, ...store };
  const router = express.Router();
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  router.use(settingsRoutes(deps));
  router.use(subscriptionRoutes(deps));
  router.use(purchasesRoutes(deps));
  router.use(attentionRoutes(deps));
  router.use(usersRoutes(deps));
  router.use(quarantineRoutes(deps));
  router.use(checksRoutes(deps));
  router.use(reportRoutes(deps));
  router.use(webhookLogRoutes(deps));
  router.use(pixelRoutes(deps));
  return router;
}
