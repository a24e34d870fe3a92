/**
 * What this process took in lately, so that a check does not tell workflows again what the check before it told: looks overlap, and
 * every signal is an Action and four events of history. A memory and no truth: what it forgets is told again and changes nothing.
 */
import { createHash } from 'node:crypto';

export interface TakenIn {
  has(thing: unknown): boolean;
  add(thing: unknown): void;
}

export function createTakenIn(keptMs: number, nowMs: () => number, mostKept = 100_000): TakenIn {
  /** When each was taken in, oldest first. Hashes, since the things name people. */
  const times = new Map<string, number>();
  const keyOf = (thing: unknown): string => createHash('sha256').update(JSON.stringify(thing)).digest('base64');
  return {
    has(thing) {
      const at = times.get(keyOf(thing));
      return at !== undefined && nowMs() - at < keptMs;
    },
    add(thing) {
      for (const [key, at] of times) {
        if (times.size < mostKept && nowMs() - at < keptMs) break;
        times.delete(key);
      }
      const key = keyOf(thing);
      times.delete(key);
      times.set(key, nowMs());
    },
  };
}
