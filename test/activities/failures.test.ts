import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { deliveryExpired, paused, refused, willRetry } from '../../activities/failures';

const details = { error: { type: 'TikTokRejected', code: 40002, message: 'bad body' }, attempts: 3, holder: null };

describe('what Temporal repeats', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [9, 256_000],
    [10, 300_000],
    [1_000, 300_000],
  ])('after attempt %i it pauses %i ms', (attempts, ms) => {
    expect(willRetry({ kind: 'unreachable', code: null, message: 'x' }, attempts).failure.nextRetryDelay).toBe(ms);
  });

  it.each([
    ['TikTokThrottled', 'throttled'],
    ['TikTokUnreachable', 'unreachable'],
  ] as const)('%s is expected: it neither logs as an error nor parks', (type, kind) => {
    const { failure, error } = willRetry({ kind, code: 40100, message: 'x' }, 1);
    expect(failure).toMatchObject({ type, nonRetryable: false, category: ApplicationFailureCategory.BENIGN });
    expect(error).toEqual({ type, code: 40100, message: 'x' });
  });

  it('a pause by the operator', () => {
    expect(paused()).toMatchObject({ type: 'Paused', nonRetryable: false, nextRetryDelay: 10_000 });
  });
});

describe('what waits for an operator', () => {
  it.each([
    ['TikTokUnauthorized', refused({ kind: 'unauthorized', code: 40105, message: 'invalid token', requestId: null })],
    ['TikTokRejected', refused({ kind: 'rejected', code: 40002, message: 'bad body', requestId: null })],
    ['DeliveryExpired', deliveryExpired(null)],
  ])('%s is not repeated, and brings its details', (type, parked) => {
    const failure = parked.failure(details);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type, nonRetryable: true, message: parked.error.message });
    expect(failure.details).toEqual([details]);
    expect(parked.error.type).toBe(type);
  });

  it('an expired delivery says what went wrong last, where that is known', () => {
    expect(deliveryExpired(null).error.message).toBe('not accepted within 48 h of the first attempt');
    expect(deliveryExpired({ type: 'x', code: null, message: 'no answer' }).error.message).toBe(
      'not accepted within 48 h of the first attempt; the last error was: no answer',
    );
  });
});
