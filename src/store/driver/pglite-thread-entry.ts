/** What runs in the thread of `pglite-thread.ts`: it owns PGlite, and answers each message in turn. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { ThreadMessage } from './pglite-thread';

const opening = PGlite.create(workerData as string); // the folder, as `serveInThread` gives it

async function answer(message: ThreadMessage): Promise<void> {
  const database = await opening;
  if (message === 'close') {
    await database.close();
    parentPort?.close();
    return;
  }
  // A copy, since the answer to the first message is a view of PGlite's own buffer.
  const bytes = new Uint8Array(await database.execProtocolRaw(message));
  parentPort?.postMessage(bytes, [bytes.buffer]);
}

let answered: Promise<void> = Promise.resolve();
parentPort?.on('message', (message: ThreadMessage) => {
  // A rejection that nobody handles ends the thread, and reaches its owner as an error.
  answered = answered.then(() => answer(message));
});
