/** Which keys the open workflows and the Schedules need, and how they come to need the first one only. */
import type { Client, ScheduleHandle, ScheduleOptions } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { orderQuery, resealSignal } from '../../workflows/contract';
import { askOrder } from './ask-order';
import { keyIdField } from './codec';
import { withDeadline } from './connection';

/** A workflow that runs, with the keys that have sealed its history. */
export interface OpenWorkflow {
  readonly workflowId: string;
  readonly type: string;
  readonly keyIds: ReadonlySet<string>;
}

/** Everything that runs. The list lags behind by seconds. */
export async function* openWorkflows(client: Client): AsyncGenerator<{ readonly workflowId: string; readonly type: string }> {
  for await (const { workflowId, type } of client.workflow.list({ query: `ExecutionStatus = 'Running'` }))
    yield { workflowId, type };
}

/** The keys of the current run's history; null when it runs no longer. */
export async function keysOfHistory(client: Client, workflowId: string): Promise<ReadonlySet<string> | null> {
  const keyIds = new Set<string>();
  let nextPageToken: Uint8Array | null | undefined;
  do {
    const page = await orNull(() =>
      client.workflowService.getWorkflowExecutionHistory({
        namespace: client.options.namespace,
        execution: { workflowId },
        maximumPageSize: 500,
        ...(nextPageToken ? { nextPageToken } : {}),
      }),
    );
    if (page === null) return null;
    collectKeys(page.history, keyIds);
    nextPageToken = page.nextPageToken;
  } while (nextPageToken?.length);
  return keyIds;
}

/**
 * Asks a subscription's workflow for a new history, in which the buyer's HMACs have the forms of `lifted`, if that is given. False when it runs
 * no longer.
 */
export async function askForNewHistory(
  client: Client,
  workflowId: string,
  lifted?: Readonly<Record<string, string>>,
): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId);
  const told = await orNull(() =>
    (lifted ? handle.signal(resealSignal, { lifted }) : handle.signal(resealSignal)).then(() => true),
  );
  return told ?? false;
}

/** The HMACs by which a subscription's workflow knows its buyer; null when there is no such workflow. @throws when no worker answers in time. */
export async function keysOfBuyer(client: Client, workflowId: string): Promise<readonly string[] | null> {
  const state = await orNull(() =>
    withDeadline(client, answerDeadlineMs, () => askOrder(client.workflow.getHandle(workflowId), orderQuery)),
  );
  return state && state.userKeys.map(({ hmac }) => hmac);
}

const answerDeadlineMs = 30_000;

/** Writes every Schedule again as it is, if another key than the first has sealed its arguments. Returns the number written. */
export async function resealSchedules(client: Client, firstKeyId: string): Promise<number> {
  let written = 0;
  for await (const { scheduleId } of client.schedule.list()) {
    const { schedule, memo } = await client.workflowService.describeSchedule({ namespace: client.options.namespace, scheduleId });
    const isOld = (part: unknown): boolean => {
      const keyIds = new Set<string>();
      collectKeys(part, keyIds);
      return [...keyIds].some((id) => id !== firstKeyId);
    };
    const handle = client.schedule.getHandle(scheduleId);
    // No update reaches the memo, which Schedules of before have: they are made anew.
    if (isOld(memo)) await makeAnew(client, handle);
    else if (isOld(schedule)) await handle.update((found) => found);
    else continue;
    written += 1;
  }
  return written;
}

async function makeAnew(client: Client, handle: ScheduleHandle): Promise<void> {
  const { scheduleId, spec, action, policies, state } = await handle.describe();
  await handle.delete();
  // A description is what options become.
  await client.schedule.create({
    scheduleId,
    spec,
    action,
    policies,
    state: { paused: state.paused, note: state.note },
  } as ScheduleOptions);
}

/** How long the namespace keeps closed workflows, milliseconds; null when the server does not say. */
export async function closedKeptMs(client: Client): Promise<number | null> {
  const { config } = await client.workflowService.describeNamespace({ namespace: client.options.namespace });
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? NaN);
  return Number.isNaN(seconds) ? null : seconds * 1_000;
}

/** Adds the key ids of all payloads in a message of Temporal's. */
function collectKeys(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const [name, part] of Object.entries(value)) {
    if (name === keyIdField && ArrayBuffer.isView(part)) into.add(Buffer.from(part as Uint8Array).toString('utf8'));
    else collectKeys(part, into);
  }
}

async function orNull<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    // Of the raw service: gRPC's NOT_FOUND.
    if (error instanceof WorkflowNotFoundError || (error as { readonly code?: unknown }).code === notFound) return null;
    throw error;
  }
}

const notFound = 5;
