/** A worker's `/healthz`, `/readyz` and `/metrics` on METRICS_PORT. */
import express from 'express';
import helmet from 'helmet';
import { createHealthRouter } from '../http/health-routes';
import { createMetricsRouter } from '../http/metrics-route';
import { noSuchRoute, problems } from '../http/problem';
import { openListener } from './listener';
import type { Services } from './services';

/** @throws with a message for the operator when the port is in use. Null when METRICS_PORT is 0. */
export async function startWorkerHealth(
  { config, store, client, metrics, logger }: Services,
  sdkMetrics: () => Promise<string>,
): Promise<{ stop(): Promise<void> } | null> {
  const { host } = config.web;
  if (config.metricsPort === 0) return null;
  const listener = await openListener({ host, port: config.metricsPort, variable: 'METRICS_PORT' });
  const app = express();
  app.use(helmet());
  app.use(createHealthRouter({ database: () => store.ping(), temporal: () => client.workflowService.getSystemInfo({}) }));
  app.use(createMetricsRouter({ registry: metrics, sdkMetrics }));
  app.use(noSuchRoute);
  app.use(problems(logger));
  listener.serve(app);
  return { stop: () => listener.stop() };
}
