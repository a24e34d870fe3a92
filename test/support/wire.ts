/** The line to a server, which can be slow or dead while connections stay open, as where a host hangs or a network drops packets. */
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Wire {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** From now on nothing comes through, and nobody is told so. New connections are taken and get no answer. */
  hang(): void;
  /** From now on everything takes so much longer, one way. 0: as fast as it is. What hung comes through. */
  delay(ms: number): void;
  close(): Promise<void>;
}

/** `target`: host:port */
export async function startWire(target: string): Promise<Wire> {
  const [host = '', port] = target.split(':');
  const sockets = new Set<Socket>();
  let delayMs = 0;
  let flows = Promise.resolve();
  let flow: () => void = () => undefined;

  const forward = (from: Socket, to: Socket): void => {
    let before = Promise.resolve();
    // One after the other, so that bytes keep their order.
    const later = (act: () => void): void => {
      const sent = before;
      const arrives = delayMs > 0 ? sleep(delayMs) : Promise.resolve();
      before = Promise.all([sent, arrives, flows]).then(act);
    };
    from.on('data', (bytes) => later(() => void to.write(bytes)));
    from.on('end', () => later(() => void to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      later(() => void to.destroySoon());
    });
    sockets.add(from);
  };
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    forward(near, far);
    forward(far, near);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    hang() {
      flow();
      flows = new Promise((resolve) => (flow = resolve));
    },
    delay(ms) {
      delayMs = ms;
      flow();
      flows = Promise.resolve();
    },
    async close() {
      flow();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
