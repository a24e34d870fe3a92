/** Everything in one process: `npm start`. What the environment does not name is embedded: Temporal, the database, TikTok's end. */
import { uiCodecEndpoint } from '../app/codec-endpoint';
import { openWebListener } from '../app/listener';
import { runProcess } from '../app/process';
import { publicUrl } from '../config/config';
import { launchTemporal } from '../temporal/dev-server/server';

/**
 * In the order in which the parts wait for each other. Temporal's server needs the longest and nothing of ours, so it is launched before
 * most of our code is loaded; the database opens and the workers are made while it comes up.
 */
void runProcess('all', async ({ config, logger, signal, screen, step, onStop }) => {
  // First, since the Temporal UI needs this port.
  const listener = await openWebListener(config);
  const temporal = await step(
    'Temporal',
    (note) =>
      launchTemporal(config, {
        ...{ logger, signal },
        ...(screen === null ? {} : { progress: note }),
        uiCodecEndpoint: uiCodecEndpoint(listener.localUrl, config.operator?.token ?? ''),
      }),
    ({ target }) => target.connectionOptions.address ?? '',
  );
  onStop('temporal', () => temporal.stop());

  const { workflowBundle } = await import('../temporal/workflow-bundle.js');
  const bundling = workflowBundle();
  bundling.catch(() => undefined); // here and below: reported where it is awaited
  const { openServices, sandboxPath } = await import('../app/services.js');
  const opening = openServices(config, temporal.target, logger, temporal.serving);
  opening.catch(() => undefined);
  onStop('services', () => opening.then((services) => services.close(), nothing));
  const { services, installRuntimeWithMetrics, startWeb, startWorkers, banner } = await step(
    'Database',
    async () => {
      const { installRuntimeWithMetrics } = await import('../temporal/runtime.js');
      const { startWorkers } = await import('../app/workers.js');
      const { startWeb } = await import('../app/web.js');
      const { banner } = await import('../app/banner.js');
      return { services: await opening, installRuntimeWithMetrics, startWeb, startWorkers, banner };
    },
    () => (config.database.kind === 'postgres' ? 'PostgreSQL' : 'embedded'),
  );

  const sdkMetrics = await installRuntimeWithMetrics(logger);
  const serving = startWeb(services, { temporalUiUrl: temporal.uiUrl, listener, sdkMetrics });
  const working = bundling.then((bundle) =>
    startWorkers(services, {
      ...{ bundle, workFrom: serving },
      webUrl: publicUrl(config.web, listener.port),
      sandboxUrl: listener.localUrl + sandboxPath,
    }),
  );
  working.catch(() => undefined);
  onStop('workers', () => working.then((workers) => workers.stop(), nothing));
  onStop('web', () => serving.then((web) => web.stop(), nothing));
  const web = await step(
    'Web',
    () => serving,
    ({ url }) => url,
  );
  const { running } = await step(
    'Worker',
    () => working,
    () => 'workflows and sends',
  );
  await banner(services, { ...web, temporal, createSignInLink: () => web.createSignInLink() }, screen);
  return { running };
});

/** What did not start needs no stop. */
function nothing(): void {
  return;
}
