/** `npm run reproject`: rebuilds the purchases table from the workflows, which are the truth. Safe while the service runs. */
import { inParallel } from '../application/in-parallel';
import { publicUrl } from '../config/config';
import type { Services } from '../app/services';
import { openServices, sandboxPath } from '../app/services';
import { runProcess } from '../app/process';
import { listSubscriptions } from '../temporal/subscriptions';
import { installRuntime } from '../temporal/runtime';
import { reachTemporal } from '../temporal/dev-server/server';
import { workflowBundle } from '../temporal/workflow-bundle';
import { startWorkers } from '../app/workers';

void runProcess('reproject', async ({ config, logger, signal, onStop }) => {
  installRuntime(logger);
  const bundle = await workflowBundle();
  const temporal = await reachTemporal(config, { logger, signal });
  onStop('temporal', () => temporal.stop());
  const services = await openServices(config, temporal.target, logger);
  onStop('services', () => services.close());
  const webUrl = publicUrl(config.web, config.web.port);
  // Workflows answer only where a worker runs; this one sends nothing.
  const workers = await startWorkers(services, { bundle, webUrl, sandboxUrl: webUrl + sandboxPath, sends: false });
  onStop('workers', () => workers.stop());
  return { running: reproject(services, signal) };
});

/** Workflows that are queried side by side. */
const queriesAtOnce = 8;

async function reproject({ store, logger, client, subscriptions }: Services, signal: AbortSignal): Promise<void> {
  const done = { orders: 0, purchases: 0, folded: 0, unanswered: 0 };
  await inParallel(untilAborted(listSubscriptions(client), signal), queriesAtOnce, async (order) => {
    try {
      const view = await subscriptions.state(order);
      if (!view) return;
      await store.purchases.record(order.integration, view.purchases);
      done.orders += 1;
      done.purchases += view.purchases.length;
      // Old settled purchases of long orders: only the table has them.
      done.folded += view.folded ?? 0;
      if (done.orders % 500 === 0) logger.info({ ...done }, 'reprojecting');
    } catch (error) {
      done.unanswered += 1;
      logger.error({ ...order, reason: error instanceof Error ? error.message : String(error) }, 'a workflow did not answer');
    }
  });
  logger.info({ ...done }, 'the purchases table is rebuilt');
  if (done.unanswered > 0) throw new Error(`${done.unanswered} workflows did not answer: run it again`);
}

/** The items up to the abort: nothing is listed after it. */
async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const item of items) {
    if (signal.aborted) return;
    yield item;
  }
}
