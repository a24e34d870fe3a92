/** The frame of a process's HTTP side: security headers, health and metrics first, problem documents last. Web and worker share it. */
import type { Express } from 'express';
import express from 'express';
import helmet from 'helmet';
import type { HealthDeps } from '../http/health-routes';
import { createHealthRouter } from '../http/health-routes';
import type { MetricsRouteDeps } from '../http/metrics-route';
import { createMetricsRouter } from '../http/metrics-route';
import type { ProblemLogger } from '../http/problem';
import { noSuchRoute, problems } from '../http/problem';

export interface FrameDeps {
  readonly health: HealthDeps;
  readonly metrics: MetricsRouteDeps;
  readonly logger: ProblemLogger;
  /** The number of proxies in front of the service whose word about a caller's address is believed; default 0. */
  readonly trustProxy?: number;
}

/** Makes an app; `mount` adds the routes of the process. */
export function createFramedApp({ health, metrics, logger, trustProxy = 0 }: FrameDeps, mount: (app: Express) => void): Express {
  const app = express();
  app.set('trust proxy', trustProxy);
  app.use(helmet());
  app.use(createHealthRouter(health));
  app.use(createMetricsRouter(metrics));
  mount(app);
  app.use(noSuchRoute);
  app.use(problems(logger));
  return app;
}
