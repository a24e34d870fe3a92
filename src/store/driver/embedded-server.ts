/** A PGlite that speaks PostgreSQL's protocol over a wire: in a thread of its own (pglite-thread.ts), or here. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PGlite } from '@electric-sql/pglite';
import { Wire } from './wire';

export interface EmbeddedServer {
  /** Is destroyed with the reason when the server has ended before its time. */
  readonly wire: Wire;
  /** Writes everything to disk and ends the server. */
  close(): Promise<void>;
}

/** The server in this thread: it computes between the turns of the event loop. For tests, whose databases are small and many. */
export function serveHere(database: PGlite): EmbeddedServer {
  let answered: Promise<void> = Promise.resolve();
  const wire = new Wire((message) => {
    answered = answered.then(async () => {
      await nextTurn();
      wire.answer(await database.execProtocolRaw(message));
    });
    answered.catch((error: unknown) => wire.destroy(error as Error));
  });
  return {
    wire,
    close: async () => {
      if (!database.closed) await database.close();
    },
  };
}
