/** Opens the port before the app is ready, because other parts need to know the port while they start. */
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { holderOfPort } from '../temporal/dev-server/ports';

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The variable that sets the port, for the message when it is in use. */
  readonly variable: 'PORT' | 'METRICS_PORT';
}

export interface Listener {
  readonly port: number;
  /** The address on this machine. */
  readonly localUrl: string;
  /** Hands requests to `app` from now on; those before are answered with 503. */
  serve(app: RequestListener): void;
  /** Takes no more requests, and resolves when those under way are answered. */
  stop(): Promise<void>;
}

/** @throws with a message for the operator when the port is in use. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const server = createServer();
  const starting: RequestListener = (_req, res) => void res.writeHead(503, { 'Retry-After': '5' }).end();
  server.on('request', starting);
  await listen(server, options);
  const { port } = server.address() as AddressInfo; // of a TCP server
  return {
    port,
    localUrl: `http://${localHost(options.host)}:${port}`,
    serve(app) {
      server.off('request', starting);
      server.on('request', app);
    },
    stop: () => close(server),
  };
}

function listen(server: Server, { host, port, variable }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const holder = error.code === 'EADDRINUSE' ? holderOfPort(port) : null;
      const who = holder === null ? '' : ` by process ${holder.pid} (${holder.command})`;
      const inUse = `port ${port} is in use on ${host}${who}: end what uses it, or set ${variable} to another (example: ${variable}=${port + 1}; 0 ${variable === 'PORT' ? 'takes any' : 'turns it off'})`;
      reject(error.code === 'EADDRINUSE' ? new Error(inUse) : error);
    });
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A connection that is kept alive would go on bringing requests, and hold us up for as long as it does.
    server.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'));
    const closing = setInterval(() => server.closeIdleConnections(), 100);
    server.close(() => {
      clearInterval(closing);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function localHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
