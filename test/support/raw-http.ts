/** Bytes over a bare connection: what no HTTP client would send. */
import { connect } from 'node:net';
import { openListener } from '../../src/app/listener';
import type { listen } from './api-server';

/** Opens the port as the service does. */
export const listenAsService: typeof listen = async (app) => {
  const listener = await openListener({ host: '127.0.0.1', port: 0, variable: 'PORT', takesMany: true });
  listener.serve(app);
  return { url: listener.localUrl, close: () => listener.stop() };
};

export interface RawAnswers {
  /** Of each answer, in order; empty where the connection was closed without one. */
  readonly statuses: readonly number[];
  readonly text: string;
}

/** Sends the bytes and reads until the service closes the connection. `ends`: nothing more comes, and the service may know it. */
export function sendBytes(url: string, bytes: Buffer | string, { ends = false } = {}): Promise<RawAnswers> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => (ends ? socket.end(bytes) : socket.write(bytes)));
    socket.setTimeout(120_000, () => {
      socket.destroy();
      reject(new Error(`the connection stays open after: ${Buffer.concat(chunks).toString('latin1')}`));
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined); // reset while we still write: the answer, if any, has come
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      resolve({ text, statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3}) [A-Z]/g)].map(([, status]) => Number(status)) });
    });
  });
}

/** A request's head; `null` leaves a line out. */
export function head(requestLine: string, lines: readonly (string | null)[]): string {
  return [requestLine, ...lines.filter((line) => line !== null), '', ''].join('\r\n');
}

/** A body in one chunk, and its end. */
export function chunked(body: string): string {
  return `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}
