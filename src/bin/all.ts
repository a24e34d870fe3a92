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

void runProcess('all', async ({ config, logger, signal, onStop }) => {
  const sdkMetrics = await installRuntimeWithMetrics(logger);
  const bundling = workflowBundle();
  bundling.catch(() => undefined); // reported where it is awaited
  // First, since the Temporal UI needs this port.
  const listener = await openWebListener(config);
  const temporal = await reachTemporal(config, {
    ...{ logger, signal },
    uiCodecEndpoint: uiCodecEndpoint(listener.localUrl, config.operator?.token ?? ''),
  });
  onStop('temporal', () => temporal.stop());
  const services = await openServices(config, temporal.target, logger);
  onStop('services', () => services.close());
  const web = await startWeb(services, { temporalUiUrl: temporal.uiUrl, listener, sdkMetrics });
  const workers = await startWorkers(services, {
    bundle: await bundling,
    webUrl: web.url,
    sandboxUrl: web.localUrl + sandboxPath,
  });
  onStop('workers', () => workers.stop());
  onStop('web', () => web.stop());
  banner(services, { url: web.url, localUrl: web.localUrl, temporal });
  return { running: workers.running };
});
