import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { createEventsApi, type EventsApi } from '../../src/tiktok/events-api';
import { purchaseEvent } from '../../src/tiktok/purchase-event';
import type { TrackRequest } from '../../src/tiktok/track-request';

const token = 'token-0123456789abcdef';
const { body } = purchaseEvent({
  pixelCode: 'C4ABCDEFGHIJKLMNOPQR',
  testEventCode: null,
  eventName: 'CompletePayment',
  eventId: 'stripe:in_123',
  occurredAtMs: Date.UTC(2026, 10, 22, 10),
  value: { amountMinor: 1999, currency: 'USD' },
  identity: {},
  fallbackPageUrl: 'https://shop.example/',
  limitedDataUse: false,
  withoutIdentity: false,
});

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function api(timeoutMs = 5_000): EventsApi {
  const client = createEventsApi({ timeoutMs, nowMs: () => Date.UTC(2026, 10, 22, 10) });
  cleanups.push(() => client.close());
  return client;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serving = (listener: RequestListener) => listening(createServer(listener));

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

describe('one request in, one outcome out', () => {
  it('posts what TikTok documents, with the token in its header only', async () => {
    const seen: unknown[] = [];
    const baseUrl = await serving((req, res) => {
      void textOf(req).then((text) => {
        seen.push([req.method, req.url, req.headers['access-token'], req.headers['content-type'], JSON.parse(text)]);
        res.end(JSON.stringify({ code: 0, message: 'OK', request_id: 'r1', data: {} }));
      });
    });
    await expect(api().track({ baseUrl: `${baseUrl}/sandbox/`, accessToken: token }, body)).resolves.toEqual({
      kind: 'accepted',
      code: 0,
      requestId: 'r1',
    });
    expect(seen).toEqual([['POST', '/sandbox/open_api/v1.3/event/track/', token, 'application/json', body]]);
  });

  it('keeps its connections', async () => {
    let connections = 0;
    const server = createServer((req, res) => {
      req.resume().on('end', () => res.end('{"code":0}'));
    }).on('connection', () => (connections += 1));
    const baseUrl = await listening(server);
    const client = api();
    for (let n = 0; n < 20; n += 1) await client.track({ baseUrl, accessToken: token }, body);
    expect(connections).toBeLessThanOrEqual(2); // the pool may open a second one while the first is being handed back
  });

  it('reads the status, the body and Retry-After', async () => {
    const baseUrl = await serving((_req, res) => res.writeHead(429, { 'Retry-After': '9' }).end('slow down'));
    expect(await api().track({ baseUrl, accessToken: token }, body)).toMatchObject({ kind: 'throttled', retryAfterMs: 9_000 });
  });

  it('leaves connections that it was given to their owner', async () => {
    const baseUrl = await serving((_req, res) => res.end('{"code":0}'));
    const dispatcher = new Agent();
    cleanups.push(() => dispatcher.close());
    const client = createEventsApi({ dispatcher });
    await client.close();
    expect(await client.track({ baseUrl, accessToken: token }, body)).toMatchObject({ kind: 'accepted' });
  });
});

describe('what can be told without asking is not sent', () => {
  let requests = 0;
  let baseUrl = '';
  beforeEach(async () => {
    requests = 0;
    baseUrl = await serving((_req, res) => {
      requests += 1;
      res.end('{"code":0}');
    });
  });
  afterEach(() => expect(requests).toBe(0));

  it.each(['', ' ', 'with\r\nInjected: header', 'tökén', 'a b'])('a token that is none: %j', async (accessToken) => {
    const outcome = await api().track({ baseUrl, accessToken }, body);
    expect(outcome).toMatchObject({ kind: 'unauthorized', code: null });
    if (accessToken.trim() !== '') expect(JSON.stringify(outcome)).not.toContain(accessToken);
  });

  it('a body that our own schema refuses, whose values are not repeated', async () => {
    const bad = { ...body, data: [{ ...body.data[0], user: { email: 'alice@example.com' } }] } as TrackRequest;
    const outcome = await api().track({ baseUrl, accessToken: token }, bad);
    expect(outcome).toMatchObject({
      kind: 'rejected',
      code: null,
      message: expect.stringContaining('data.0.user.email') as string,
    });
    expect(JSON.stringify(outcome)).not.toContain('alice');
  });
});

describe('an answer that never really comes is unreachable', () => {
  const unreachable = (message: RegExp) => ({
    kind: 'unreachable',
    code: null,
    message: expect.stringMatching(message) as string,
  });

  it('nobody listens', async () => {
    const tcp = createTcpServer();
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const { port } = tcp.address() as AddressInfo;
    await new Promise((resolve) => tcp.close(resolve));
    expect(await api().track({ baseUrl: `http://127.0.0.1:${port}`, accessToken: token }, body)).toEqual(
      unreachable(/ECONNREFUSED/),
    );
  });

  it('a host that does not exist, an address that is none', async () => {
    expect(await api().track({ baseUrl: 'http://nowhere.invalid', accessToken: token }, body)).toEqual(unreachable(/network: /));
    expect(await api().track({ baseUrl: 'not a url', accessToken: token }, body)).toEqual(unreachable(/network: /));
  });

  it('it hangs', async () => {
    const baseUrl = await serving(() => undefined);
    expect(await api(100).track({ baseUrl, accessToken: token }, body)).toEqual(unreachable(/no answer within 0.1 s/));
  });

  it('it starts to answer and stops: the limit holds for the whole answer', async () => {
    const baseUrl = await serving((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.write('{"code":0,');
    });
    expect(await api(100).track({ baseUrl, accessToken: token }, body)).toEqual(unreachable(/no answer within 0.1 s/));
  });

  it('it answers drop by drop beyond the limit', async () => {
    const baseUrl = await serving((_req, res) => {
      res.writeHead(200);
      const drip = setInterval(() => res.write(' '), 20);
      res.on('close', () => clearInterval(drip));
    });
    expect(await api(200).track({ baseUrl, accessToken: token }, body)).toEqual(unreachable(/no answer within 0.2 s/));
  });

  it('the connection is reset before the answer, and within it', async () => {
    const before = await serving((req) => req.socket.resetAndDestroy());
    expect(await api().track({ baseUrl: before, accessToken: token }, body)).toEqual(unreachable(/network: /));
    const within = await serving((req, res) => {
      res.writeHead(200, { 'Content-Length': '100' });
      res.write('{"code":0,', () => req.socket.resetAndDestroy());
    });
    expect(await api().track({ baseUrl: within, accessToken: token }, body)).toEqual(unreachable(/network: /));
  });

  it('it does not speak HTTP', async () => {
    const tcp = createTcpServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0-OpenSSH\r\n'),
    );
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => tcp.close(resolve)));
    const { port } = tcp.address() as AddressInfo;
    expect(await api().track({ baseUrl: `http://127.0.0.1:${port}`, accessToken: token }, body)).toEqual(
      unreachable(/network: /),
    );
  });

  it('it redirects: not followed, so that the token goes nowhere else', async () => {
    let followed = 0;
    const target = await serving((_req, res) => {
      followed += 1;
      res.end('{"code":0}');
    });
    const baseUrl = await serving((_req, res) => res.writeHead(307, { Location: target }).end());
    expect(await api().track({ baseUrl, accessToken: token }, body)).toEqual(unreachable(/HTTP 307/));
    expect(followed).toBe(0);
  });

  it('it sends far more than any answer has', async () => {
    let sent = 0;
    const baseUrl = await serving((_req, res) => {
      res.writeHead(200);
      const more = () => {
        while (!res.destroyed && sent < 50_000_000) {
          sent += 65_536;
          if (!res.write('x'.repeat(65_536))) return void res.once('drain', more);
        }
        res.end();
      };
      more();
    });
    expect(await api().track({ baseUrl, accessToken: token }, body)).toEqual(unreachable(/HTTP 200 without an answer/));
    expect(sent).toBeLessThan(50_000_000);
  });

  it('its own connections are closed', async () => {
    const baseUrl = await serving((_req, res) => res.end('{"code":0}'));
    const client = createEventsApi();
    await client.close();
    expect(await client.track({ baseUrl, accessToken: token }, body)).toEqual(unreachable(/network: /));
  });
});

it('no outcome repeats the token, whatever comes back', async () => {
  const answers = [
    JSON.stringify({ code: 40105, message: `Access token ${token} is bad`, request_id: 'r' }),
    JSON.stringify({ code: 50000, message: token }),
    token,
  ];
  for (const answer of answers) {
    const baseUrl = await serving((_req, res) => res.writeHead(400).end(answer));
    expect(JSON.stringify(await api().track({ baseUrl, accessToken: token }, body))).not.toContain(token);
  }
});
