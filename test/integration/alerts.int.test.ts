/** The Schedule of the alerts, over the whole service: a worker, a receiver, one message per opening and closing. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AlertMessage } from '../../src/application/alerts';
import { eventually, Relay } from '../support/relay';

const messages: AlertMessage[] = [];
let receiver: Server;
let relay: Relay;
beforeAll(async () => {
  receiver = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      messages.push(JSON.parse(body) as AlertMessage);
      res.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  relay = await Relay.start('alerts', { env: { ALERT_WEBHOOK_URL: url, TIKTOK_ACCESS_TOKEN: 'not-the-token' } });
});
afterAll(async () => {
  await relay.stop();
  await new Promise((resolve) => receiver.close(resolve));
});

const look = () => relay.services.client.schedule.getHandle('alerts').trigger('BUFFER_ONE');

it('tells of purchases that TikTok refuses, and that they are over, once each', async () => {
  await relay.generic({
    ...{ kind: 'one_off', money_id: 'pay_1', amount: '19.99', currency: 'USD' },
    ...{ occurred_at: new Date().toISOString(), metadata: { user_id: 'u1' } },
  });
  await relay.settled('generic', 'pay_1', 'pay_1', 'needs_attention');
  await look();
  await eventually(() => expect(messages).toHaveLength(1));
  await look();
  expect((await relay.api('GET', '/alerts?state=open')).body.items).toHaveLength(1);
  await relay.api('POST', '/subscriptions/generic/pay_1/purchases/pay_1/skip', { by: 'ada' });
  await relay.settled('generic', 'pay_1', 'pay_1', 'skipped');
  await look();
  await eventually(() => expect(messages).toHaveLength(2));
  await look();
  await eventually(async () => expect((await relay.api('GET', '/alerts?state=open')).body.items).toEqual([]));
  expect(messages.map(({ kind, subject, state }) => [kind, subject, state])).toEqual([
    ['needs_attention', 'TikTokUnauthorized', 'opened'],
    ['needs_attention', 'TikTokUnauthorized', 'closed'],
  ]);
});
