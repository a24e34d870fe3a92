/**
 * `npm run reproject`: rebuilds the purchases table from the workflows, which are the truth, and what else they know that the database does
 * not. Safe while the service runs. `-- --confirm`: an operator has taken note of a loss.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { inParallel } from '../application/in-parallel';
import { confirmLoss, noteOlderSettings, rebuildOrder } from '../application/lost-database';
import { publicUrl } from '../config/config';
import type { DecidingSettings } from '../domain/settings';
import type { Services } from '../app/services';
import { openServices, sandboxPath } from '../app/services';
import { runProcess } from '../app/process';
import { listSubscriptions, type Subscriptions } from '../temporal/subscriptions';
import { installRuntime } from '../temporal/runtime';
import { reachTemporal } from '../temporal/dev-server/server';
import { workflowBundle } from '../temporal/workflow-bundle';
import { startWorkers } from '../app/workers';
import type { OrderRef } from '../../workflows/contract';

const { values: options } = parseArgs({ options: { confirm: { type: 'boolean' } } });

void runProcess('reproject', async ({ config, logger, signal, onStop }) => {
  installRuntime(logger);
  const bundle = await workflowBundle();
  const temporal = await reachTemporal(config, { logger, signal });
  onStop('temporal', () => temporal.stop());
  const services = await openServices(config, temporal.target, logger);
  onStop('services', () => services.close());
  if (options.confirm) return { running: confirm(services) };
  const webUrl = publicUrl(config.web, config.web.port);
  // Workflows answer only where a worker runs; this one sends nothing.
  const workers = await startWorkers(services, { bundle, webUrl, sandboxUrl: webUrl + sandboxPath, sends: false });
  onStop('workers', () => workers.stop());
  return { running: reproject(services, signal) };
});

async function confirm({ config, store, logger }: Services): Promise<void> {
  const integrations = config.integrations.map(({ id }) => id);
  const confirmed = await confirmLoss(store.alerts, integrations, Date.now());
  logger.info({ confirmed }, confirmed === 0 ? 'there was no loss to take note of' : 'the loss of the database is confirmed');
}

/** Workflows that are queried side by side. */
const queriesAtOnce = 8;

async function reproject(services: Services, signal: AbortSignal): Promise<void> {
  const { store, logger, client, subscriptions } = services;
  const done = { orders: 0, purchases: 0, rebuiltOrders: 0, folded: 0, unanswered: 0 };
  const settings = new Map<string, Map<number, DecidingSettings>>();
  await inParallel(untilAborted(listSubscriptions(client), signal), queriesAtOnce, async (order) => {
    try {
      const answer = await answered(subscriptions, order);
      if (!answer) return;
      const { view, known } = answer;
      const versions = settings.get(order.integration) ?? new Map<number, DecidingSettings>();
      settings.set(order.integration, versions);
      for (const deciding of Object.values(known.settings)) versions.set(deciding.version, deciding);
      if (await rebuildOrder(store, order, known)) done.rebuiltOrders += 1;
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
  const isBehind = await restoreSettings(services, settings);
  logger.info({ ...done }, 'the purchases table is rebuilt');
  if (done.rebuiltOrders > 0 || isBehind) logger.warn(notBroughtBack);
  if (done.unanswered > 0) throw new Error(`${done.unanswered} workflows did not answer: run it again`);
}

const notBroughtBack =
  'brought back from workflows: purchases, orders with their payments, buyers by their identifiers, first purchases, and the part of the ' +
  'settings that decides (the limit, the policy, the event name, the age). NOT brought back: pixel, token, prices and consent rules of the ' +
  'settings (they are those of the environment), what is known of buyers beside their identifiers (clicks, e-mail and phone hashes, consent), ' +
  'erasures of identifiers that no workflow has, other ids of payments (a refund that names one is kept until an event connects it), attempts, ' +
  'the quarantine, secrets that were entered, audit, the webhook log, and orders whose workflow Temporal has forgotten. Check the settings, ' +
  'above all the limit; then confirm by `npm run reproject -- --confirm`';

/** Stores settings by which workflows have decided and which the database lacks. True when it lacked any. */
async function restoreSettings(
  { store, settings, logger }: Services,
  known: ReadonlyMap<string, ReadonlyMap<number, DecidingSettings>>,
): Promise<boolean> {
  let isBehind = false;
  for (const [integration, versions] of known) {
    const { version: stored } = await settings.latest(integration);
    const newest = Math.max(0, ...versions.keys());
    if (newest <= stored) continue;
    isBehind = true;
    await noteOlderSettings({ alerts: store.alerts, nowMs: Date.now }, integration, { stored, known: newest });
    const change = { by: 'reproject', atMs: Date.now() };
    const inForce = await store.settings.restore(integration, [...versions.values()], change);
    const { limitPurchaseEvents } = await settings.latest(integration);
    logger.warn({ integration, stored, newest, inForce, limitPurchaseEvents }, 'the settings were behind those of the workflows');
  }
  return isBehind;
}

/** The first queries may wait for a worker that is still starting, or for workflows that are read from their histories. */
const attempts = 5;

async function answered(subscriptions: Subscriptions, order: OrderRef): ReturnType<Subscriptions['order']> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await subscriptions.order(order);
    } catch (error) {
      if (attempt === attempts) throw error;
      await sleep(attempt * 1_000);
    }
  }
}

/** The items up to the abort: nothing is listed after it. */
async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const item of items) {
    if (signal.aborted) return;
    yield item;
  }
}
