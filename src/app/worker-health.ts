/** A worker's `/healthz`, `/readyz` and `/metrics` on METRICS_PORT. */
import { createFramedApp } from './frame';
import { bearerAuth } from '../operator/auth';
import { metricsGuard } from '../operator/inside';
import { openListener } from './listener';
import type { Services } from './services';

export interface WorkerHealthOptions {
  readonly sdkMetrics: () => Promise<string>;
  /** False while the worker starts, and from its stop on. */
  readonly isRunning: () => boolean;
}

/** @throws with a message for the operator when the port is in use. Null when METRICS_PORT is 0. */
export async function startWorkerHealth(
  { config, store, client, metrics, logger, telemetry }: Services,
  { sdkMetrics, isRunning }: WorkerHealthOptions,
): Promise<{ stop(): Promise<void> } | null> {
  const { host } = config.web;
  const { metricsToken: token, liveMode } = config;
  if (config.metricsPort === 0) return null;
  const listener = await openListener({ host, port: config.metricsPort, variable: 'METRICS_PORT', takesMany: false });
  const health = {
    database: () => store.ping(),
    temporal: () => client.workflowService.getSystemInfo({}),
    worker: isRunning,
  };
  // A port of its own, which is for the inside of a network; with METRICS_TOKEN it asks for it, as web does.
  const onRefused = (): void => telemetry.signInRefused({ integration: config.integrations[0]?.id ?? '', door: 'metrics' });
  const guard =
    token === null ? undefined : metricsGuard({ auth: bearerAuth({ token, onRefused }), isOpenHere: !liveMode, token });
  const app = createFramedApp({ health, metrics: { registry: metrics, guard, sdkMetrics }, logger }, () => undefined);
  listener.serve(app);
  return { stop: () => listener.stop() };
}
