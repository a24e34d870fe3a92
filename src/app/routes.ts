/** All routes, in order, and nothing else. */
import type { Express, Router } from 'express';
import express from 'express';
import helmet from 'helmet';
import type { Registry } from 'prom-client';
import type { ApiDeps } from '../operator/api';
import { createApiRouter } from '../operator/api';
import { bearerAuth } from '../operator/auth';
import type { Store } from '../store';
import type { Telemetry } from '../telemetry/events';
import type { CollectRoutesDeps } from '../http/collect-routes';
import { createCollectRouter } from '../http/collect-routes';
import type { CodecRoutesDeps } from '../http/codec-routes';
import { createCodecRouter } from '../http/codec-routes';
import { createHealthRouter } from '../http/health-routes';
import { createMetricsRouter } from '../http/metrics-route';
import type { PixelRoutesDeps } from '../http/pixel-routes';
import { createPixelRouter } from '../http/pixel-routes';
import type { ProblemLogger } from '../http/problem';
import { noSuchRoute, problems } from '../http/problem';
import type { WebhookRouteDeps } from '../http/webhook-route';
import { createWebhookRouter } from '../http/webhook-route';

export interface AppDeps
  extends
    Omit<ApiDeps, 'store' | 'telemetry'>,
    Omit<WebhookRouteDeps, 'settings' | 'quarantine' | 'webhookLog' | 'telemetry'>,
    Omit<CollectRoutesDeps, 'telemetry'>,
    PixelRoutesDeps {
  readonly store: ApiDeps['store'] & Pick<Store, 'quarantine' | 'webhookLog' | 'ping'>;
  readonly telemetry: Telemetry;
  readonly operatorToken: string;
  readonly codec: Pick<CodecRoutesDeps, 'codec' | 'secret' | 'origins'>;
  /** How many proxies in front of us to believe about a caller's address. */
  readonly trustProxy: number;
  /** Resolves when Temporal answers. */
  readonly askTemporal: () => Promise<unknown>;
  /** TikTok's stand-in, where purchases go while no pixel is set. */
  readonly sandbox: { readonly path: string; readonly router: Router } | null;
  readonly metrics: Registry;
  /** The Temporal SDK's metrics as Prometheus text, where this process runs a worker too. */
  readonly sdkMetrics?: (() => Promise<string>) | undefined;
  readonly logger: ProblemLogger;
}

export function createApp(deps: AppDeps): Express {
  const { currentSettings, store, metrics } = deps;
  const app = express();
  app.set('trust proxy', deps.trustProxy);
  app.use(helmet());
  app.use(createHealthRouter({ database: () => store.ping(), temporal: deps.askTemporal }));
  app.use(createMetricsRouter({ registry: metrics, sdkMetrics: deps.sdkMetrics }));
  app.use(
    '/webhooks',
    createWebhookRouter({
      ...deps,
      settings: (integration) => currentSettings.get(integration),
      quarantine: store.quarantine,
      webhookLog: store.webhookLog,
    }),
  );
  app.use('/collect', createCollectRouter(deps));
  app.use(createPixelRouter(deps));
  if (deps.sandbox) app.use(deps.sandbox.path, deps.sandbox.router);
  const operatorAuth = bearerAuth({ token: deps.operatorToken });
  app.use('/codec', createCodecRouter({ ...deps.codec, operatorAuth }));
  app.use('/api', operatorAuth, createApiRouter(deps));
  app.use(noSuchRoute);
  app.use(problems(deps.logger));
  return app;
}
