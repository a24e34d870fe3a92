/** The worker process of a real deployment: runs the workflows and sends the purchases. */
import { publicUrl } from '../config/config';
import { providerSummary } from '../app/provider-summary';
import { openServices, sandboxPath } from '../app/services';
import { runProcess } from '../app/process';
import { reachTemporal } from '../temporal/dev-server/server';
import { installRuntimeWithMetrics } from '../temporal/runtime';
import { workflowBundle } from '../temporal/workflow-bundle';
import { startWorkerHealth } from '../app/worker-health';
import { startWorkers, type Workers } from '../app/workers';

void runProcess('worker', async ({ config, logger, signal, onStop }) => {
  const sdkMetrics = await installRuntimeWithMetrics(logger);
  const bundle = await workflowBundle();
  const temporal = await reachTemporal(config, { logger, signal });
  const services = await openServices(config, temporal.target, logger);
  onStop('services', () => services.close());
  const webUrl = publicUrl(config.web, config.web.port);
  // Before the workers, so that it outlives them: while they end what is under way it says that this worker takes no more.
  let workers: Workers | null = null;
  const health = await startWorkerHealth(services, { sdkMetrics, isRunning: () => workers?.isRunning() ?? false });
  if (health) onStop('health and metrics', () => health.stop());
  const started = await startWorkers(services, { bundle, webUrl, sandboxUrl: webUrl + sandboxPath });
  workers = started;
  onStop('workers', () => started.stop());
  for (const line of providerSummary(
    services.accounts,
    config.integrations.map(({ id }) => id),
  ))
    logger.info(line);
  logger.info({ temporal: temporal.target.connectionOptions.address }, 'worker is ready');
  return { running: started.running };
});
