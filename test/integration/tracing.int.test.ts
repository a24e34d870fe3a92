/** A trace from the webhook to the send, as an OTLP receiver gets it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually, Relay } from '../support/relay';

interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes?: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

const spans: ExportedSpan[] = [];
const bodies: string[] = [];
let receiver: Server;
let relay: Relay | undefined;

beforeAll(async () => {
  // https://opentelemetry.io/docs/specs/otlp/#otlphttp-request: JSON, at /v1/traces
  receiver = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      if (req.url !== '/v1/traces' || req.headers['content-type'] !== 'application/json') return void res.writeHead(400).end();
      bodies.push(body);
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: ExportedSpan[] }[] }[] };
      spans.push(...resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans)));
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await relay?.stop();
  receiver.close();
});

it('goes from the webhook over the signal to the activities of this webhook, a trace for each, and names no buyer', async () => {
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  relay = await Relay.start('tracing', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
  const buyer = { user_id: 'ada-lovelace', email: 'ada@example.com' };
  const order = { subscription_id: 'sub_traced', amount: '9.99', currency: 'EUR', metadata: buyer };
  await pay(relay, { ...order, kind: 'conversion', money_id: 'first_money' });
  await eventually(() => expect(reports()).toHaveLength(1));
  await pay(relay, { ...order, kind: 'renewal', money_id: 'second_money' });
  await eventually(() => expect(reports()).toHaveLength(2));

  const webhooks = await eventually(() => {
    const found = spans.filter(({ name }) => name === 'POST /webhooks');
    expect(found).toHaveLength(2);
    return found;
  });
  expect(new Set(webhooks.map(({ traceId }) => traceId)).size).toBe(2);
  for (const webhook of webhooks) {
    const [signal, report] = ['SignalWithStartWorkflow', 'RunActivity:reportPurchase'].map((name) =>
      spans.find((span) => span.traceId === webhook.traceId && span.name.startsWith(name)),
    );
    expect(webhook.parentSpanId ?? '').toBe('');
    expect(signal?.parentSpanId).toBe(webhook.spanId);
    expect(report?.parentSpanId).toBe(signal?.spanId);
    expect(attribute(webhook, 'http.response.status_code')).toEqual({ intValue: 200 });
    expect(attribute(report!, 'temporal.workflow.id')).toEqual({ stringValue: 'subscription/default/generic/sub_traced' });
  }
  for (const word of ['ada', 'example.com', 'tiktok-token', '127.0.0.1']) expect(bodies.join()).not.toContain(word);
});

function reports(): readonly ExportedSpan[] {
  return spans.filter(({ name }) => name === 'RunActivity:reportPurchase');
}

function attribute({ attributes = [] }: ExportedSpan, key: string) {
  return attributes.find((one) => one.key === key)?.value;
}

async function pay(to: Relay, payment: object): Promise<void> {
  const answer = await to.generic({ ...payment, occurred_at: new Date(Date.now() - 60_000).toISOString() });
  expect(answer.status).toBe(200);
}
