/** The frame of every entry point: read the configuration, start parts in order, stop them in reverse, say why it can't start. */
import type { Config, ProcessKind } from '../config/config';
import { configFromEnvironment, terminalCapabilities } from '../config/config';
import { startupSummary } from '../config/summary';
import type { Logger } from '../telemetry/logger';
import { createLogger } from '../telemetry/logger';
import { failureText } from './failure-text';
import { createScreen, type Screen } from './screen';
import { type Step, stepsOn } from './steps';

export interface ProcessContext {
  readonly config: Config;
  readonly logger: Logger;
  /** Aborted when the process is to end, also while it is still starting. */
  readonly signal: AbortSignal;
  /** Shows a part of the start on a terminal while it is under way, and what came of it. Elsewhere it only does the work. */
  readonly step: Step;
  /** The terminal; null where the output goes to a file or a log. */
  readonly screen: Screen | null;
  /** Registers a part to stop; the last one started is stopped first. */
  readonly onStop: (name: string, stop: () => Promise<void>) => void;
}

/** Runs until SIGINT or SIGTERM, or until `running` settles. Exits with 1 when it can't start or breaks down. */
export async function runProcess(
  kind: ProcessKind,
  start: (context: ProcessContext) => Promise<{ readonly running: Promise<unknown> }>,
): Promise<void> {
  // What this process writes is for its user alone, also in a folder that was there before.
  process.umask(0o077);
  const config = readConfig(kind);
  if (!config) return;
  const screen = process.stdout.isTTY ? createScreen(process.stdout, terminalCapabilities()) : null;
  const logger = createLogger({ level: config.logLevel, ...(screen === null ? {} : { destination: linesOf(screen) }) });
  const ending = new AbortController();
  const stops: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  const signalled = endOnSignals(ending, logger);

  // On a terminal the summary of `npm start` stands in its box; the schema has little to do with it.
  const summaryLevel = kind === 'migrate' || (screen !== null && kind === 'all') ? 'debug' : 'info';
  for (const line of startupSummary(config)) logger[summaryLevel](line);
  for (const warning of config.warnings) logger.warn(warning);
  try {
    const { running } = await start({
      config,
      logger,
      signal: ending.signal,
      screen,
      step: screen === null ? quietly : stepsOn(screen),
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

const quietly: Step = (_label, work) => work(() => undefined);

/** Log lines go above what changes in place. */
function linesOf(screen: Screen): { write(line: string): void } {
  return { write: (line) => screen.print(line.replace(/\n$/, '')) };
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
