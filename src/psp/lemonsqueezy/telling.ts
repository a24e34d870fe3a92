import type { ReadingContext } from '../adapter';

/** What the envelope says of the object. */
export interface Telling extends ReadingContext {
  readonly id: string;
  /** What the merchant passed to the checkout; Lemon Squeezy repeats it in every event of what came of it. */
  readonly customData: unknown;
}
