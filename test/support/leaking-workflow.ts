/** A workflow and an activity whose failures quote what they failed on. */
import { ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';

const { refuse } = proxyActivities<{ refuse(email: string): Promise<void> }>({ startToCloseTimeout: '5s' });

export async function leaking(email: string): Promise<void> {
  try {
    await refuse(email);
  } catch (error) {
    const cause = error instanceof ActivityFailure ? (error.cause?.message ?? '') : 'not an activity failure';
    throw ApplicationFailure.nonRetryable(`cannot go on: ${cause}`, 'Leaking');
  }
}
