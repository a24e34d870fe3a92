/** What anybody with access to Temporal, or a strange id, could do to an order: it is refused in words, and the order goes on. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { opened, subscriptionWorkflowId } from '../../workflows/contract';
import { eventually, Relay, temporalAddress } from '../support/relay';

let relay: Relay;

beforeAll(async () => void (relay = await Relay.start('poison')));
afterAll(() => relay?.stop());

const at = (day: number): string => new Date(Date.now() - (30 - day) * 60_000).toISOString();
const event = (subscription: string, money: string, day: number, more: object = {}): object => ({
  ...{ kind: 'renewal', subscription_id: subscription, money_id: money, occurred_at: at(day), amount: '19.99', currency: 'USD' },
  ...more,
});

/** As somebody who has no key. */
async function temporal(...args: readonly string[]): Promise<void> {
  const cli = process.env['TEST_TEMPORAL_CLI'] ?? '';
  await promisify(execFile)(cli, [...args, '--address', temporalAddress(), '--namespace', relay.namespace]);
}

const workflowOf = (subscription: string): string =>
  subscriptionWorkflowId({ integration: 'default', psp: 'generic', subscription });

const signal = (subscription: string, name: string, input: unknown): Promise<void> =>
  temporal('workflow', 'signal', '--workflow-id', workflowOf(subscription), '--name', name, '--input', JSON.stringify(input));

/** The order goes on: its next payment is sent. */
async function goesOn(subscription: string, money: string): Promise<void> {
  expect((await relay.generic(event(subscription, money, 20))).status).toBe(200);
  await relay.settled('generic', subscription, money, 'sent');
}

it.each(['constructor', 'toString', '__proto__', 'valueOf', 'hasOwnProperty'])(
  'an order with the money id %s goes on',
  async (id) => {
    const subscription = `sub_${id}`;
    await relay.generic(event(subscription, id, 1, { kind: 'payment_failed' }), `msg_f_${id}`);
    await relay.generic(event(subscription, id, 2), `msg_p_${id}`);
    await relay.settled('generic', subscription, id, 'sent');
    const refund = { kind: 'refund', refund_id: 'constructor', amount: '5.00' };
    await relay.generic(event(subscription, id, 3, refund), `msg_r_${id}`);
    await eventually(async () =>
      expect((await relay.purchases('generic', subscription))[id]).toMatchObject({ refunded: { amount: '5.00' } }),
    ).catch(async () => expect(JSON.stringify((await relay.purchases('generic', subscription))[id])).toContain('5.00'));
    await goesOn(subscription, `in_after_${id}`);
  },
);

it('money that somebody without a key signals is refused, whatever it looks like', async () => {
  await relay.generic(event('sub_forged', 'in_1', 1));
  await relay.settled('generic', 'sub_forged', 'in_1', 'sent');
  const history = await relay.services.client.workflow.getHandle(workflowOf('sub_forged')).fetchHistory();
  expect(JSON.stringify(history)).not.toContain('99900');
  const settings = { version: 1, eventName: 'CompletePayment', limitPurchaseEvents: false, limitFreeTrials: 'always' };
  const cell = { send: true };
  const trial = { trial_start: cell, conversion: cell, renewal: cell };
  const policy = { subscription: trial, free_trial: trial, paid_trial: trial, lifetime: { conversion: cell } };
  const nowMs = Date.now();
  await signal('sub_forged', 'renewal', {
    fact: { kind: 'renewal', moneyId: 'in_forged', occurredAtMs: nowMs, amountMinor: 99_900, currency: 'USD' },
    accepted: {
      ...{ acceptedAtMs: nowMs, tooOld: false, userKeys: [], checkoutId: null },
      settings: { ...settings, policy, sendZeroValue: false, maxEventAgeHours: 168 },
    },
  });
  await goesOn('sub_forged', 'in_2');
  expect(Object.keys(await relay.purchases('generic', 'sub_forged')).sort()).toEqual(['in_1', 'in_2']);
  expect(relay.tiktok.events().map(({ eventId }) => eventId)).not.toContain('generic:in_forged');
});

it.each<[string, string, unknown]>([
  ['a fact of nothing', 'renewal', null],
  ['a text', 'renewal', 'x'],
  ['a list', 'refund', [1]],
  ['a fact without acceptance', 'lifecycle', { fact: { kind: 'ended', occurredAtMs: 1 } }],
  ['a signal that there is not', 'no_such_signal', { a: 1 }],
  ['a resend of nobody', 'resend', null],
])('%s is refused, and the order goes on', async (what, name, input) => {
  const subscription = `sub_${what.replaceAll(' ', '_')}`;
  await relay.generic(event(subscription, `in_${what}`, 1), `msg_${what}`);
  await relay.settled('generic', subscription, `in_${what}`, 'sent');
  await signal(subscription, name, input);
  await goesOn(subscription, `in_after_${what}`);
});

it('what a newer version sealed and this one does not know is refused, and the order goes on', async () => {
  await relay.generic(event('sub_newer', 'in_n1', 1));
  await relay.settled('generic', 'sub_newer', 'in_n1', 'sent');
  const handle = relay.services.client.workflow.getHandle(workflowOf('sub_newer'));
  for (const input of [{ fact: { kind: 'chargeback', moneyId: 'in_n1', occurredAtMs: 1 } }, undefined, 7])
    await handle.signal('renewal', ...(input === undefined ? [] : [input]));
  await expect(handle.executeUpdate('resendPurchase', { args: [{ moneyId: 7 }] })).rejects.toThrow();
  await goesOn('sub_newer', 'in_n2');
});

it('an order that somebody without a key starts does not run', async () => {
  const connection = await Connection.connect({ address: temporalAddress() });
  try {
    const client = new Client({ connection, namespace: relay.namespace });
    const carried = { v: 2, payments: {} };
    const handle = await client.workflow.start('subscription', {
      workflowId: workflowOf('sub_started'),
      taskQueue: 'tiktok-purchase-relay',
      args: [{ integration: 'default', psp: 'generic', subscription: 'sub_started', carried }],
    });
    await expect(handle.result()).rejects.toThrow();
  } finally {
    await connection.close();
  }
});

it('a resend without a seal is an operator’s word, and is heard', () => {
  expect(opened({ by: 'anna' })).toEqual({ content: { by: 'anna' }, isSealed: true });
});
