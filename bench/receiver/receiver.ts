/**
 * TikTok's end, as little as it can be: answers every event with code 0 and notes when it came. A process of its own, with one end for each
 * side: `/ours/…` and `/bare`. `/_control/<side>` says what came, and takes a limit of events per second.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Arrivals, Received } from './client';

interface End {
  /** By event id, when it first came: Unix milliseconds with fractions. */
  readonly arrivals: Map<string, number>;
  received: number;
  refused: number;
  lastBodyBytes: number;
  /** Events per second; null: no limit. */
  limit: number | null;
  window: { second: number; count: number };
  /** Who waits until so many different events have come. */
  waiting: { readonly distinct: number; readonly go: () => void }[];
}

const ends = new Map<string, End>();

function endOf(name: string): End {
  const known = ends.get(name);
  if (known) return known;
  const made: End = {
    ...{ arrivals: new Map(), received: 0, refused: 0, lastBodyBytes: 0, limit: null },
    ...{ window: { second: 0, count: 0 }, waiting: [] },
  };
  ends.set(name, made);
  return made;
}

async function answer(req: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const [, first = '', second = '', third, fourth] = (req.url ?? '').split('/');
  if (first === '_control' && third === 'until') await comes(endOf(second), Number(fourth));
  if (first === '_control') return control(endOf(second), third, body);
  const end = endOf(first);
  const atMs = performance.timeOrigin + performance.now();
  if (isOverLimit(end, atMs)) {
    end.refused += 1;
    return { code: 40100, message: 'Requests made too frequently', request_id: String(end.refused), data: {} };
  }
  const { data } = JSON.parse(body.toString('utf8')) as { readonly data: readonly { readonly event_id: string }[] };
  end.received += 1;
  end.lastBodyBytes = body.length;
  for (const { event_id: id } of data) if (!end.arrivals.has(id)) end.arrivals.set(id, atMs);
  for (const { distinct, go } of end.waiting) if (end.arrivals.size >= distinct) go();
  return { code: 0, message: 'OK', request_id: String(end.received), data: {} };
}

function isOverLimit(end: End, atMs: number): boolean {
  const second = Math.floor(atMs / 1_000);
  if (end.window.second !== second) end.window = { second, count: 0 };
  end.window.count += 1;
  return end.limit !== null && end.window.count > end.limit;
}

/** Resolves when so many different events have come, or after some seconds: then the caller asks again. Nobody has to poll. */
async function comes(end: End, distinct: number): Promise<void> {
  if (end.arrivals.size >= distinct) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 5_000);
    const go = (): void => {
      clearTimeout(timer);
      resolve();
    };
    end.waiting.push({ distinct, go });
  });
  end.waiting = end.waiting.filter((one) => one.distinct > end.arrivals.size);
}

function control(end: End, what: string | undefined, body: Buffer): Received | Arrivals {
  if (body.length > 0) end.limit = (JSON.parse(body.toString('utf8')) as { readonly limit: number | null }).limit;
  if (what === 'arrivals') return { arrivals: [...end.arrivals] };
  const { arrivals, received, refused, lastBodyBytes } = end;
  return { distinct: arrivals.size, received, refused, lastBodyBytes };
}

const server = createServer((req, res) => {
  answer(req).then(
    (given) => res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(given)),
    (error: unknown) => res.writeHead(500).end(String(error)),
  );
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit());
