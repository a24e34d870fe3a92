/** The web process of a real deployment: takes webhooks and serves operators. */
import { openServices } from '../app/services';
import { providerSummary } from '../app/provider-summary';
import { runProcess } from '../app/process';
import { reachTemporal } from '../temporal/dev-server/server';
import { startWeb } from '../app/web';

void runProcess('web', async ({ config, logger, signal, onStop }) => {
  const temporal = await reachTemporal(config, { logger, signal });
  const services = await openServices(config, temporal.target, logger);
  onStop('services', () => services.close());
  const web = await startWeb(services, { temporalUiUrl: temporal.uiUrl });
  onStop('web', () => web.stop());
  for (const line of providerSummary(
    services.accounts,
    config.integrations.map(({ id }) => id),
  ))
    logger.info(line);
  logger.info({ url: web.url, temporalUi: temporal.uiUrl }, 'web is ready');
  return { running: new Promise(() => undefined) };
});
