/** What a real server gets to see: nothing of arguments, and nothing of what failures say. */
import { DefaultLogger, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { Keyring } from '../../src/crypto/keyring';
import { dataConverterFor, failureConverterPath } from '../../src/temporal/codec';
import { connectClient, connectWorker, plainTarget, withDeadline } from '../../src/temporal/connection';

const logger = new DefaultLogger('ERROR');
Runtime.install({ logger });

const secret = 'ada@example.com';
const target = plainTarget(process.env.TEST_TEMPORAL_ADDRESS ?? '');
const dataConverter = dataConverterFor(new Keyring([{ id: 'k1', key: Buffer.alloc(32, 1) }]));
const taskQueue = 'codec-test';

it('no clear word is stored, and workflow and client read all of it', async () => {
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('../support/leaking-workflow'),
    failureConverterPath,
    logger,
  });
  const client = await connectClient(target, dataConverter);
  const connection = await connectWorker(target);
  try {
    const refuse = async (email: string): Promise<void> => {
      throw ApplicationFailure.nonRetryable(`no such buyer: ${email}`, 'Refused');
    };
    const worker = await Worker.create({
      connection,
      namespace: target.namespace,
      taskQueue,
      workflowBundle,
      dataConverter,
      activities: { refuse },
    });
    const handle = await client.workflow.start('leaking', {
      workflowId: 'leaking',
      taskQueue,
      args: [secret],
      memo: { buyer: secret },
    });
    const failure = await worker.runUntil(
      handle.result().then(
        () => null,
        (error: Error) => error,
      ),
    );

    expect((failure?.cause as Error).message).toBe(`cannot go on: no such buyer: ${secret}`);
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: target.namespace,
      execution: { workflowId: 'leaking' },
    });
    const stored = readable(history);
    expect(stored).toContain('Encoded failure');
    expect(stored).toContain('binary/encrypted');
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain('no such buyer');
    expect(stored).not.toContain('leaking-workflow.ts');
    // That these would be found if they stood there.
    expect(readable({ data: Buffer.from(`no such buyer: ${secret}`).toString('base64') })).toContain(secret);
  } finally {
    await connection.close();
    await client.connection.close();
  }
});

it('a call with a deadline ends by it, also when the server takes calls and answers none', async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const connection = Connection.lazy({ address: `127.0.0.1:${(silent.address() as AddressInfo).port}` });
  const client = new Client({ connection });
  try {
    const startedAt = performance.now();
    const call = withDeadline(client, 300, () => client.workflowService.describeNamespace({ namespace: 'default' }));
    await expect(call).rejects.toThrow(/DEADLINE_EXCEEDED/);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  } finally {
    await connection.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

it('a server that is not there is named', async () => {
  await expect(connectClient({ ...plainTarget('127.0.0.1:1'), namespace: 'ns' }, {})).rejects.toThrow(
    /^cannot reach Temporal at 127\.0\.0\.1:1 \(namespace ns\)/,
  );
});

/** All that can be read in stored events, bytes as the text they may be. */
function readable(events: unknown): string {
  const json = JSON.stringify(events);
  const bytes = [...json.matchAll(/"([A-Za-z0-9+/=]{4,})"/g)].map(([, base64]) =>
    Buffer.from(base64 ?? '', 'base64').toString('latin1'),
  );
  return [json, ...bytes].join('\n');
}
