/** Alerts against a receiver of our own, which takes one JSON message per opening and closing and complains of anything else. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKeepAlerts } from '../../activities/keep-alerts';
import { keepAlerts, type AlertsDeps, type AlertMessage } from '../../src/application/alerts';
import type { Store } from '../../src/store';
import { AlertNotTaken, alertWebhook } from '../../src/telemetry/alert-webhook';
import { emptyStore } from '../support/test-database';
import { payment, record } from '../support/store-samples';

const nowMs = Date.UTC(2026, 10, 22, 12);
const hourMs = 3_600_000;

class Receiver {
  readonly messages: AlertMessage[] = [];
  readonly complaints: string[] = [];
  isDown = false;
  private server: Server | undefined;
  url = '';

  async start(): Promise<void> {
    this.server = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk: Buffer) => (body += chunk.toString()));
      req.on('end', () => {
        if (this.isDown) return void res.writeHead(503).end();
        if (req.method !== 'POST') this.complaints.push(`not posted: ${String(req.method)}`);
        if (req.headers['content-type'] !== 'application/json') this.complaints.push('not JSON');
        const message = JSON.parse(body) as AlertMessage;
        if (this.messages.some(({ id }) => id === message.id)) this.complaints.push(`${message.id} twice`);
        if (message.id !== req.headers['idempotency-key']) this.complaints.push('no key');
        this.messages.push(message);
        res.writeHead(200).end('ok');
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook?secret=abc`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server?.close(resolve));
  }

  told(): readonly string[] {
    return this.messages.map(({ kind, subject, state }) => `${kind} ${subject} ${state}`);
  }
}

let store: Store;
let receiver: Receiver;
let integrations = 0;
let integration = '';
let atMs = nowMs;
beforeAll(async () => void (store = await emptyStore()));
afterAll(async () => store.close());
beforeEach(async () => {
  integration = `integration-${++integrations}`;
  atMs = nowMs;
  receiver = new Receiver();
  await receiver.start();
});
afterEach(async () => {
  expect(receiver.complaints).toEqual([]);
  await store.alerts.reconcile(integration, [], atMs);
  await store.alerts.forgetClosed(atMs);
  await receiver.stop();
});

const deps = (more: Partial<AlertsDeps> = {}): AlertsDeps => ({
  integrations: [integration],
  settings: async () => ({ paused: false, countTolerancePercent: 2 }),
  psps: () => ['stripe'],
  alerts: store.alerts,
  alertNumbers: store.alertNumbers,
  tallies: store.tallies,
  purchaseTotals: store.purchaseTotals,
  tiktokCounts: store.tiktokCounts,
  tell: alertWebhook(receiver.url),
  consoleUrl: ({ kind }) => `https://relay.example.com/console/${kind}`,
  nowMs: () => atMs,
  ...more,
});
const fail = (id: string, revision = 1) =>
  store.purchases.record(integration, [
    record(payment(id), {
      ...{ state: 'needs_attention', revision },
      lastError: { type: 'TikTokUnauthorized', code: 40105, message: 'the token of buyer@example.com is bad' },
    }),
  ]);
const mend = (id: string) => store.purchases.record(integration, [record(payment(id), { state: 'sent', revision: 9 })]);

it('an opening and a closing are one message each, with what, since when and where to look, and nothing of a buyer', async () => {
  await fail('in_secret');
  await keepAlerts(deps());
  await keepAlerts(deps());
  await mend('in_secret');
  atMs += 60_000;
  await keepAlerts(deps());
  await keepAlerts(deps());
  const url = 'https://relay.example.com/console/needs_attention';
  const message = '1 purchase needs attention: TikTok refuses the access token or the pixel';
  const openedAt = '2026-11-22T12:00:00.000Z';
  expect(receiver.messages.map(({ id: _, ...rest }) => rest)).toEqual([
    {
      ...{ kind: 'needs_attention', subject: 'TikTokUnauthorized', integration, state: 'opened', message, openedAt, url },
      text: `⚠ ${message} – ${url}`,
    },
    {
      ...{ kind: 'needs_attention', subject: 'TikTokUnauthorized', integration, state: 'closed', message, openedAt, url },
      closedAt: '2026-11-22T12:01:00.000Z',
      text: `✓ over: ${message}`,
    },
  ]);
  expect(JSON.stringify(receiver.messages)).not.toMatch(/buyer@|in_secret/);
});

it('while the receiver is down the table goes on, and it is told afterwards, in order and once', async () => {
  receiver.isDown = true;
  await fail('in_1');
  await expect(keepAlerts(deps())).rejects.toThrow(AlertNotTaken);
  await mend('in_1');
  atMs += 60_000;
  await expect(keepAlerts(deps())).rejects.toThrow('the receiver at ALERT_WEBHOOK_URL answered 503');
  expect(await store.alerts.open(integration)).toEqual([]);
  receiver.isDown = false;
  await keepAlerts(deps());
  await keepAlerts(deps());
  expect(receiver.told()).toEqual(['needs_attention TikTokUnauthorized opened', 'needs_attention TikTokUnauthorized closed']);
});

it('a receiver that is gone is an expected failure, which names no address', async () => {
  await fail('in_1');
  const { url } = receiver;
  await receiver.stop();
  const activity = createKeepAlerts({ alerting: deps({ tell: alertWebhook(url) }) });
  const error: unknown = await activity().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ type: 'AlertNotTaken', category: 'BENIGN', nonRetryable: false });
  expect(String(error)).toContain('ECONNREFUSED');
  expect(String(error)).not.toMatch(/secret|hook|127/);
  await receiver.start();
});

it('without a receiver the table is kept; one that is named later hears of what is open then, not of what is over', async () => {
  await fail('in_1');
  await keepAlerts(deps({ tell: null }));
  await mend('in_1');
  await keepAlerts(deps({ tell: null }));
  await fail('in_2');
  await keepAlerts(deps({ tell: null }));
  await keepAlerts(deps());
  expect(receiver.told()).toEqual(['needs_attention TikTokUnauthorized opened']);
});

it('each kind is decided from what is stored', async () => {
  const day = Math.floor(nowMs / 86_400_000);
  await store.purchases.record(integration, [
    ...Array.from({ length: 60 }, (_, index) =>
      record(payment(`y_${index}`), { state: 'sent', occurredAtMs: nowMs - 86_400_000 }),
    ),
    ...[1, 2].map((index) => record(payment(`open_${index}`), { occurredAtMs: nowMs - 86_400_000 })),
  ]);
  const tally = { integration, psp: 'stripe', count: 1 };
  await store.tallies.add([
    ...Array.from({ length: 14 * 24 }, (_, index) => nowMs - (30 + index) * hourMs).map((ms) => ({
      ...{ ...tally, name: 'webhook_hours' as const, day: Math.floor(ms / 86_400_000), lastAtMs: ms },
      label: new Date(ms).toISOString().slice(11, 13),
    })),
    { ...tally, name: 'refused_signatures', day, label: 'no signature', count: 11, lastAtMs: nowMs - 1 },
    { ...tally, name: 'page_refusals', psp: '', day, label: 'denied', count: 101, lastAtMs: nowMs - 1 },
  ]);
  await keepAlerts(deps());
  expect([...receiver.told()].sort()).toEqual([
    'backlog_age  opened',
    'coverage  opened',
    'page_refusals  opened',
    'provider_silent stripe opened',
    'refused_signatures stripe opened',
  ]);
  expect(receiver.messages.map(({ message }) => message).join('\n')).toContain('96.7 % of yesterday’s 62 payments');
});
