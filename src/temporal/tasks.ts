/** Tasks that run for minutes in a workflow of their own: how far they are, also after they ended, as long as Temporal keeps them. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow';
import { withDeadline } from './connection';

export type TaskState = 'running' | 'done' | 'cancelled' | 'failed';

export interface Task<Progress> {
  readonly workflowId: string;
  readonly state: TaskState;
  /** Null when no worker answered in time. */
  readonly progress: Progress | null;
  /** Unix milliseconds; of the latest run. */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Why its last attempt at something failed; null when it did not, or has gone on since. */
  readonly lastError: string | null;
}

const describeDeadlineMs = 4_000;
/** A worker has to answer; pages that show progress ask again soon. */
const queryDeadlineMs = 2_000;

/** Null when Temporal has no such workflow, or keeps it no longer. */
export async function taskOf<Progress>(client: Client, workflowId: string): Promise<Task<Progress> | null> {
  const handle = client.workflow.getHandle(workflowId);
  const found = await orNull(() => withDeadline(client, describeDeadlineMs, () => handle.describe()));
  if (!found) return null;
  const state = stateOf(found);
  return {
    workflowId,
    state,
    progress: await withDeadline(client, queryDeadlineMs, () =>
      // One that is done has left its progress as its result, for which no worker is needed.
      state === 'done' ? (handle.result() as Promise<Progress>) : handle.query<Progress>('progress'),
    ).catch(() => null),
    startedAtMs: found.startTime.getTime(),
    endedAtMs: found.closeTime?.getTime() ?? null,
    lastError: await pendingErrorOf(client, found),
  };
}

/** Asks a task to end. False when it does not run. */
export async function cancelTask(client: Client, workflowId: string): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId);
  const found = await orNull(() => withDeadline(client, describeDeadlineMs, () => handle.describe()));
  if (found?.status.name !== 'RUNNING') return false;
  return (await orNull(() => withDeadline(client, describeDeadlineMs, () => handle.cancel()))) !== null;
}

function stateOf({ status }: WorkflowExecutionDescription): TaskState {
  switch (status.name) {
    case 'RUNNING':
    case 'CONTINUED_AS_NEW':
      return 'running';
    case 'COMPLETED':
      return 'done';
    case 'CANCELLED':
      return 'cancelled';
    default:
      return 'failed';
  }
}

/** The failure of an activity that is being retried. */
async function pendingErrorOf(client: Client, { raw }: WorkflowExecutionDescription): Promise<string | null> {
  const failure = raw.pendingActivities?.find(({ lastFailure }) => lastFailure)?.lastFailure;
  if (!failure) return null;
  const error = await decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, failure);
  return error?.message ?? null;
}

async function orNull<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
