/** Temporal's time-skipping test server, in which days pass in seconds. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { timeSkippingServerPath } from '../../scripts/time-skipping-server';
import { freePort } from '../../src/temporal/dev-server/ports';
import { eventually } from './relay';

export interface TimeSkipping {
  readonly env: TestWorkflowEnvironment;
  stop(): Promise<void>;
}

/** The one that `scripts/time-skipping-server.ts` fetched, or else one that the SDK downloads. */
export async function startTimeSkipping(): Promise<TimeSkipping> {
  const path = timeSkippingServerPath(process.env);
  if (!existsSync(path)) {
    const env = await TestWorkflowEnvironment.createTimeSkipping();
    return { env, stop: () => env.teardown() };
  }
  const port = await freePort('127.0.0.1');
  const server = spawn(path, [String(port)], { stdio: 'ignore' });
  try {
    await eventually(() => accepts(port, server));
    const env = await connectTo(`127.0.0.1:${port}`);
    return {
      env,
      async stop() {
        await env.teardown();
        await ended(server);
      },
    };
  } catch (error) {
    await ended(server);
    throw error;
  }
}

/**
 * The SDK gives a server that it starts five seconds; a Java machine beside other tests takes longer. To a server that runs already it
 * connects as to one that skips no time, so the method behind both is called, which has no public type.
 */
function connectTo(address: string): Promise<TestWorkflowEnvironment> {
  const { create } = TestWorkflowEnvironment as unknown as { create(options: object): Promise<TestWorkflowEnvironment> };
  const options = { server: { type: 'existing' }, supportsTimeSkipping: true, namespace: 'default', address };
  return create.call(TestWorkflowEnvironment, options);
}

function accepts(port: number, server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return Promise.resolve(); // connecting fails then, and says so
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(void socket.end()));
    socket.on('error', reject);
  });
}

function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    server.once('exit', () => resolve());
    server.kill('SIGKILL');
  });
}
