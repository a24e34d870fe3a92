/** `npm run reseal -- [--count]`: seals everything with the first of ENCRYPTION_KEYS, so that an older key can be taken out. Safe while the service runs. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { publicUrl } from '../config/config';
import type { NeededKeys, ResealDeps, ResealedWorkflows } from '../application/reseal';
import { neededKeys, reseal } from '../application/reseal';
import { openServices, sandboxPath, type Services } from '../app/services';
import { runProcess } from '../app/process';
import { startWorkers } from '../app/workers';
import type { Logger } from '../telemetry/logger';
import { askForNewHistory, closedKeptMs, keysOfHistory, openWorkflows, resealSchedules } from '../temporal/reseal';
import { reachTemporal } from '../temporal/dev-server/server';
import { installRuntime } from '../temporal/runtime';
import { workflowBundle } from '../temporal/workflow-bundle';

const { values: options } = parseArgs({ options: { count: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });

const usage = `npm run reseal -- [options]: seals everything with the first of ENCRYPTION_KEYS

  --count   only says how many values and workflows need which key
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
    const work = (note: (text: string) => void): Promise<void> => run(services, signal, note);
    return { running: step('Keys', work, () => 'done') };
  });

async function run(
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
  let logged = 0;
  const report: ResealDeps['report'] = ({ part, done }) => {
    note(`${part}: ${done}`);
    if (done < logged + loggedEvery && done >= logged) return;
    logged = done;
    logger.info({ part, done }, 'reseal.progress');
  };
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
