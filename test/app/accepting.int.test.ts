/** New connections, counted by turns of the event loop: many are taken in one, and after the end the port is free. */
import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { acceptMany, type Accepting } from '../../src/app/accepting';

let server: Server;
let accepting: Accepting | null;
const port = () => (server.address() as AddressInfo).port;

beforeEach(async () => {
  accepting = null;
  server = createServer((_req, res) => res.end('taken'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  await accepting?.stop();
  server.close();
});

/** The most connections that came in one turn, of 64 at once. */
async function mostInATurn(): Promise<number> {
  let inAll = 0;
  const taken = () => void (inAll += 1);
  server.on('connection', taken);
  const sockets = Array.from({ length: 64 }, () => connect(port(), '127.0.0.1').on('error', () => undefined));
  let most = 0;
  for (let before = 0; inAll < 64; before = inAll) {
    await nextTurn();
    most = Math.max(most, inAll - before);
  }
  server.off('connection', taken);
  for (const socket of sockets) socket.destroy();
  return most;
}

it('one in a turn without it, 32 with it', async () => {
  expect(await mostInATurn()).toBe(1);
  accepting = acceptMany(server);
  await accepting.ready;
  expect(await mostInATurn()).toBe(32);
});

it('each is answered, also while the copies are made', async () => {
  accepting = acceptMany(server);
  const statuses = await Promise.all(Array.from({ length: 64 }, () => statusOf(port())));
  expect(new Set(statuses)).toEqual(new Set([200]));
});

it('nobody is taken after the end, even where it comes before the copies', async () => {
  for (const isReady of [false, true]) {
    const closing = createServer((_req, res) => res.end());
    await once(closing.listen(0, '127.0.0.1'), 'listening');
    const { port: closed } = closing.address() as AddressInfo;
    const copied = acceptMany(closing);
    if (isReady) await copied.ready;
    await Promise.all([copied.stop(), new Promise((resolve) => closing.close(resolve))]);
    await copied.ready;
    await expect(statusOf(closed)).rejects.toThrow('ECONNREFUSED');
  }
});

function statusOf(of: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: of, agent: false }, (res) => res.resume().on('end', () => resolve(res.statusCode))).on(
      'error',
      reject,
    );
  });
}
