/** Simulations are counted in a thread of their own, so that this one keeps answering webhooks. */
import { join } from 'node:path';
import type { SimulationRules } from '../../domain/simulate';
import type { ReadBuyers } from '../../store/recorded-buyers-json';
import { startThread } from '../../threads/start';
import type { SimulationCount } from './count';
import type { Simulation } from './summary';

/** What the thread is told. It answers each message in turn, with the result or with null. */
export type ThreadMessage = { readonly rules: SimulationRules } | { readonly buyers: ReadBuyers } | 'result';

export interface SimulationThread {
  /** Begins a simulation; the one before is dropped. Its promises are rejected with what the thread has thrown as the cause. */
  readonly count: (rules: SimulationRules) => SimulationCount;
  close(): Promise<void>;
}

/** The thread starts with the first simulation, and anew after it has failed. It does not keep the process alive. */
export function createSimulationThread(): SimulationThread {
  let thread: Thread | null = null;
  return {
    count(rules) {
      if (thread === null || thread.hasEnded) thread = new Thread();
      const own = thread;
      const begun = own.ask({ rules });
      begun.catch(() => undefined); // the messages after it fail, too
      return {
        add: async (buyers) => void (await own.ask({ buyers })),
        result: async () => (await own.ask('result')) as Simulation, // as the thread's last answer
      };
    },
    close: async () => {
      await thread?.close();
    },
  };
}

class Thread {
  hasEnded = false;
  private readonly worker = startThread(join(__dirname, 'thread-entry'));
  private readonly waiting: { readonly resolve: (answer: Simulation | null) => void; readonly reject: (error: Error) => void }[] =
    [];

  constructor() {
    this.worker.unref();
    this.worker.on('message', (answer: Simulation | null) => this.waiting.shift()?.resolve(answer));
    this.worker.on('error', (cause: unknown) => this.end(new Error('the thread of the simulations failed', { cause })));
    this.worker.on('exit', () => this.end(new Error('the thread of the simulations has ended')));
  }

  ask(message: ThreadMessage): Promise<Simulation | null> {
    if (this.hasEnded) return Promise.reject(new Error('the thread of the simulations has ended'));
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(message);
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private end(reason: Error): void {
    this.hasEnded = true;
    for (const { reject } of this.waiting.splice(0)) reject(reason);
  }
}
