/** PGlite computes in a thread of its own, so that this one keeps its timers and connections. Only bytes pass between the two. */
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EmbeddedServer } from './embedded-server';
import { type Bytes, Wire } from './wire';

/** The thread answers each message with bytes, in order; `close` with its end. */
export type ThreadMessage = Bytes | 'close';

/** The embedded database is gone until the process starts anew. What was acknowledged is on disk. */
export class EmbeddedDatabaseEnded extends Error {
  override readonly name = 'EmbeddedDatabaseEnded';
}

export interface EmbeddedThread extends EmbeddedServer {
  /** Ends the thread at once, as a fault of it would. */
  kill(): void;
}

/** Starts the thread on a folder. It keeps the process alive only while it has something to answer. */
export function serveInThread(folder: string): EmbeddedThread {
  const worker = startWorker(folder);
  worker.unref();
  let unanswered = 0;
  const ask = (message: ThreadMessage): void => {
    if (unanswered === 0) worker.ref();
    unanswered += 1;
    worker.postMessage(message, message === 'close' ? [] : [message.buffer]);
  };
  const wire = new Wire(ask);
  worker.on('message', (answer: Bytes) => {
    unanswered -= 1;
    if (unanswered === 0) worker.unref();
    wire.answer(answer);
  });

  const ended = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      wire.destroy(
        new EmbeddedDatabaseEnded(`the thread of the embedded database has ended (exit code ${code}): start the process anew`),
      );
      resolve();
    });
  });
  worker.on('error', (cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    wire.destroy(new EmbeddedDatabaseEnded(`the thread of the embedded database failed: ${reason}`, { cause }));
  });
  return {
    wire,
    close: async () => {
      ask('close');
      await ended;
    },
    kill: () => void worker.terminate(),
  };
}

function startWorker(folder: string): Worker {
  const extension = extname(__filename);
  const entry = join(__dirname, `pglite-thread-entry${extension}`);
  if (extension === '.js') return new Worker(entry, { workerData: folder });
  // From the sources, in development and tests: the thread needs the loader that reads TypeScript.
  const modules = [require.resolve('tsx/cjs'), entry];
  const start = modules.map((path) => `require(${JSON.stringify(path)});`).join('\n');
  return new Worker(start, { eval: true, execArgv: [], workerData: folder });
}
