/** Temporal's time-skipping test server, in which days pass in seconds. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Part } from '../../scripts/stack/part';
import { listens } from '../../scripts/stack/temporal';
import { timeSkippingServerPath } from '../../scripts/time-skipping-server';
import { freePort } from '../../src/temporal/dev-server/ports';

export interface TimeSkipping {
  readonly env: TestWorkflowEnvironment;
  stop(): Promise<void>;
}

/** The one that `scripts/time-skipping-server.ts` fetched, or else one that the SDK downloads. */
export async function startTimeSkipping(): Promise<TimeSkipping> {
  const command = timeSkippingServerPath(process.env);
  if (!existsSync(command)) {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    return { env, stop: () => env.teardown() };
  }
  const port = await freePort('127.0.0.1');
  const folder = mkdtempSync(join(tmpdir(), 'relay-days-'));
  const server = new Part({
    ...{ name: 'test-server', command, args: [String(port)], cwd: folder, log: join(folder, 'log') },
    env: { PATH: process.env['PATH'] ?? '' },
    ready: () => listens(port),
  });
  const stop = async (): Promise<void> => {
    await server.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await server.start();
    const env = await connectTo(`127.0.0.1:${port}`);
    return { env, stop: () => env.teardown().finally(stop) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * The SDK gives a server that it starts five seconds; a Java machine beside other tests takes longer. To a server that runs already it
 * connects as to one that skips no time, so the method behind both is called, which has no public type.
 */
function connectTo(address: string): Promise<TestWorkflowEnvironment> {
  const { create } = TestWorkflowEnvironment as unknown as { create(options: object): Promise<TestWorkflowEnvironment> };
  // That server closes a connection which asks every 30 s whether it is alive, and with it a sleep that takes longer.
  const connectionOptions = { channelArgs: { 'grpc.keepalive_time_ms': 3_600_000 } };
  const options = { server: { type: 'existing' }, supportsTimeSkipping: true, namespace: 'default', address, connectionOptions };
  return create.call(TestWorkflowEnvironment, options);
}
