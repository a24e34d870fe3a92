/** The one who posts alerts: to the configured address and to no other, wherever that leads. */
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AlertMessage } from '../../src/application/alerts';
import { alertWebhook, AlertNotTaken } from '../../src/telemetry/alert-webhook';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close().closeAllConnections();
});

interface Called {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** A server that notes who calls; `answer` is all that it does. */
async function serve(answer: RequestListener): Promise<{ readonly url: string; readonly calls: Called[] }> {
  const calls: Called[] = [];
  const server = createServer((req, res) => {
    calls.push({ method: req.method ?? '', headers: req.headers });
    answer(req, res);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls }; // of a TCP server
}

const message = { id: 'alert-1' } as AlertMessage; // nothing else of it matters to who carries it

it('posts to the configured address', async () => {
  const { url, calls } = await serve((_req, res) => res.writeHead(204).end());
  await alertWebhook(`${url}/hooks/secret?to=us`)(message);
  expect(calls).toMatchObject([{ method: 'POST', headers: { 'idempotency-key': 'alert-1' } }]);
});

it.each([301, 302, 303, 307, 308])('follows no redirect, and says that nobody took it: %d', async (status) => {
  const inside = await serve((_req, res) => res.end('secrets of the inside'));
  const { url, calls } = await serve((_req, res) => res.writeHead(status, { location: inside.url }).end());
  const posted = alertWebhook(`${url}/hooks/secret`)(message);
  await expect(posted).rejects.toThrow(AlertNotTaken);
  await expect(posted).rejects.toThrow(`the receiver at ALERT_WEBHOOK_URL answered ${status}`);
  expect(calls).toHaveLength(1);
  expect(inside.calls).toEqual([]);
});

it('repeats no part of the address, which may be a secret', async () => {
  const { url } = await serve((req) => req.socket.destroy());
  const error: unknown = await alertWebhook(`${url}/hooks/secret`)(message).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AlertNotTaken);
  expect(String(error)).not.toMatch(/secret|127\.0\.0\.1/);
});
