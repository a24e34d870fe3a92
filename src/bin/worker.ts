/** The worker process of a real deployment: runs the workflows and sends the purchases. */
import { publicUrl } from '../config/config';
import { providerSummary } from '../app/provider-summary';
import { openServices, sandboxPath } from '../app/services';
import { runProcess } from '../app/process';
import { reachTemporal } from '../temporal/dev-server/server';
import { installRuntimeWithMetrics } from '../temporal/runtime';
import { workflowBundle } from '../temporal/workflow-bundle';
import { startWorkerHealth } from '../app/worker-health';
import { startWorkers } from '../app/workers';

void runProcess('worker', async ({ config, logger, signal, onStop }) => {
  const sdkMetrics = await installRuntimeWithMetrics(logger);
  const bundle = await workflowBundle();
  const temporal = await reachTemporal(config, { logger, signal });
  const services = await openServices(config, temporal.target, logger);
  onStop('services', () => services.close());
  const webUrl = publicUrl(config.web, config.web.port);
  const workers = await startWorkers(services, { bundle, webUrl, sandboxUrl: webUrl + sandboxPath });
  onStop('workers', () => workers.stop());
  const health = await startWorkerHealth(services, sdkMetrics);
  if (health) onStop('health and metrics', () => health.stop());
  for (const line of providerSummary(
    services.accounts,
    config.integrations.map(({ id }) => id),
  ))
    logger.info(line);
  logger.info({ temporal: temporal.target.connectionOptions.address }, 'worker is ready');
  return { running: workers.running };
});
