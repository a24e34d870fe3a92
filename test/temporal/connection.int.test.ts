/** The client's connection, through a door to the run's server that can be shut. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient, plainTarget } from '../../src/temporal/connection';
import { temporalAddress } from '../support/relay';

const dataConverter = {};
let door: Server;
const sockets = new Set<Socket>();

beforeEach(async () => {
  const [host = '', port] = temporalAddress().split(':');
  door = createServer((socket) => {
    const onward = connect(Number(port), host);
    for (const end of [socket, onward]) sockets.add(end.on('error', () => undefined));
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
});
afterEach(() => shut());

function shut(): void {
  door.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
}

it('closes while a call is being tried again, and nothing is thrown afterwards', async () => {
  const client = await connectClient(plainTarget(`127.0.0.1:${(door.address() as AddressInfo).port}`), dataConverter);
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note);
  shut();
  const called = client.connection.workflowService.getSystemInfo({}).then(
    () => 'answered',
    (error: { code?: number }) => error.code,
  );
  await sleep(500); // it has failed and is tried again
  await client.connection.close();
  // CANCELLED by the close, or UNAVAILABLE once more before it.
  expect([1, 14]).toContain(await called);
  await sleep(2_000);
  process.off('uncaughtException', note);
  expect(uncaught).toEqual([]);
});
