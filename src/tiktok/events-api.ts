/** The client of TikTok's Events API: one request in, one `DeliveryOutcome` out. Failures are returned, not thrown. */
import { Agent, request, type Dispatcher } from 'undici';
import type { DeliveryOutcome } from '../domain/delivery';
import { trackUrl } from './endpoint';
import { isToken, readLimited, retryAfterOf, whyUnreachable } from './http';
import { outcomeOf } from './response';
import { checkTrackRequest, InvalidTrackRequest, type TrackRequest } from './track-request';

/** The host to post to and the token that authorises the post. */
export interface TikTokCredentials {
  readonly baseUrl: string;
  readonly accessToken: string;
}

/** Where an integration's events go: the pixel that receives them, and the credentials. */
export interface TikTokTarget extends TikTokCredentials {
  readonly pixelCode: string;
}

/** Sends events; `close` ends the connections that it opened itself. */
export interface EventsApi {
  /** Checks the body, posts it once and reads the answer. Does not retry and does not throw. */
  track(credentials: TikTokCredentials, body: TrackRequest): Promise<DeliveryOutcome>;
  close(): Promise<void>;
}

export interface EventsApiOptions {
  /** An undici dispatcher; the caller closes it. Default: a keep-alive pool that `close` ends. */
  readonly dispatcher?: Dispatcher;
  /** Limit for connecting, sending and reading the whole answer, in milliseconds. Default: 15,000. */
  readonly timeoutMs?: number;
  readonly nowMs?: () => number;
}

/** Makes a client. One per process: the connection pool is shared by all sends. */
export function createEventsApi(options: EventsApiOptions = {}): EventsApi {
  const { timeoutMs = 15_000, nowMs = Date.now } = options;
  const own = options.dispatcher === undefined ? new Agent({ connections: 64, keepAliveTimeout: 30_000 }) : null;
  const dispatcher = options.dispatcher ?? own ?? undefined;

  async function track({ baseUrl, accessToken }: TikTokCredentials, body: TrackRequest): Promise<DeliveryOutcome> {
    const unsendable = problemOf(accessToken, body);
    if (unsendable !== null) return unsendable;
    try {
      const response = await request(trackUrl(baseUrl), {
        method: 'POST',
        headers: { 'Access-Token': accessToken, 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(dispatcher === undefined ? {} : { dispatcher }),
      }); // undici's request follows no redirect: the token goes to the configured host only
      const text = await readLimited(response.body, maxAnswerBytes);
      const retryAfter = retryAfterOf(response.headers);
      return outcomeOf({ status: response.statusCode, text, retryAfter, nowMs: nowMs() }, [accessToken]);
    } catch (error) {
      return { kind: 'unreachable', code: null, message: whyUnreachable(error, timeoutMs) };
    }
  }

  return { track, close: async () => own?.close() };
}

/** The outcome of a request that cannot succeed, without sending it; null when it can be sent. */
function problemOf(accessToken: string, body: TrackRequest): DeliveryOutcome | null {
  if (!isToken(accessToken)) {
    const message = accessToken === '' ? 'the access token is empty' : 'the access token has characters that no token has';
    return { kind: 'unauthorized', code: null, message, requestId: null };
  }
  try {
    checkTrackRequest(body);
    return null;
  } catch (error) {
    if (!(error instanceof InvalidTrackRequest)) throw error;
    return { kind: 'rejected', code: null, message: error.message.slice(0, 500), requestId: null };
  }
}

/** No answer of TikTok to an event is longer. */
const maxAnswerBytes = 64 * 1_024;
