/**
 * TikTok's end of its own count: a pixel's id by its code, and what the pixel received on a UTC day, from the ledger. Repeats and test events
 * are not counted. Written after public clients (github bububa/tiktok-business `model/pixel/` @051f6c0), not after our reader.
 */
import { createHash } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import { eventStatsPath, pixelListPath } from '../../src/tiktok/endpoint';
import { parsed } from './fields';
import type { ReceivedEvent } from './received-event';

/** Counts of one pixel's events by UTC day, event and source, in memory. */
export class EventCounts {
  private readonly counts = new Map<string, number>();
  private readonly lost = new Map<string, number>();
  readonly pixelCodes = new Set<string>();

  add({ fate, pixelCode, eventName, source, at }: ReceivedEvent): void {
    if (pixelCode === null || eventName === null || fate === 'refused') return;
    this.pixelCodes.add(pixelCode);
    if (fate !== 'counted') return;
    const left = this.lost.get(eventName) ?? 0;
    if (left > 0) return void this.lost.set(eventName, left - 1);
    const key = keyOf(pixelCode, dayOf(at), eventName, source);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /** The next `times` events of this name are received and not counted: a difference, planted. */
  loseNext(eventName: string, times: number): void {
    this.lost.set(eventName, times);
  }

  ofDay(
    pixelCode: string,
    day: string,
  ): readonly { readonly eventName: string; readonly source: string; readonly count: number }[] {
    return [...this.counts].flatMap(([key, count]) => {
      const [code, on, eventName = '', source = ''] = JSON.parse(key) as string[];
      return code === pixelCode && on === day ? [{ eventName, source, count }] : [];
    });
  }

  reset(): void {
    this.counts.clear();
    this.lost.clear();
    this.pixelCodes.clear();
  }
}

export interface StatisticsOptions {
  readonly counts: EventCounts;
  /** Refuses a request for its token; null lets it pass. */
  readonly refusalOf: (accessToken: string) => Refusal | null;
  /** The ad accounts that the tokens may read. Default: any. */
  readonly advertiserIds?: readonly string[] | undefined;
  readonly pixelCodes?: readonly string[] | undefined;
  readonly nextRequestId: () => string;
}

interface Refusal {
  readonly code: number;
  readonly message: string;
}

export function createStatisticsRouter(options: StatisticsOptions): Router {
  const { counts, pixelCodes, nextRequestId } = options;
  const knownCodes = (): readonly string[] => pixelCodes ?? [...counts.pixelCodes];
  const router = Router({ strict: true });

  router.get(pixelListPath, (req, res) => {
    const refusal = refusalBefore(req, options);
    if (refusal) return answer(res, refusal, {});
    const { code } = req.query;
    // A pixel without events has its id, too: any code is one where none are listed.
    const codes =
      typeof code === 'string' && pixelCodes === undefined ? [code] : knownCodes().filter((one) => one === (code ?? one));
    const pixels = codes.map((one) => ({ pixel_id: pixelIdOf(one), pixel_code: one, pixel_name: `Pixel ${one}` }));
    return answer(res, ok, { pixels, page_info: { page: 1, page_size: 20, total_number: pixels.length, total_page: 1 } });
  });

  router.get(eventStatsPath, (req, res) => {
    const refusal = refusalBefore(req, options);
    if (refusal) return answer(res, refusal, {});
    const ids = jsonOf(req.query.pixel_ids);
    const range = jsonOf(req.query.date_range) as { readonly start_date?: unknown; readonly end_date?: unknown } | null;
    if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id) => typeof id === 'string' && /^\d+$/.test(id)))
      return answer(res, { code: 40002, message: 'pixel_ids: must be a list of pixel ids' }, {});
    if (!isDay(range?.start_date) || range.start_date !== range.end_date)
      return answer(res, { code: 40002, message: 'date_range: start_date and end_date must be one date, YYYY-MM-DD' }, {});
    const day = range.start_date;
    const known = new Map([...knownCodes(), ...counts.pixelCodes].map((code) => [pixelIdOf(code), code]));
    const list = (ids as readonly string[]).map((id) => ({ pixel_id: id, statistics: statisticsOf(counts, known.get(id), day) }));
    return answer(res, ok, { list });
  });
  return router;

  function answer(res: Response, { code, message }: Refusal, data: object): void {
    res.status(code === 40104 ? 401 : 200).json({ code, message, request_id: nextRequestId(), data });
  }
}

const ok: Refusal = { code: 0, message: 'OK' };

function refusalBefore(req: Request, { refusalOf, advertiserIds }: StatisticsOptions): Refusal | null {
  const refusal = refusalOf(req.get('Access-Token') ?? '');
  if (refusal) return refusal;
  const advertiser = req.query.advertiser_id;
  if (typeof advertiser !== 'string' || !/^\d+$/.test(advertiser))
    return { code: 40002, message: 'advertiser_id: must be a number' };
  return advertiserIds === undefined || advertiserIds.includes(advertiser)
    ? null
    : { code: 40001, message: `No permission to operate advertiser ${advertiser}` };
}

function statisticsOf(counts: EventCounts, pixelCode: string | undefined, day: string): readonly object[] {
  if (pixelCode === undefined) return [];
  const byType = new Map<string, { browser: number; server: number }>();
  for (const { eventName, source, count } of counts.ofDay(pixelCode, day)) {
    const type = adsManagerName(eventName);
    const of = byType.get(type) ?? { browser: 0, server: 0 };
    if (source === 'browser') of.browser += count;
    else of.server += count;
    byType.set(type, of);
  }
  return [...byType].map(([type, { browser, server }]) => ({
    ...(type.startsWith(custom) ? { custom_event_type: type.slice(custom.length) } : { pixel_event_type: type }),
    total_count: browser + server,
    browser_event_total_count: browser,
    server_event_total_count: server,
  }));
}

const custom = 'custom:';

/** Counts go by the Ads Manager's names; both names of a purchase are one. */
function adsManagerName(eventName: string): string {
  const names: Readonly<Record<string, string>> = {
    CompletePayment: 'SHOPPING',
    Purchase: 'SHOPPING',
    InitiateCheckout: 'INITIATEORDER',
    CompleteRegistration: 'REGISTER',
    Subscribe: 'ON_WEB_SUBSCRIBE',
    StartTrial: 'ON_WEB_START_TRIAL',
  };
  return Object.hasOwn(names, eventName) ? (names[eventName] ?? eventName) : `${custom}${eventName}`;
}

/** A pixel's number, the same for a code each time: 19 digits, more than a number of JavaScript holds. */
function pixelIdOf(code: string): string {
  const digits = BigInt(`0x${createHash('sha256').update(code).digest('hex').slice(0, 15)}`).toString();
  return `7${digits.padStart(18, '0').slice(0, 18)}`;
}

function jsonOf(value: unknown): unknown {
  return typeof value === 'string' ? parsed(Buffer.from(value)) : null;
}

function isDay(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
