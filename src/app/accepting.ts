/**
 * Takes many new connections in a turn of the event loop. libuv takes one per turn and listening socket since 1.45
 * (https://github.com/libuv/libuv/pull/3696); under load a turn is long, and the last of 400 new connections waited 400 turns. So the socket is
 * listened on by several descriptors. Node copies a descriptor only when it is sent to another process, so a short-lived one sends it back.
 */
import { spawn } from 'node:child_process';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';

/** With the socket's own, 32 in a turn. */
const copies = 31;
/** A machine that needs longer to start a process stays with one connection in a turn. */
const copiedWithinMs = 30_000;

/** What the other process runs: it sends back what it gets, as often as asked, each when the one before has left. */
const sendBack = `process.on('message', (count, socket) => {
  const send = (left) => (left === 0 ? process.disconnect() : process.send(left, socket, { keepOpen: true }, () => send(left - 1)));
  send(count);
});`;

export interface Accepting {
  /** When the copies listen, or will not. */
  readonly ready: Promise<void>;
  /** Closes the copies; resolves when the connections that came through them have ended. */
  stop(): Promise<void>;
}

/** Begins to listen by copies too. Where a copy cannot be made, the server goes on with those that it has. */
export function acceptMany(server: HttpServer): Accepting {
  // libuv on Windows waits for several connections already.
  if (process.platform === 'win32') return { ready: Promise.resolve(), stop: () => Promise.resolve() };
  const listening: Server[] = [];
  let isStopped = false;
  const helper = copier();
  helper.on('message', (_left, handle) => {
    // Without free descriptors the message comes alone, and to listen on nothing would open another port.
    if (!handle) return;
    // As node:http makes its own.
    const copy = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket));
    copy.on('error', () => undefined);
    copy.listen(handle);
    if (isStopped) copy.close();
    else listening.push(copy);
  });
  const ready = new Promise<void>((resolve) => helper.once('close', () => resolve()).once('error', () => resolve()));
  try {
    helper.send(copies, listeningHandle(server), { keepOpen: true }, () => undefined);
  } catch {
    helper.kill(); // of a Node.js that sends no handle
  }
  return {
    ready,
    async stop() {
      isStopped = true;
      helper.kill();
      await Promise.all(listening.map((copy) => new Promise((resolve) => copy.close(resolve))));
    },
  };
}

function copier() {
  return spawn(process.execPath, ['--eval', sendBack], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {},
    timeout: copiedWithinMs,
  });
}

/** Not the server itself: the other process would take connections from it. */
function listeningHandle(server: HttpServer): Server {
  return (server as unknown as { readonly _handle: Server })._handle;
}
