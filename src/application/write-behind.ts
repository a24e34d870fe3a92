/**
 * Writes that nobody waits for and nothing depends on, many in one statement: the log of webhooks, the notes of what was told. The first is
 * written at once; what comes within the pause after a write goes with the next.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface WriteBehind<T> {
  add(integration: string, items: readonly T[]): void;
  /** Resolves when everything that was added so far has been written, or was lost since the write failed. */
  flush(): Promise<void>;
}

export interface WriteBehindOptions {
  /** From one write to the next. Default: 200 ms. */
  readonly pauseMs?: number;
  /** Items per statement. Default: 1,000. */
  readonly atOnce?: number;
  /** While writes fail or lag, so many items of an integration wait; those beyond are lost. Default: 10,000. */
  readonly atMost?: number;
}

/** Makes one. `write` takes many items of an integration; what it rejects is lost. */
export function createWriteBehind<T>(
  write: (integration: string, items: readonly T[]) => Promise<void>,
  { pauseMs = 200, atOnce = 1_000, atMost = 10_000 }: WriteBehindOptions = {},
): WriteBehind<T> {
  const waiting = new Map<string, T[]>();
  let isResting = false;
  let underWay: Promise<void> = Promise.resolve();

  function next(): void {
    if (isResting || waiting.size === 0) return;
    isResting = true;
    void flush().then(async () => {
      await sleep(pauseMs, undefined, { ref: false });
      isResting = false;
      next();
    });
  }

  function flush(): Promise<void> {
    underWay = underWay.then(async () => {
      const taken = [...waiting];
      waiting.clear(); // what comes from here on waits for the next write
      for (const [integration, items] of taken) {
        while (items.length > 0) await write(integration, items.splice(0, atOnce)).catch(() => undefined);
      }
    });
    return underWay;
  }

  return {
    add(integration, items) {
      const before = waiting.get(integration) ?? [];
      before.push(...items.slice(0, atMost - before.length));
      if (before.length > 0) waiting.set(integration, before);
      next();
    },
    flush,
  };
}
