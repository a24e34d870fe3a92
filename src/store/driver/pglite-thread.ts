/** PGlite computes in a thread of its own, so that this one keeps its timers and connections. Only bytes pass between the two. */
import { join } from 'node:path';
import { startThread } from '../../threads/start';
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
  const worker = startThread(join(__dirname, 'pglite-thread-entry'), folder);
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
