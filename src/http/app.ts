/** All routes, in order, and nothing else. */
import type { Express, Router } from 'express';
import express from 'express';
import helmet from 'helmet';
import type { Registry } from 'prom-client';
import type { OperatorApiDeps } from '../operator/api';
import { createApiRouter } from '../operator/api';
import { requireToken } from '../operator/auth';
import { createHealthRouter } from './health-routes';
import { notFoundHandler, problemHandler } from './problem';
import type { WebhookRouteDeps } from './webhook-route';
import { createWebhookRouter } from './webhook-route';

export interface AppDeps extends Omit<OperatorApiDeps, 'settings'>, Omit<WebhookRouteDeps, 'settings' | 'quarantine'> {
  readonly settings: OperatorApiDeps['settings'];
  readonly operatorToken: string | null;
  /** How many proxies in front of us to believe. */
  readonly trustProxy: number;
  readonly askTemporal: () => Promise<void>;
  /** The built-in receiver, in a first start only. */
  readonly sandbox: { readonly path: string; readonly router: Router } | null;
  readonly metrics: Registry;
}

export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', deps.trustProxy);
  app.use(helmet());
  return app;
}
