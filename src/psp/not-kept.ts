import type { ListDescription, TimeWindow } from './adapter';

/** What a provider's list cannot tell of a window that begins before the provider's memory, in a sentence; empty when it can tell all. */
export function notKept({ kept }: ListDescription, { fromMs }: TimeWindow, nowMs: number): readonly string[] {
  if (kept === null || fromMs >= nowMs - kept.forMs) return [];
  return [`before ${new Date(nowMs - kept.forMs).toISOString()}: ${kept.beyond}`];
}
