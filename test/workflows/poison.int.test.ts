/** What anybody with access to Temporal could do to an order, and ids that every object inherits: each is refused in words or taken as an id, and the order goes on. */
import { Client, Connection } from '@temporalio/client';
import { coreTaskQueue, subscriptionWorkflowId } from '../../workflows/contract';
import { eventually, Relay, temporalAddress } from '../support/relay';

let relay: Relay;
let connection: Connection;
/** Of somebody who reaches Temporal and has no key: it seals nothing. */
let stranger: Client;

beforeAll(async () => {
  relay = await Relay.start('poison');
  connection = await Connection.connect({ address: temporalAddress() });
  stranger = new Client({ connection, namespace: relay.namespace });
});
afterAll(async () => {
  await connection?.close();
  await relay?.stop();
});

const startMs = Date.now() - 3_600_000;
const event = (subscription: string, money: string, minute: number, more: object = {}): object => ({
  ...{ kind: 'renewal', subscription_id: subscription, money_id: money, amount: '19.99', currency: 'USD' },
  occurred_at: new Date(startMs + minute * 60_000).toISOString(),
  ...more,
});
const workflowOf = (subscription: string): string =>
  subscriptionWorkflowId({ integration: 'default', psp: 'generic', subscription });

async function takes(event: object, message: string): Promise<void> {
  expect((await relay.generic(event, message)).status).toBe(200);
}

/** An order with one payment that was sent. */
async function sold(subscription: string): Promise<void> {
  await takes(event(subscription, `${subscription}_1`, 1), `msg_${subscription}_1`);
  await relay.settled('generic', subscription, `${subscription}_1`, 'sent');
}

/** The order goes on: its next payment is sent, and nothing came beside the two. */
async function goesOn(subscription: string): Promise<void> {
  await takes(event(subscription, `${subscription}_2`, 20), `msg_${subscription}_2`);
  await relay.settled('generic', subscription, `${subscription}_2`, 'sent');
  const purchases = await relay.purchases('generic', subscription);
  expect(Object.keys(purchases).sort()).toEqual([`${subscription}_1`, `${subscription}_2`]);
}

/** What the order's status card says of signals that were refused. */
async function refusals(subscription: string): Promise<string[]> {
  const handle = relay.services.client.workflow.getHandle(workflowOf(subscription));
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return currentDetails.split('\n').filter((line) => line.includes('was refused'));
}

it.each(['constructor', 'toString', '__proto__', 'valueOf', 'hasOwnProperty'])(
  'a payment and a refund whose id is %s are like any other',
  async (id) => {
    const subscription = `order of ${id}`;
    await takes(event(subscription, id, 1, { kind: 'payment_failed' }), `msg_failed_${id}`);
    await takes(event(subscription, id, 2), `msg_paid_${id}`);
    await relay.settled('generic', subscription, id, 'sent');
    await takes(event(subscription, id, 3, { kind: 'refund', refund_id: id, amount: '5.00' }), `msg_refund_${id}`);
    await takes(event(subscription, 'in_after', 20), `msg_after_${id}`);
    await relay.settled('generic', subscription, 'in_after', 'sent');
    expect(await relay.purchases('generic', subscription)).toMatchObject({ [id]: { state: 'sent', refunded: '5.00' } });
  },
);

it('money that somebody without a key signals is refused, whatever it looks like', async () => {
  await sold('forged');
  const cell = { send: true };
  const trial = { trial_start: cell, conversion: cell, renewal: cell };
  const policy = { subscription: trial, free_trial: trial, paid_trial: trial, lifetime: { conversion: cell } };
  const names = { eventName: 'CompletePayment', limitPurchaseEvents: false, limitFreeTrials: 'always', sendZeroValue: false };
  const accepted = {
    ...{ acceptedAtMs: Date.now(), tooOld: false, userKeys: [], checkoutId: null },
    settings: { version: 1, ...names, policy, maxEventAgeHours: 168 },
  };
  const fact = { kind: 'renewal', moneyId: 'in_forged', occurredAtMs: Date.now(), amountMinor: 99_900, currency: 'USD' };
  await stranger.workflow.getHandle(workflowOf('forged')).signal('renewal', { fact, accepted });
  await goesOn('forged');
  expect(relay.counted()).not.toContain('generic:in_forged');
  expect(await refusals('forged')).toEqual([expect.stringContaining('this service did not seal it')]);
});

it.each<[string, string, unknown]>([
  ['a fact of nothing', 'renewal', null],
  ['a fact that is a text', 'renewal', 'x'],
  ['a fact that is a list', 'refund', [1]],
  ['a fact without acceptance', 'lifecycle', { fact: { kind: 'ended', occurredAtMs: 1 } }],
  ['a signal that there is not', 'settle', { a: 1 }],
  ['a resend of nobody', 'resend', null],
])('%s by a stranger is refused in words, and the order goes on', async (what, name, input) => {
  await sold(what);
  await stranger.workflow.getHandle(workflowOf(what)).signal(name, input);
  await goesOn(what);
  expect(await refusals(what)).toEqual([expect.stringContaining(`"${name}"`)]);
});

it('what a stranger says a buyer is called is not believed: the order only begins a new history', async () => {
  await sold('renamed');
  const handle = relay.services.client.workflow.getHandle(workflowOf('renamed'));
  const { runId } = await handle.describe();
  await stranger.workflow.getHandle(workflowOf('renamed')).signal('reseal', { lifted: { a: 'b' } });
  await eventually(async () => expect((await handle.describe()).runId).not.toBe(runId));
  await goesOn('renamed');
});

it('what a newer version sealed and this one does not know is refused, and the order goes on', async () => {
  await sold('newer');
  const handle = relay.services.client.workflow.getHandle(workflowOf('newer'));
  await handle.signal('renewal', { fact: { kind: 'chargeback', moneyId: 'newer_1', occurredAtMs: 1 } });
  await handle.signal('renewal');
  await handle.signal('renewal', 7);
  await expect(handle.executeUpdate('resendPurchase', { args: [{ moneyId: 7 }] })).rejects.toMatchObject({
    cause: { type: 'BadCommand' },
  });
  await goesOn('newer');
  expect(await refusals('newer')).toHaveLength(3);
});

it('an order that somebody without a key starts does not run', async () => {
  await stranger.workflow.start('subscription', {
    workflowId: workflowOf('started'),
    taskQueue: coreTaskQueue,
    args: [{ integration: 'default', psp: 'generic', subscription: 'started', carried: { v: 2, payments: {} } }],
  });
  // The failure is sealed: only the service can read it.
  const handle = relay.services.client.workflow.getHandle(workflowOf('started'));
  await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'UnsealedInput' } });
});
