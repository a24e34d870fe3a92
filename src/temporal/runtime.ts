/** The SDK's own log lines and metrics go where ours go. */
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import { compact } from '../domain/compact';
import { freePort } from './dev-server/ports';
import type { Logger } from '../telemetry/logger';

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/** Once per process, before anything else of the SDK. Signals are ours: workers stop when the process stops them. */
export function installRuntime(logger: Logger, { metricsAddress }: { readonly metricsAddress?: string } = {}): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const isRoutine = message.startsWith('No workflows registered'); // the queue of sends is meant to have none
      logger[isRoutine ? 'debug' : levels[level]](sdkFields(meta), message);
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
      ...(metricsAddress === undefined ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } }),
    },
  });
}

/** Where it happened and why. A failure that our code has decided on needs no stack: its type says it. */
export function sdkFields({ error, workflowId, activityType }: SdkMeta = {}): object {
  const place = compact({ workflowId, activityType });
  if (error instanceof ApplicationFailure) return { sdk: true, ...place, type: error.type ?? null, reason: error.message };
  return error instanceof Error ? { sdk: true, ...place, reason: error.message, stack: error.stack } : { sdk: true, ...place };
}

interface SdkMeta {
  readonly error?: unknown;
  readonly workflowId?: unknown;
  readonly activityType?: unknown;
}

/** Installs the runtime with its exporter on a free port of this machine. Resolves to a reader of its metrics as Prometheus text. */
export async function installRuntimeWithMetrics(logger: Logger): Promise<() => Promise<string>> {
  const metricsAddress = `127.0.0.1:${await freePort('127.0.0.1')}`;
  installRuntime(logger, { metricsAddress });
  return async () => {
    const response = await fetch(`http://${metricsAddress}/metrics`, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? await response.text() : '';
  };
}
