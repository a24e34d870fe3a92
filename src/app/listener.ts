/** Opens the port before the app is ready, because other parts need to know the port while they start. */
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/config';
import { holderOfPort } from '../temporal/dev-server/ports';
import { acceptMany, type Accepting } from './accepting';

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The variable that sets the port, for the message when it is in use. */
  readonly variable: 'PORT' | 'METRICS_PORT';
  /** True where many may come at once: they are taken many in a turn of the event loop. */
  readonly takesMany: boolean;
}

export interface Listener {
  readonly port: number;
  /** The address on this machine. */
  readonly localUrl: string;
  /** Hands requests to `app` from now on; those before are answered with 503. */
  serve(app: RequestListener): void;
  /** Ends each connection with its next answer from now on, so that callers come back elsewhere. Requests are still taken. */
  drain(): void;
  /** Takes no more requests, and resolves when those under way are answered, or after 25 s. */
  stop(): Promise<void>;
}

/** Listens as HOST and PORT say; until `startWeb` serves, requests get 503. @throws as `openListener` does */
export function openWebListener({ web: { host, port } }: Pick<Config, 'web'>): Promise<Listener> {
  return openListener({ host, port, variable: 'PORT', takesMany: true });
}

/** @throws with a message for the operator when the port is in use. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const server = createServer({ keepAliveTimeout: keptForMs });
  const starting: RequestListener = (_req, res) => void res.writeHead(503, { 'Retry-After': '5' }).end();
  server.on('request', starting);
  await listen(server, options);
  const { port } = server.address() as AddressInfo; // of a TCP server
  let accepting: Accepting | null = null;
  return {
    port,
    localUrl: `http://${localHost(options.host)}:${port}`,
    serve(app) {
      server.off('request', starting);
      server.on('request', app);
      if (options.takesMany) accepting ??= acceptMany(server);
    },
    drain: () => endConnections(server),
    stop: () => close(server, accepting),
  };
}

/** Longer than proxies keep an idle connection (60 s at most of them): the side that closes first decides which request is lost to it. */
const keptForMs = 75_000;

/** A request that hangs must not hold up the end of the process until its orchestrator kills it. */
const answersWithinMs = 25_000;

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

/** A connection that is kept alive would go on bringing requests, and hold us up for as long as it does. */
function endConnections(server: Server): void {
  server.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'));
}

async function close(server: Server, accepting: Accepting | null): Promise<void> {
  endConnections(server);
  const closing = setInterval(() => server.closeIdleConnections(), 100);
  const giveUp = setTimeout(() => server.closeAllConnections(), answersWithinMs);
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await Promise.all([closed, accepting?.stop()]);
  clearInterval(closing);
  clearTimeout(giveUp);
}

function localHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
