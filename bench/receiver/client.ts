/** Starts the receiver's process, and asks it what came. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Received {
  /** Event ids. */
  readonly distinct: number;
  /** Events, with those that came again. */
  readonly received: number;
  /** Answered "too frequently". */
  readonly refused: number;
  readonly lastBodyBytes: number;
}

export interface Arrivals {
  /** Event id and Unix milliseconds, in the order of arrival. */
  readonly arrivals: readonly (readonly [id: string, atMs: number])[];
}

export class Receiver {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  static async start(): Promise<Receiver> {
    const child = fork(join(__dirname, 'receiver.ts'), { execArgv: ['--import', 'tsx'] });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new Receiver(child, `http://127.0.0.1:${port}`);
  }

  /** Where a side posts its events. */
  urlFor(side: string): string {
    return `${this.url}/${side}`;
  }

  received(side: string): Promise<Received> {
    return this.control<Received>(side);
  }

  /** When each event first came. */
  async arrivals(side: string): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.control<Arrivals>(`${side}/arrivals`)).arrivals);
  }

  /** Events per second that are taken; null: all. */
  async limit(side: string, limit: number | null): Promise<void> {
    await this.control(side, { limit });
  }

  /** Resolves when so many different events have come. @throws when nothing comes for a while, or `withinMs` is over. */
  async until(side: string, distinct: number, withinMs = 300_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    let last = { distinct: -1, atMs: Date.now() };
    for (;;) {
      const { distinct: now } = await this.control<Received>(`${side}/until/${distinct}`);
      if (now >= distinct) return;
      if (now !== last.distinct) last = { distinct: now, atMs: Date.now() };
      if (Date.now() > deadline || Date.now() - last.atMs > silenceMs)
        throw new Error(`${side}: ${now} of ${distinct} events have come, and no more come`);
    }
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private async control<T>(path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}/_control/${path}`, {
      ...(body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) }),
    });
    return (await response.json()) as T;
  }
}

const silenceMs = 120_000;
