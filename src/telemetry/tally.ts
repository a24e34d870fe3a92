/**
 * Counts by day, for operators' pages. Added up in memory and written every second or so: the caller neither waits for the database nor
 * fails with it. What a killed process had not written yet is lost; a database that is down for a while costs nothing.
 */
import { dayMs, secondMs } from '../domain/duration';
import type { Tally, TallyName, TallyStore } from '../store';

/**
 * One more of something. The labels by name:
 * `webhooks` its outcome · `webhook_hours` the hour of the day (UTC) of a verified one · `refused_signatures` why · `refused_origins` the
 * origin · `refused_sign_ins` the door · `page_calls` route and status of the answer · `latency` a bucket (src/domain/latency.ts) ·
 * `matched` an identifier, and `sent` for the purchase itself · `user_joins` what showed that two users are one · `page_refusals` the
 * word of a page without proof.
 */
export interface Counted {
  readonly integration: string;
  readonly name: TallyName;
  /** Empty where no provider is meant. */
  readonly psp: string;
  readonly label: string;
  /** The time whose day it counts for. */
  readonly atMs: number;
}

export interface TallyCollector {
  count(counted: Counted): void;
  /** Writes what has been added up; resolves also where that failed, and then keeps it. */
  flush(): Promise<void>;
  /** Writes the rest, and no more after that. */
  stop(): Promise<void>;
}

export interface TallyCollectorDeps {
  readonly tallies: Pick<TallyStore, 'add'>;
  readonly nowMs: () => number;
  readonly logger: { warn(fields: object, message: string): void };
}

/** Strangers choose origins: of each name, provider and day only so many labels are told apart, the rest is `(others)`. */
export const labelsPerName = 200;
export const otherLabels = '(others)';

export function createTallyCollector({ tallies, nowMs, logger }: TallyCollectorDeps): TallyCollector {
  let waiting = new Map<string, Tally>();
  let labels = new Map<string, Set<string>>();
  let labelsOfDay = 0;
  let isFailing = false;
  let writing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => void flush(), secondMs);
  timer.unref();

  function count({ integration, name, psp, label, atMs }: Counted): void {
    const day = Math.floor(atMs / dayMs);
    add(waiting, {
      ...{ integration, day, name, psp },
      label: admitted([integration, day, name, psp].join(), label),
      count: 1,
      lastAtMs: nowMs(),
    });
  }

  /** The label, or the one for all that are too many. Remembered for a day. */
  function admitted(of: string, label: string): string {
    const today = Math.floor(nowMs() / dayMs);
    if (today !== labelsOfDay) labels = new Map();
    labelsOfDay = today;
    const known = labels.get(of) ?? new Set<string>();
    labels.set(of, known);
    if (known.has(label)) return label;
    if (known.size >= labelsPerName) return otherLabels;
    known.add(label);
    return label;
  }

  function flush(): Promise<void> {
    writing = writing.then(write);
    return writing;
  }

  async function write(): Promise<void> {
    if (waiting.size === 0) return;
    const taken = waiting;
    waiting = new Map();
    try {
      await tallies.add([...taken.values()]);
      isFailing = false;
    } catch (error) {
      for (const tally of taken.values()) add(waiting, tally);
      // Once per outage: the next second tries again.
      if (!isFailing)
        logger.warn(
          { error: error instanceof Error ? error.message : String(error) },
          'counts for the console could not be written',
        );
      isFailing = true;
    }
  }

  return {
    count,
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

function add(to: Map<string, Tally>, tally: Tally): void {
  const key = JSON.stringify([tally.integration, tally.day, tally.name, tally.psp, tally.label]);
  const before = to.get(key);
  to.set(
    key,
    before ? { ...tally, count: before.count + tally.count, lastAtMs: Math.max(before.lastAtMs, tally.lastAtMs) } : tally,
  );
}
