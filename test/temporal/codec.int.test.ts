/** What a real server gets to see: nothing of arguments, and nothing of what failures say. */
import { Worker, bundleWorkflowCode } from '@temporalio/worker';
import { ApplicationFailure } from '@temporalio/common';
import { Keyring } from '../../src/sealing/keyring';
import { dataConverterFor, failureConverterPath } from '../../src/temporal/codec';
import { connectClient, connectWorker, plainTarget, withDeadline } from '../../src/temporal/connection';

jest.setTimeout(60_000);

const secret = 'ada@example.com';
const target = plainTarget(process.env.TEST_TEMPORAL_ADDRESS ?? '');
const dataConverter = dataConverterFor(new Keyring([{ id: 'k1', key: Buffer.alloc(32, 1) }]));
const taskQueue = 'codec-test';

test('no clear word is stored, and workflow and client read all of it', async () => {
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: require.resolve('../support/leaking-workflow'), failureConverterPath });
  const client = await connectClient(target, dataConverter);
  const connection = await connectWorker(target);
  try {
    const refuse = async (email: string): Promise<void> => {
      throw ApplicationFailure.nonRetryable(`no such buyer: ${email}`, 'Refused');
    };
    const worker = await Worker.create({ connection, namespace: target.namespace, taskQueue, workflowBundle, dataConverter, activities: { refuse } });
    const handle = await client.workflow.start('leaking', { workflowId: 'leaking', taskQueue, args: [secret], memo: { buyer: secret } });
    const failure = await worker.runUntil(handle.result().then(() => null, (error: Error) => error));

    expect((failure?.cause as Error).message).toBe(`cannot go on: no such buyer: ${secret}`);
    const history = JSON.stringify(await handle.fetchHistory(), (_key, value: unknown) => (isBytes(value) ? Buffer.from(value).toString('latin1') : value));
    expect(history).toContain('Encoded failure');
    expect(history).toContain('binary/encrypted');
    expect(history).not.toContain(secret);
    expect(history).not.toContain('no such buyer');
    expect(history).not.toContain('leaking-workflow.ts');

    const blind = await connectClient(target, {});
    const raw = await blind.workflowService.getWorkflowExecutionHistory({ namespace: target.namespace, execution: { workflowId: 'leaking' } });
    expect(Buffer.from(JSON.stringify(raw)).toString()).not.toContain(Buffer.from(secret).toString('base64'));
    await blind.connection.close();
  } finally {
    await connection.close();
    await client.connection.close();
  }
});

test('a call with a deadline ends by it', async () => {
  const client = await connectClient(target, dataConverter);
  try {
    const startedAt = performance.now();
    const poll = (): Promise<unknown> =>
      client.workflowService.pollWorkflowTaskQueue({ namespace: target.namespace, taskQueue: { name: 'nobody-here' } });
    await expect(withDeadline(client, 300, poll)).rejects.toThrow(/DEADLINE_EXCEEDED/);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  } finally {
    await client.connection.close();
  }
});

test('a server that is not there is named', async () => {
  await expect(connectClient({ ...plainTarget('127.0.0.1:1'), namespace: 'ns' }, {})).rejects.toThrow(
    /^cannot reach Temporal at 127\.0\.0\.1:1 \(namespace ns\)/,
  );
});

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || (typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'Buffer');
}
