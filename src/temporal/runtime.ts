/** The SDK's own log lines go where ours go. */
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import type { Logger } from '../telemetry/logger';

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/** Once per process, before anything else of the SDK. Signals are ours: workers stop when the process stops them. */
export function installRuntime(logger: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const { error } = meta ?? {};
      const fields = error instanceof Error ? { sdk: true, reason: error.message, stack: error.stack } : { sdk: true };
      const isRoutine = message.startsWith('No workflows registered'); // the queue of sends is meant to have none
      logger[isRoutine ? 'debug' : levels[level]](fields, message);
    }),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  });
}
