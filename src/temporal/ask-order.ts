/** Queries of an order's workflow. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { QueryNotRegisteredError } from '@temporalio/client';
import type { QueryDefinition } from '@temporalio/common';

const pauseMs = 100;
const mostAttempts = 25;

/**
 * The workflow's answer. One that starts again from its records takes queries as soon as it has read them: until then it is asked again.
 * @throws what the query throws; `QueryNotRegisteredError` after some seconds of a workflow that takes no such query.
 */
export async function askOrder<T>(handle: WorkflowHandle, query: QueryDefinition<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await handle.query<T, []>(query);
    } catch (error) {
      if (!(error instanceof QueryNotRegisteredError) || attempt === mostAttempts) throw error;
    }
    await sleep(pauseMs);
  }
}
