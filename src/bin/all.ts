/** Everything in one process: `npm start`. What the environment does not name is embedded: Temporal, the database, TikTok's end. */
import { openServices, sandboxPath } from '../app/services';
import { runProcess } from '../app/process';
import { reachTemporal } from '../temporal/dev-server/server';
import { installRuntimeWithMetrics } from '../temporal/runtime';
import { workflowBundle } from '../temporal/workflow-bundle';
import { banner } from '../app/banner';
import { uiCodecEndpoint } from '../app/codec-endpoint';
import { openWebListener, startWeb } from '../app/web';
import { startWorkers } from '../app/workers';

void runProcess('all', async ({ config, logger, signal, screen, step, onStop }) => {
  const sdkMetrics = await installRuntimeWithMetrics(logger);
  const bundling = workflowBundle();
  bundling.catch(() => undefined); // reported where it is awaited
  // First, since the Temporal UI needs this port.
  const listener = await openWebListener(config);
  const temporal = await step(
    'Temporal',
    (note) =>
      reachTemporal(config, {
        ...{ logger, signal },
        ...(screen === null ? {} : { progress: note }),
        uiCodecEndpoint: uiCodecEndpoint(listener.localUrl, config.operator?.token ?? ''),
      }),
    ({ target }) => target.connectionOptions.address ?? '',
  );
  onStop('temporal', () => temporal.stop());
  const services = await step(
    'Database',
    () => openServices(config, temporal.target, logger),
    () => (config.database.kind === 'postgres' ? 'PostgreSQL' : 'embedded'),
  );
  onStop('services', () => services.close());
  const web = await step(
    'Web',
    () => startWeb(services, { temporalUiUrl: temporal.uiUrl, listener, sdkMetrics }),
    ({ url }) => url,
  );
  const workers = await step(
    'Worker',
    async () => startWorkers(services, { bundle: await bundling, webUrl: web.url, sandboxUrl: web.localUrl + sandboxPath }),
    () => 'workflows and sends',
  );
  onStop('workers', () => workers.stop());
  onStop('web', () => web.stop());
  await banner(services, { url: web.url, localUrl: web.localUrl, temporal }, screen);
  return { running: workers.running };
});
