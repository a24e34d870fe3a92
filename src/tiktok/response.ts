/**
 * TikTok's answer → what became of the delivery. The one table of codes: the body's `code` decides, then the HTTP status, since
 * many failures come as HTTP 200 and the rate limit as 401. https://business-api.tiktok.com/portal/docs?id=1771101303285761
 */
import type { DeliveryOutcome } from '../domain/delivery';
import { redacted } from './redaction';

export interface HttpAnswer {
  readonly status: number;
  /** The body's text; null when it could not be read. */
  readonly text: string | null;
  readonly retryAfter: string | null;
  /** When the answer came: `Retry-After` may be a date. */
  readonly nowMs: number;
}

type Kind = DeliveryOutcome['kind'];

/** Codes whose class their range does not tell. Names are those of TikTok's SDK. */
const codes: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [0, 'accepted'], // OK
  [20001, 'accepted'], // PARTIAL_OK, not expected for one event: accepted with a warning
  [40001, 'unauthorized'], // PERMISSION_ERROR: the token has no right on this pixel
  [40007, 'unauthorized'], // NOT_EXIST: the pixel is deleted or misspelt
  [40100, 'throttled'], // REQUEST_TOO_FREQUENT, documented with HTTP 401
  [40102, 'unauthorized'], // token expired
  [40104, 'unauthorized'], // token empty
  [40105, 'unauthorized'], // token invalid
  [40106, 'unauthorized'], // INVALID_CORE_USER
  [40132, 'throttled'], // REQUEST_FREQUENCY_LIMITED
  [40133, 'throttled'], // queries per second
  [40202, 'unreachable'], // WRITE_CONFLICT: passes
  [40300, 'unauthorized'], // ADVERTISER_NOT_EXIST, of reads alone
  [41000, 'unauthorized'], // BLOCKED
  [61000, 'throttled'], // TOO_MANY_REQUESTS_BL
]);

function kindOfCode(code: number): Kind | undefined {
  const known = codes.get(code);
  if (known !== undefined) return known;
  if (code >= 40_000 && code < 50_000) return 'rejected';
  if (code >= 50_000 && code < 70_000) return 'unreachable'; // system errors, maintenance
  return undefined;
}

function kindOfStatus(status: number): Exclude<Kind, 'accepted'> {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 408 || status === 425 || status === 429) return 'throttled';
  if (status >= 400 && status < 500) return 'rejected';
  return 'unreachable'; // 5xx, redirects, and a 2xx that does not say code 0 is never "delivered"
}

/** `secrets` are texts that may not appear in a message, whatever TikTok wrote. */
export function outcomeOf(answer: HttpAnswer, secrets: readonly string[] = []): DeliveryOutcome {
  const body = bodyOf(answer.text);
  const code = body?.code ?? null;
  const kind = (code === null ? undefined : kindOfCode(code)) ?? kindOfStatus(answer.status);
  const requestId = body?.requestId ?? null;
  const message =
    redacted(body?.message ?? '', secrets) || `HTTP ${answer.status}${body === null ? ' without an answer of TikTok' : ''}`;
  const retryAfterMs = retryAfterMsOf(answer);
  switch (kind) {
    case 'accepted': {
      const warning = warningOf(code ?? 0, answer.status, message);
      return { kind, code: code ?? 0, requestId, ...(warning === null ? {} : { warning }) };
    }
    case 'throttled':
    case 'unreachable':
      return { kind, code, message, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
    case 'unauthorized':
    case 'rejected':
      return { kind, code, message, requestId };
  }
}

function warningOf(code: number, status: number, message: string): string | null {
  if (code !== 0) return `code ${code}: ${message}`;
  return status >= 200 && status < 300 ? null : `code 0 with HTTP ${status}`;
}

interface AnswerBody {
  readonly code: number;
  readonly message: string;
  readonly requestId: string | null;
}

/** `{code, message, request_id, data}`, or null for anything that does not say a code. */
function bodyOf(text: string | null): AnswerBody | null {
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    return null;
  }
  if (typeof json !== 'object' || json === null || !('code' in json) || !isCode(json.code)) return null;
  const { code, message, request_id } = json as { code: number; message?: unknown; request_id?: unknown }; // checked above
  const isId = typeof request_id === 'string' && /^[\w.:-]{1,128}$/.test(request_id);
  return { code, message: typeof message === 'string' ? message : '', requestId: isId ? request_id : null };
}

/** TikTok's have five digits; the table of purchases takes no more than nine. */
function isCode(code: unknown): boolean {
  return Number.isInteger(code) && Math.abs(Number(code)) < 1_000_000_000;
}

const maxRetryAfterMs = 5 * 60_000;

/** Seconds or an HTTP date (RFC 9110, 10.2.3). TikTok documents none; honoured where present, up to 5 minutes. */
function retryAfterMsOf({ retryAfter, nowMs }: HttpAnswer): number | null {
  const text = retryAfter?.trim() ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) - nowMs : NaN;
  return ms > 0 ? Math.min(ms, maxRetryAfterMs) : null;
}
