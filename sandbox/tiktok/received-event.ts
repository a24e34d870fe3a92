/** An event as the receiver has it, and what became of it. */

/**
 * `counted` · `merged`: a repeat within 5 minutes of the first · `dropped`: a repeat within 48 hours · `test`: not in actual data ·
 * `refused`: answered with an error.
 */
export const fates = ['counted', 'merged', 'dropped', 'test', 'refused'] as const;
export type Fate = (typeof fates)[number];

/** One event as it arrived, and its fate. */
export interface ReceivedEvent {
  /** `server`: sent through the Events API. `browser`: sent by the pixel. */
  readonly source: 'server' | 'browser';
  /** When it arrived, Unix milliseconds. */
  readonly at: number;
  readonly requestId: string;
  readonly pixelCode: string | null;
  readonly testEventCode: string | null;
  readonly eventName: string | null;
  readonly eventId: string | null;
  /** Unix seconds, as sent; of a page, by its clock. */
  readonly eventTime: number | null;
  readonly value: number | null;
  readonly currency: string | null;
  /** All of them, as sent. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** With the field names of the Events API, for both sources. */
  readonly user: Readonly<Record<string, unknown>>;
  readonly pageUrl: string | null;
  readonly limitedDataUse: boolean;
  readonly fate: Fate;
  /** The answer, or the requested failure. */
  readonly answer: string;
  readonly warnings: readonly string[];
}
