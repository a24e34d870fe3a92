/** The frame of every entry point: read the configuration, start parts in order, stop them in reverse, say why it can't start. */
import type { Config, ProcessKind } from '../config/config';
import { configFromEnvironment } from '../config/config';
import { startupSummary } from '../config/summary';
import type { Logger } from '../telemetry/logger';
import { createLogger } from '../telemetry/logger';
import { adapters } from '../psp';
import { failureText } from './failure-text';

export interface ProcessContext {
  readonly config: Config;
  readonly logger: Logger;
  /** Aborted when the process is to end, also while it is still starting. */
  readonly signal: AbortSignal;
  /** Registers a part to stop; the last one started is stopped first. */
  readonly onStop: (name: string, stop: () => Promise<void>) => void;
}

/** Runs until SIGINT or SIGTERM, or until `running` settles. Exits with 1 when it can't start or breaks down. */
export async function runProcess(
  kind: ProcessKind,
  start: (context: ProcessContext) => Promise<{ readonly running: Promise<unknown> }>,
): Promise<void> {
  const config = readConfig(kind);
  if (!config) return;
  const logger = createLogger({ level: config.logLevel });
  const ending = new AbortController();
  const stops: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  const signalled = endOnSignals(ending, logger);

  for (const line of startupSummary(config, Object.keys(adapters))) logger.info(line);
  for (const warning of config.warnings) logger.warn(warning);
  try {
    const { running } = await start({
      config,
      logger,
      signal: ending.signal,
      onStop: (name, stop) => void stops.push({ name, stop }),
    });
    await Promise.race([running, signalled]);
  } catch (error) {
    if (!ending.signal.aborted) {
      process.exitCode = 1;
      process.stderr.write(`${failureText(error)}\n`);
    }
  }
  for (const { name, stop } of stops.reverse()) {
    await stop().catch((error: unknown) => logger.error({ err: error }, `${name} did not stop cleanly`));
  }
  if (ending.signal.aborted) logger.info('stopped');
  process.exit();
}

function readConfig(kind: ProcessKind): Config | null {
  try {
    return configFromEnvironment(kind);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${failureText(error)}\n`);
    return null;
  }
}

/** The first signal ends it in order, the second at once. */
function endOnSignals(ending: AbortController, logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (ending.signal.aborted) process.exit(130);
        logger.info({ signal }, 'stopping; once more to stop at once');
        ending.abort();
        resolve();
      });
    }
  });
}
