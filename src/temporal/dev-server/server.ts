/** The Temporal server of this process: the one the environment names, or one of our own. */
import type { Config } from '../../config/config';
import type { Logger } from '../../telemetry/logger';
import { findTemporalCli } from './cli';
import type { TemporalTarget } from '../connection';
import { launchEmbeddedTemporal } from './embedded';

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

export interface LaunchedTemporalServer extends TemporalServer {
  /** Resolves when an embedded server serves; of an external one this is for who connects. Rejects when an embedded one can't be started. */
  readonly serving: Promise<unknown>;
}

/** Resolves when the server is described (external) or serves (embedded). @throws when an embedded one can't be started. */
export async function reachTemporal(config: Config, options: ReachOptions): Promise<TemporalServer> {
  const server = await launchTemporal(config, options);
  await server.serving;
  return server;
}

/**
 * Resolves as soon as an embedded server's process runs, so that others can load and open what they need while it comes up. Little is
 * loaded before that, and nothing of Temporal's SDK.
 * @throws when there is no Temporal CLI, or its ports are taken
 */
export async function launchTemporal(config: Config, options: ReachOptions): Promise<LaunchedTemporalServer> {
  const { logger, signal, uiCodecEndpoint, progress = (line) => logger.info(line) } = options;
  const { temporal } = config;
  if (temporal.kind === 'external') {
    const { targetFromEnvironment } = await import('../connection.js');
    const target = targetFromEnvironment(temporal.env);
    const nothing = (): Promise<void> => Promise.resolve();
    return { target, uiUrl: temporal.uiUrl, cliPath: null, serving: nothing(), stop: nothing };
  }
  const cli = await findTemporalCli({ ...config.temporalCli, progress, signal });
  logger.debug({ path: cli.path, from: cli.from }, 'Temporal CLI found');
  signal.throwIfAborted();
  const server = await launchEmbeddedTemporal({
    cliPath: cli.path,
    dataDir: config.dataDir,
    port: temporal.port,
    uiPort: temporal.uiPort,
    namespace: temporal.namespace,
    ...(uiCodecEndpoint === undefined ? {} : { uiCodecEndpoint }),
    logger,
  });
  return {
    target: { connectionOptions: { address: server.address }, namespace: server.namespace },
    uiUrl: temporal.uiUrl ?? server.uiUrl,
    cliPath: cli.path,
    serving: server.serving,
    stop: () => server.stop(),
  };
}
