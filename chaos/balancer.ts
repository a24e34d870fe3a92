/** A load balancer in small: it asks each web whether it is ready, and sends requests to those that are, in turn. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isReady } from '../scripts/stack/service';

export interface Balancer {
  readonly url: string;
  close(): Promise<void>;
}

const probedEveryMs = 250;

/** A web that refuses the connection has not seen the request: it goes to the next. What was sent once is not repeated. */
export async function startBalancer(webs: readonly string[]): Promise<Balancer> {
  const ready = new Set(webs);
  const probing = setInterval(() => {
    for (const web of webs)
      void isReady(web).then(
        () => ready.add(web),
        // One that is slow to say is not away.
        (error: Error) => error.name === 'TimeoutError' || ready.delete(web),
      );
  }, probedEveryMs);

  let turn = 0;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      turn += 1;
      const able = webs.filter((web) => ready.has(web));
      const inTurn = able.map((_, index) => able[(index + turn) % able.length] ?? '');
      pass(req, res, Buffer.concat(chunks), inTurn);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      clearInterval(probing);
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function pass(req: IncomingMessage, res: ServerResponse, body: Buffer, [web, ...others]: readonly string[]): void {
  if (web === undefined) return void res.writeHead(502).end('no web is ready');
  const { method, headers, url } = req;
  // A connection for each request: a web that stops closes none under our hands.
  const passed = request(`${web}${url ?? ''}`, { method, headers, agent: false }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  passed.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') return pass(req, res, body, others);
    if (!res.headersSent) res.writeHead(502);
    res.end(error.code);
  });
  passed.end(body);
}
