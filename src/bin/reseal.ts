/**
 * `npm run reseal -- [--pepper] [--count]`: seals everything with the first of ENCRYPTION_KEYS, so that an older key can be taken out; or draws the last of
 * USER_ID_PEPPER_LAYERS over everything. Safe while the service runs.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { publicUrl } from '../config/config';
import { drawLayer, olderForms, type PepperLayerDeps } from '../application/pepper-layer';
import type { NeededKeys, ResealDeps, ResealedWorkflows } from '../application/reseal';
import { neededKeys, reseal } from '../application/reseal';
import { openServices, sandboxPath, type Services } from '../app/services';
import { runProcess } from '../app/process';
import { startWorkers } from '../app/workers';
import type { Logger } from '../telemetry/logger';
import { askForNewHistory, closedKeptMs, keysOfBuyer, keysOfHistory, openWorkflows, resealSchedules } from '../temporal/reseal';
import { reachTemporal } from '../temporal/dev-server/server';
import { installRuntime } from '../temporal/runtime';
import { workflowBundle } from '../temporal/workflow-bundle';

const { values: options } = parseArgs({
  options: { count: { type: 'boolean' }, pepper: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});

const usage = `npm run reseal -- [options]: seals everything with the first of ENCRYPTION_KEYS

  --pepper  draws the last layer of USER_ID_PEPPER_LAYERS over all identifiers of buyers instead
  --count   only says how many values and workflows need which key, or are under which layer
`;

if (options.help) process.stdout.write(usage);
else
  void runProcess('reseal', async ({ config, logger, signal, step, onStop }) => {
    installRuntime(logger);
    const temporal = await reachTemporal(config, { logger, signal });
    onStop('temporal', () => temporal.stop());
    const services = await openServices(config, temporal.target, logger);
    onStop('services', () => services.close());
    if (config.temporal.kind === 'embedded') {
      // Nobody else runs the workflows that are asked for a new history. This worker sends nothing.
      const webUrl = publicUrl(config.web, config.web.port);
      const bundle = await workflowBundle();
      const workers = await startWorkers(services, { bundle, webUrl, sandboxUrl: webUrl + sandboxPath, sends: false });
      onStop('workers', () => workers.stop());
    }
    const run = options.pepper ? runPepper : runKeys;
    const work = (note: (text: string) => void): Promise<void> => run(services, signal, note);
    return { running: step(options.pepper ? 'Pepper' : 'Keys', work, () => 'done') };
  });

async function runKeys(
  { keyring, store, client, logger }: Services,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<void> {
  const firstKeyId = keyring.firstKeyId;
  const workflows: ResealedWorkflows = {
    open: () => openWorkflows(client),
    keysOf: (workflowId) => keysOfHistory(client, workflowId),
    renew: (workflowId) => askForNewHistory(client, workflowId),
    resealSchedules: () => resealSchedules(client, firstKeyId),
  };
  const report = reporter(logger, note);
  const deps: ResealDeps = { sealed: store.sealed, firstKeyId, workflows, report, signal, pause };
  if (options.count) return tell(logger, firstKeyId, await neededKeys(deps));
  const { needed, ...done } = await reseal(deps);
  logger.info({ key: firstKeyId, ...done }, 'reseal.done');
  tell(logger, firstKeyId, needed);
  const keptMs = await closedKeptMs(client);
  if (keptMs !== null)
    logger.info(
      { until: new Date(Date.now() + keptMs).toISOString() },
      'the histories of closed workflows and of former runs need the older keys until the namespace forgets them',
    );
  const left = otherKeys(firstKeyId, needed);
  if (left.length > 0) throw new Error(`${left.join('\n')}\nrun it again; ${advice}`);
}

async function runPepper(
  { layers, store, client, logger }: Services,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<void> {
  const workflows: PepperLayerDeps['workflows'] = {
    open: () => openWorkflows(client),
    keysOf: (workflowId) => keysOfBuyer(client, workflowId),
    lift: (workflowId, lifted) => askForNewHistory(client, workflowId, lifted),
  };
  const deps: PepperLayerDeps = { pepper: store.pepper, layers, workflows, report: reporter(logger, note), signal, pause };
  if (options.count)
    return logger.info(
      { ...(await store.pepper.generation()), newest: layers.newest, older: await olderForms(deps) },
      'reseal.pepper',
    );
  const { left, ...done } = await drawLayer(deps);
  logger.info(done, 'reseal.pepper.done');
  const parts = Object.entries(left).map(([part, count]) => `${part}: ${count} still under an older layer of the pepper`);
  if (parts.length > 0)
    throw new Error(`${parts.join('\n')}\nrun it again: a workflow with a delivery under way renews its history after it`);
}

function reporter(logger: Logger, note: (text: string) => void): ResealDeps['report'] {
  let logged = 0;
  return ({ part, done }) => {
    note(`${part}: ${done}`);
    if (done < logged + loggedEvery && done >= logged) return;
    logged = done;
    logger.info({ part, done }, 'reseal.progress');
  };
}

const advice =
  'a key that is not in ENCRYPTION_KEYS has to be put back first, and a workflow with a delivery under way renews its history after it';

const loggedEvery = 1_000;

/** One line per key: what needs it. */
function tell(logger: Logger, firstKeyId: string, needed: NeededKeys): void {
  const ids = new Set([firstKeyId, ...Object.values(needed).flatMap((byKey) => Object.keys(byKey))]);
  for (const key of ids) {
    const by = Object.fromEntries(Object.entries(needed).flatMap(([part, byKey]) => (byKey[key] ? [[part, byKey[key]]] : [])));
    logger.info({ key, isFirst: key === firstKeyId, neededBy: by }, 'reseal.key');
  }
}

function otherKeys(firstKeyId: string, needed: NeededKeys): string[] {
  return Object.entries(needed).flatMap(([part, byKey]) =>
    Object.entries(byKey).flatMap(([key, count]) =>
      key === firstKeyId ? [] : [`${part}: ${count} still sealed with the key "${key}"`],
    ),
  );
}
