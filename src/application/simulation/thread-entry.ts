/** What runs in the thread of `thread.ts`: it answers each message in turn. */
import { parentPort } from 'node:worker_threads';
import { countHere, type SimulationCount } from './count';
import type { ThreadMessage } from './thread';

let count: SimulationCount | null = null;

async function answerTo(message: ThreadMessage): Promise<unknown> {
  if (message === 'result') return (await count?.result()) ?? null;
  if ('rules' in message) count = countHere(message.rules);
  else await count?.add(message.buyers);
  return null;
}

let answered: Promise<void> = Promise.resolve();
parentPort?.on('message', (message: ThreadMessage) => {
  // A rejection that nobody handles ends the thread, and reaches its owner as an error.
  answered = answered.then(async () => parentPort?.postMessage(await answerTo(message)));
});
