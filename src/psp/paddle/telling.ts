import type { ReadingContext } from '../adapter';

/** What a reader may know beside the entity. Only webhooks have the event's own time: a last resort. */
export interface Telling extends ReadingContext {
  readonly occurredAtMs: number | undefined;
}
