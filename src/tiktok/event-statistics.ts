/** The client of TikTok's own count: a pixel's id by its code, and what the pixel received on a day. Failures are returned, not thrown. */
import { Agent, request, type Dispatcher } from 'undici';
import { eventStatsPath, pixelListPath, urlOf } from './endpoint';
import type { TikTokCredentials } from './events-api';
import { isToken, readLimited, retryAfterOf, whyUnreachable } from './http';
import { readPixelId, readStatistics, type ReadStatistics } from './read-statistics';
import { outcomeOf } from './response';

/** What came of a question: an answer, a refusal that repetition does not mend, or nobody there. */
export type Asked<T> =
  | { readonly kind: 'answered'; readonly value: T }
  /** TikTok's code, null where it was no answer of TikTok's; and its words, redacted. */
  | { readonly kind: 'refused'; readonly isPermission: boolean; readonly code: number | null; readonly message: string }
  /** It may be asked again. */
  | { readonly kind: 'unreachable'; readonly message: string; readonly retryAfterMs?: number };

export interface EventStatisticsApi {
  /** TikTok's numeric id of a pixel, which counts are asked by. Null: the advertiser has no pixel of this code. */
  pixelId(credentials: TikTokCredentials, advertiserId: string, pixelCode: string): Promise<Asked<string | null>>;
  /** What the pixel received on one UTC day (`2026-11-22`). */
  ofDay(credentials: TikTokCredentials, advertiserId: string, pixelId: string, day: string): Promise<Asked<ReadStatistics>>;
  close(): Promise<void>;
}

export interface EventStatisticsOptions {
  /** Limit for connecting, asking and reading the whole answer, in milliseconds. Default: 20,000. */
  readonly timeoutMs?: number;
  readonly nowMs?: () => number;
}

/** A list of pixels carries their scripts and rules. */
const maxAnswerBytes = 1_024 * 1_024;

/** Makes a client with connections of its own, so that a slow count takes none from sends. */
export function createEventStatistics({ timeoutMs = 20_000, nowMs = Date.now }: EventStatisticsOptions = {}): EventStatisticsApi {
  const dispatcher: Dispatcher & { close(): Promise<void> } = new Agent({ connections: 2, keepAliveTimeout: 10_000 });

  async function ask<T>(
    { baseUrl, accessToken }: TikTokCredentials,
    path: string,
    query: Readonly<Record<string, string>>,
    read: (text: string) => T | undefined,
  ): Promise<Asked<T>> {
    if (!isToken(accessToken))
      return {
        kind: 'refused',
        isPermission: true,
        code: null,
        message: 'the access token is empty, or has characters that no token has',
      };
    try {
      const response = await request(`${urlOf(baseUrl, path)}?${new URLSearchParams(query).toString()}`, {
        headers: { 'Access-Token': accessToken, Accept: 'application/json' },
        signal: AbortSignal.timeout(timeoutMs),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        dispatcher,
      }); // undici's request follows no redirect: the token goes to the configured host only
      const text = await readLimited(response.body, maxAnswerBytes);
      const outcome = outcomeOf(
        { status: response.statusCode, text, retryAfter: retryAfterOf(response.headers), nowMs: nowMs() },
        [accessToken],
      );
      switch (outcome.kind) {
        case 'accepted': {
          const value = read(text ?? '');
          if (value !== undefined) return { kind: 'answered', value };
          return { kind: 'refused', isPermission: false, code: outcome.code, message: 'the answer has no list that can be read' };
        }
        case 'unauthorized':
        case 'rejected':
          return { kind: 'refused', isPermission: outcome.kind === 'unauthorized', code: outcome.code, message: outcome.message };
        case 'throttled':
        case 'unreachable': {
          const { retryAfterMs, message } = outcome;
          return { kind: 'unreachable', message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
        }
      }
    } catch (error) {
      return { kind: 'unreachable', message: whyUnreachable(error, timeoutMs) };
    }
  }

  return {
    // Lists and ranges go as JSON in the query: github bububa/tiktok-business `model/pixel/event_stats.go` @051f6c0.
    pixelId: (credentials, advertiserId, pixelCode) =>
      ask(credentials, pixelListPath, { advertiser_id: advertiserId, code: pixelCode, page: '1', page_size: '20' }, (text) =>
        readPixelId(text, pixelCode),
      ),
    ofDay: (credentials, advertiserId, pixelId, day) =>
      ask(
        credentials,
        eventStatsPath,
        {
          advertiser_id: advertiserId,
          pixel_ids: JSON.stringify([pixelId]),
          date_range: JSON.stringify({ start_date: day, end_date: day }),
        },
        (text) => readStatistics(text, pixelId, day) ?? undefined,
      ),
    close: () => dispatcher.close(),
  };
}
