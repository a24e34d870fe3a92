/** Decides, as TikTok does, which accepted events count and which are merged or dropped as repeats. */
import { createHash } from 'node:crypto';
import type { Fate, ReceivedEvent } from './received-event';

export type { Fate, ReceivedEvent } from './received-event';

const mergeWindowMs = 5 * 60_000;
const dropWindowMs = 48 * 3_600_000;

export class Ledger {
  private received: ReceivedEvent[] = [];
  /** Of each as JSON, and of all. */
  private sizes: number[] = [];
  private size = 0;
  private firsts = new Map<string, number>();
  private requests = new Map<string, string>();
  private totals = noTotals();

  /** `onAdded` receives each event, whether or not it is kept for long. */
  constructor(
    private readonly maxEvents: number,
    private readonly onAdded: (event: ReceivedEvent) => void = () => undefined,
  ) {}

  /**
   * Events are deduplicated by `event_source_id`, `event` and `event_id`. The first is kept; after 48 hours a repeat counts again.
   * https://ads.tiktok.com/help/article/event-deduplication
   */
  fateOf(pixelCode: string, eventName: string, eventId: string | null, nowMs: number): Fate {
    if (eventId === null) return 'counted';
    const key = shortened(JSON.stringify([pixelCode, eventName, eventId]));
    const firstMs = this.firsts.get(key);
    if (firstMs !== undefined && nowMs - firstMs <= mergeWindowMs) return 'merged';
    if (firstMs !== undefined && nowMs - firstMs <= dropWindowMs) return 'dropped';
    this.firsts.delete(key);
    this.firsts.set(key, nowMs);
    if (this.firsts.size > maxKeys) this.firsts.delete(this.firsts.keys().next().value ?? '');
    return 'counted';
  }

  add(event: ReceivedEvent): void {
    this.totals[event.fate] += 1;
    this.onAdded(event);
    const whole = bytesOf(event);
    const kept = whole > maxEventBytes ? withoutBuyer(event) : event;
    const size = kept === event ? whole : bytesOf(kept);
    this.received.push(kept);
    this.sizes.push(size);
    this.size += size;
    while (this.received.length > this.maxEvents || this.size > maxBytes) {
      this.received.shift();
      this.size -= this.sizes.shift() ?? 0;
    }
  }

  /** Keeps a body as it arrived, for the live view; the latest ones, and none that is huge. */
  keepRequest(requestId: string, body: string): void {
    if (body.length > maxRequestLength) return;
    this.requests.set(requestId, body);
    if (this.requests.size > maxRequests) this.requests.delete(this.requests.keys().next().value ?? '');
  }

  /** Null when it is gone. */
  requestOf(requestId: string): string | null {
    return this.requests.get(requestId) ?? null;
  }

  /** The latest events, oldest first. */
  events(): ReceivedEvent[] {
    return [...this.received];
  }

  /** The number of events by fate, including those no longer kept. */
  counts(): Readonly<Record<Fate, number>> {
    return { ...this.totals };
  }

  reset(): void {
    this.received = [];
    this.sizes = [];
    this.size = 0;
    this.firsts = new Map();
    this.requests = new Map();
    this.totals = noTotals();
  }
}

const maxKeys = 200_000;
/** As many as the live view shows. */
const maxRequests = 300;
const maxRequestLength = 65_536;
/** No event that TikTok takes is as long. */
const maxEventBytes = 16_384;
const maxBytes = 32 * 1024 * 1024;
const longestText = 256;

function bytesOf(event: ReceivedEvent): number {
  return Buffer.byteLength(JSON.stringify(event));
}

/** What is left of an event that is too long to be kept: which it was, and what became of it. */
function withoutBuyer(event: ReceivedEvent): ReceivedEvent {
  // Copied: a slice would keep all of the text in memory.
  const cutText = (text: string): string => Buffer.from(text.slice(0, longestText)).toString();
  const cut = (text: string | null): string | null => (text === null ? null : cutText(text));
  return {
    ...event,
    ...{ pixelCode: cut(event.pixelCode), testEventCode: cut(event.testEventCode), eventName: cut(event.eventName) },
    ...{ eventId: cut(event.eventId), currency: cut(event.currency), pageUrl: cut(event.pageUrl), user: {}, properties: {} },
    answer: cutText(event.answer),
    warnings: ['too long to be kept whole'],
  };
}

/** Keys are kept for 48 hours, and no longer than a hash. */
function shortened(key: string): string {
  return key.length <= longestText ? key : createHash('sha256').update(key).digest('base64url');
}

function noTotals(): Record<Fate, number> {
  return { counted: 0, merged: 0, dropped: 0, test: 0, refused: 0 };
}
