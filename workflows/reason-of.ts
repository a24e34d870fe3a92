/** A failed activity in a sentence. */
import { type ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

/** Why an activity failed; after a timeout, with the failure of its last attempt. */
export function reasonOf({ cause }: ActivityFailure | TimeoutFailure): string {
  if (cause instanceof TimeoutFailure && cause.cause) return `${cause.message}, after ${reasonOf(cause)}`;
  if (cause instanceof ApplicationFailure) return `${cause.type ?? 'Error'}: ${cause.message}`;
  return cause?.message ?? 'unknown';
}
