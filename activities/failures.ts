/** Outcome → `ApplicationFailure`: the one place that decides what Temporal repeats and what waits for somebody. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { DeliveryOutcome } from '../src/domain/delivery';
import type { DeliveryError, PaymentRef } from '../src/domain/purchase';

/** TikTok drops a repeated `event_id` for 48 h and counts it again later: an attempt of unknown fate is not repeated after that. */
export const deliveryWindowMs = 48 * 60 * 60 * 1000;

const longestPauseMs = 5 * 60 * 1000;
const pausedForMs = 10_000;

/** What a failed report tells the workflow (the failure's only detail). */
export interface ReportFailureDetails {
  readonly error: DeliveryError;
  readonly attempts: number;
  readonly holder: PaymentRef | null;
}

const retriedTypes = { throttled: 'TikTokThrottled', unreachable: 'TikTokUnreachable' } as const;
const refusedTypes = { unauthorized: 'TikTokUnauthorized', rejected: 'TikTokRejected' } as const;

/** Nobody has to act: tried again after a growing pause (1 s, ×2, at most 5 min), or when TikTok says. */
export function willRetry(outcome: Extract<DeliveryOutcome, { kind: 'throttled' | 'unreachable' }>, attempts: number) {
  const error: DeliveryError = { type: retriedTypes[outcome.kind], code: outcome.code, message: outcome.message };
  const nextRetryDelay = Math.min(outcome.retryAfterMs ?? pauseMs(attempts), longestPauseMs);
  const category = ApplicationFailureCategory.BENIGN; // expected: neither an error log nor an error metric of the SDK
  return { error, failure: ApplicationFailure.create({ message: error.message, type: error.type, nextRetryDelay, category }) };
}

/** Somebody has to act: the purchase needs attention, and the workflow goes on. */
export function refused(outcome: Extract<DeliveryOutcome, { kind: 'unauthorized' | 'rejected' }>) {
  return parked({ type: refusedTypes[outcome.kind], code: outcome.code, message: outcome.message });
}

/** 48 h after the first attempt: only an operator may try again. */
export function deliveryExpired(last: DeliveryError | null) {
  const cause = last ? `; the last error was: ${last.message}` : '';
  return parked({ type: 'DeliveryExpired', code: null, message: `not accepted within 48 h of the first attempt${cause}` });
}

/** Sends are paused: looked at again soon. Costs no attempt of the purchase. */
export function paused(): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  return ApplicationFailure.create({ message: 'sends are paused', type: 'Paused', nextRetryDelay: pausedForMs, category });
}

function parked(error: DeliveryError) {
  const failure = (details: ReportFailureDetails): ApplicationFailure =>
    ApplicationFailure.create({ message: error.message, type: error.type, nonRetryable: true, details: [details] });
  return { error, failure };
}

function pauseMs(attempts: number): number {
  return Math.min(1000 * 2 ** Math.min(attempts - 1, 20), longestPauseMs);
}
