/** The Temporal server of this process: the one the environment names, or one of our own. */
import type { Config } from '../../config/config';
import type { Logger } from '../../telemetry/logger';
import { findTemporalCli } from './cli';
import type { TemporalTarget } from '../connection';
import { plainTarget, targetFromEnvironment } from '../connection';
import { startEmbeddedTemporal } from './embedded';

export interface TemporalServer {
  readonly target: TemporalTarget;
  /** Link target for operators, where it is known. */
  readonly uiUrl: string | null;
  stop(): Promise<void>;
}

export async function reachTemporal(config: Config, logger: Logger, signal: AbortSignal): Promise<TemporalServer> {
  const { temporal } = config;
  if (temporal.kind === 'external') {
    return { target: targetFromEnvironment(temporal.env), uiUrl: temporal.uiUrl, stop: () => Promise.resolve() };
  }
  const cli = await findTemporalCli({ ...config.temporalCli, progress: (line) => logger.info(line), signal });
  logger.debug({ path: cli.path, from: cli.from }, 'Temporal CLI found');
  signal.throwIfAborted();
  const server = await startEmbeddedTemporal({
    cliPath: cli.path,
    dataDir: config.dataDir,
    port: temporal.port,
    uiPort: temporal.uiPort,
    namespace: temporal.namespace,
    logger,
  });
  return {
    target: plainTarget(server.address, server.namespace),
    uiUrl: temporal.uiUrl ?? server.uiUrl,
    stop: () => server.stop(),
  };
}
