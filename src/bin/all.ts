/** Everything in one process: `npm start`. What the environment does not name is embedded: Temporal, the database, TikTok's end. */
import { openServices, sandboxPath } from '../app/services';
import { runProcess } from '../app/process';
import { reachTemporal } from '../temporal/dev-server/server';
import { installRuntime } from '../temporal/runtime';
import { workflowBundle } from '../temporal/workflow-bundle';
import { banner } from '../app/banner';
import { startWeb } from '../app/web';
import { startWorkers } from '../app/workers';

void runProcess('all', async ({ config, logger, signal, onStop }) => {
  installRuntime(logger);
  const bundling = workflowBundle();
  bundling.catch(() => undefined); // told where it is awaited
  const temporal = await reachTemporal(config, logger, signal);
  onStop('temporal', () => temporal.stop());
  const services = await openServices(config, temporal.target, logger);
  onStop('services', () => services.close());
  const web = await startWeb(services, { temporalUiUrl: temporal.uiUrl });
  const workers = await startWorkers(services, {
    bundle: await bundling,
    webUrl: web.url,
    sandboxUrl: web.localUrl + sandboxPath,
  });
  onStop('workers', () => workers.stop());
  onStop('web', () => web.stop());
  banner(services, { url: web.url, temporalUiUrl: temporal.uiUrl });
  return { running: workers.running };
});
