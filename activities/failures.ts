/** From a delivery's outcome to an `ApplicationFailure`: this file alone decides what Temporal retries and what waits for an operator. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { DeliveryOutcome } from '../src/domain/delivery';
import type { DeliveryFailure } from '../src/domain/delivery-request';
import { hourMs, minuteMs } from '../src/domain/duration';
import type { DeliveryError } from '../src/domain/purchase';

/** TikTok drops a repeated `event_id` for 48 h and counts it again later, so an attempt without an answer is not repeated after that. */
export const deliveryWindowMs = 48 * hourMs;

const longestPauseMs = 5 * minuteMs;
const pausedForMs = 10_000;

const retriedTypes = { throttled: 'TikTokThrottled', unreachable: 'TikTokUnreachable' } as const;
const refusedTypes = { unauthorized: 'TikTokUnauthorized', rejected: 'TikTokRejected' } as const;

/** Retried without an operator: after 1 s, doubled each time up to 5 min, or after TikTok's `Retry-After`. */
export function willRetry(outcome: Extract<DeliveryOutcome, { kind: 'throttled' | 'unreachable' }>, attempts: number) {
  const error: DeliveryError = { type: retriedTypes[outcome.kind], code: outcome.code, message: outcome.message };
  const nextRetryDelay = Math.min(outcome.retryAfterMs ?? pauseMs(attempts), longestPauseMs);
  const category = ApplicationFailureCategory.BENIGN; // expected: neither an error log nor an error metric of the SDK
  const failure = ApplicationFailure.create({ message: error.message, type: error.type, nextRetryDelay, category });
  return { error, failure, pauseMs: nextRetryDelay };
}

/** Not retried: the purchase needs an operator's attention, and the workflow goes on. */
export function refused(outcome: Extract<DeliveryOutcome, { kind: 'unauthorized' | 'rejected' }>) {
  // `delivery.attempted` has said it as a warning; the SDK need not say it again with a stack.
  return parked(
    { type: refusedTypes[outcome.kind], code: outcome.code, message: outcome.message },
    ApplicationFailureCategory.BENIGN,
  );
}

/** 48 h after the first attempt: only an operator may try again. */
export function deliveryExpired(last: DeliveryError | null) {
  const cause = last ? `; the last error was: ${last.message}` : '';
  return parked({ type: 'DeliveryExpired', code: null, message: `not accepted within 48 h of the first attempt${cause}` });
}

/** The database refuses what it was given, and would again: only an operator may try once more, after an upgrade for example. */
export function refusedByDatabase(sqlState: string | undefined) {
  const message = `the database refuses to store this purchase (SQLSTATE ${sqlState ?? 'unknown'}), and would again`;
  return parked({ type: 'DatabaseRefused', code: null, message });
}

/** Sends are paused: retried soon, without counting an attempt of the purchase. */
export function paused(): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  return ApplicationFailure.create({ message: 'sends are paused', type: 'Paused', nextRetryDelay: pausedForMs, category });
}

function parked(error: DeliveryError, category?: ApplicationFailureCategory) {
  const failure = (details: DeliveryFailure): ApplicationFailure =>
    ApplicationFailure.create({
      message: error.message,
      type: error.type,
      nonRetryable: true,
      details: [details],
      ...(category === undefined ? {} : { category }),
    });
  return { error, failure };
}

function pauseMs(attempts: number): number {
  return Math.min(1000 * 2 ** Math.min(attempts - 1, 20), longestPauseMs);
}
