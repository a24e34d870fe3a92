/** A worker's `/healthz`, `/readyz` and `/metrics` on METRICS_PORT. */
import { createFramedApp } from './frame';
import { openListener } from './listener';
import type { Services } from './services';

export interface WorkerHealthOptions {
  readonly sdkMetrics: () => Promise<string>;
  /** False while the worker starts, and from its stop on. */
  readonly isRunning: () => boolean;
}

/** @throws with a message for the operator when the port is in use. Null when METRICS_PORT is 0. */
export async function startWorkerHealth(
  { config, store, client, metrics, logger }: Services,
  { sdkMetrics, isRunning }: WorkerHealthOptions,
): Promise<{ stop(): Promise<void> } | null> {
  const { host } = config.web;
  if (config.metricsPort === 0) return null;
  const listener = await openListener({ host, port: config.metricsPort, variable: 'METRICS_PORT' });
  const health = {
    database: () => store.ping(),
    temporal: () => client.workflowService.getSystemInfo({}),
    worker: isRunning,
  };
  const app = createFramedApp({ health, metrics: { registry: metrics, sdkMetrics }, logger }, () => undefined);
  listener.serve(app);
  return { stop: () => listener.stop() };
}
