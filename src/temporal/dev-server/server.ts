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
  /** The CLI that runs the embedded server; null for an external one. */
  readonly cliPath: string | null;
  stop(): Promise<void>;
}

export interface ReachOptions {
  readonly logger: Logger;
  /** Aborted when the process is to end: stops a download or a build of the CLI. */
  readonly signal: AbortSignal;
  /** Hears how far a download or a build of the CLI is; default: the log. */
  readonly progress?: (line: string) => void;
  /** Where an embedded server's UI has payloads decoded. */
  readonly uiCodecEndpoint?: string;
}

/** Resolves when the server is described (external) or serves (embedded). @throws when an embedded one can't be started. */
export async function reachTemporal(config: Config, options: ReachOptions): Promise<TemporalServer> {
  const { logger, signal, uiCodecEndpoint, progress = (line) => logger.info(line) } = options;
  const { temporal } = config;
  if (temporal.kind === 'external') {
    return { target: targetFromEnvironment(temporal.env), uiUrl: temporal.uiUrl, cliPath: null, stop: () => Promise.resolve() };
  }
  const cli = await findTemporalCli({ ...config.temporalCli, progress, signal });
  logger.debug({ path: cli.path, from: cli.from }, 'Temporal CLI found');
  signal.throwIfAborted();
  const server = await startEmbeddedTemporal({
    cliPath: cli.path,
    dataDir: config.dataDir,
    port: temporal.port,
    uiPort: temporal.uiPort,
    namespace: temporal.namespace,
    ...(uiCodecEndpoint === undefined ? {} : { uiCodecEndpoint }),
    logger,
  });
  return {
    target: plainTarget(server.address, server.namespace),
    uiUrl: temporal.uiUrl ?? server.uiUrl,
    cliPath: cli.path,
    stop: () => server.stop(),
  };
}
