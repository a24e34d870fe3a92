/** How we reach Temporal: one description of the server, from which clients and workers connect. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  Connection,
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import { ConfigError } from '../config/config';
import type { Tracing } from '../telemetry/tracing';
import { clientInterceptor } from './trace-interceptors';

/** The client, for those who only hand it on. */
export type TemporalClient = Client;

export interface TemporalTarget {
  readonly connectionOptions: NativeConnectionOptions;
  readonly namespace: string;
}

/** An embedded server, or any other without TLS and authentication. */
export function plainTarget(address: string, namespace = 'default'): TemporalTarget {
  return { connectionOptions: { address }, namespace };
}

/**
 * The server that `TEMPORAL_*` and profile files describe, read as Temporal's own tools read them.
 * @throws ConfigError when they contradict each other, or name a profile or file that doesn't exist.
 */
export function targetFromEnvironment(env: Readonly<Record<string, string>>): TemporalTarget {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: { ...env } });
    if (!connectionOptions.address) throw new Error('neither the environment nor the profile names an address');
    return { connectionOptions, namespace: namespace ?? 'default' };
  } catch (error) {
    const variable = env.TEMPORAL_PROFILE
      ? 'TEMPORAL_PROFILE'
      : env.TEMPORAL_CONFIG_FILE
        ? 'TEMPORAL_CONFIG_FILE'
        : 'TEMPORAL_ADDRESS';
    throw new ConfigError([
      { variable, message: (error as Error).message, example: 'TEMPORAL_ADDRESS=temporal.example.com:7233' },
    ]);
  }
}

/** For signals, queries, schedules and operators. Close its `connection` at the end. */
export async function connectClient(
  target: TemporalTarget,
  dataConverter: DataConverter,
  tracing: Tracing | null = null,
): Promise<Client> {
  const { address, apiKey, tls, metadata } = target.connectionOptions;
  const retries = endableRetries();
  const options: ConnectionOptions = { connectTimeout: '10s', interceptors: [retries.interceptor] };
  if (address !== undefined) options.address = address;
  if (apiKey !== undefined) options.apiKey = apiKey;
  if (tls !== undefined) options.tls = tls;
  if (metadata !== undefined) options.metadata = metadata;
  const connection = await reached(target, () => Connection.connect(options));
  const close = connection.close.bind(connection);
  connection.close = () => retries.end().then(close);
  const interceptors = tracing === null ? {} : { interceptors: { workflow: [clientInterceptor(tracing)] } };
  return new Client({ connection, namespace: target.namespace, dataConverter, ...interceptors });
}

/**
 * The SDK's retries of calls, which end before the connection does: one that is due after it was closed would throw from its timer, where
 * nobody catches it, and end the process.
 */
function endableRetries() {
  const usual = defaultGrpcRetryOptions();
  let hasEnded = false;
  let lastAtMs = 0;
  const interceptor = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !hasEnded && usual.retryableDecider(attempt, status),
    delayFunction(attempt, status) {
      const delayMs = usual.delayFunction(attempt, status);
      lastAtMs = Math.max(lastAtMs, performance.now() + delayMs);
      return delayMs;
    },
  });
  /** Resolves when those that were waiting have begun. */
  const end = async (): Promise<void> => {
    hasEnded = true;
    const leftMs = lastAtMs - performance.now();
    if (leftMs > 0) await sleep(leftMs + 10);
  };
  return { interceptor, end };
}

/** For workers. Close it at the end, after the workers. */
export async function connectWorker(target: TemporalTarget): Promise<NativeConnection> {
  return reached(target, () => NativeConnection.connect(target.connectionOptions));
}

/** Runs calls of the client with a deadline: after it they fail with DEADLINE_EXCEEDED instead of being retried on. */
export function withDeadline<T>(client: Client, timeoutMs: number, call: () => Promise<T>): Promise<T> {
  return client.connection.withDeadline(Date.now() + timeoutMs, call);
}

async function reached<T>({ connectionOptions: { address }, namespace }: TemporalTarget, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (error) {
    throw new Error(
      `cannot reach Temporal at ${address ?? 'localhost:7233'} (namespace ${namespace}): ${(error as Error).message}; does TEMPORAL_ADDRESS name it? (example: TEMPORAL_ADDRESS=temporal.example.com:7233)`,
      { cause: error },
    );
  }
}
