/** A bug in workflow code blocks the orders that meet it and loses nothing: the corrected release goes on with them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { failureConverterPath } from '../../src/temporal/codec';
import { startWorkers } from '../../src/app/workers';
import { subscriptionWorkflowId } from '../../workflows/contract';
import { eventually, Relay } from '../support/relay';

let relay: Relay;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-redeploy-'));
  relay = await Relay.start('redeploy', { worker: false });
});
afterAll(async () => {
  await relay?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const event = (money: string, minutesAgo: number): object => ({
  ...{ kind: 'renewal', subscription_id: 'sub_1', money_id: money, amount: '19.99', currency: 'USD' },
  occurred_at: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
});

it('goes on where a release with a bug stood still, with everything that came meanwhile', async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../support/broken-workflow'),
    failureConverterPath,
    logger: new DefaultLogger('ERROR'),
  });
  const codePath = join(folder, 'broken.js');
  writeFileSync(codePath, code);
  const broken = await startWorkers(relay.services, {
    bundle: { codePath },
    webUrl: relay.web.url,
    sandboxUrl: relay.tiktok.url,
  });
  for (const [at, money] of ['in_1', 'in_2', 'in_3'].entries())
    expect((await relay.generic(event(money, 30 - at), `msg_${money}`)).status).toBe(200);
  const handle = relay.services.client.workflow.getHandle(
    subscriptionWorkflowId({ integration: 'default', psp: 'generic', subscription: 'sub_1' }),
  );
  await eventually(async () => {
    const { raw } = await handle.describe();
    expect(raw.pendingWorkflowTask?.attempt ?? 0).toBeGreaterThan(1);
  });
  expect(await relay.purchases('generic', 'sub_1')).toMatchObject({ in_1: { state: 'pending' }, in_3: { state: 'pending' } });
  expect(relay.counted()).toEqual([]);
  await broken.stop();

  await relay.startWorker();
  for (const money of ['in_1', 'in_2', 'in_3']) await relay.settled('generic', 'sub_1', money, 'sent');
  expect(relay.counted().sort()).toEqual(['generic:in_1', 'generic:in_2', 'generic:in_3']);
});
