/** Readings of TikTok's own count, as the rest of the service starts them. */
import type { Client } from '@temporalio/client';
import type { TikTokCountInput, TikTokCountResult } from '../../workflows/contract';
import { coreTaskQueue, tiktokCountId } from '../../workflows/contract';
import { withDeadline } from './connection';
import { nextActionAtMs } from './next-action';
import { type Task, taskOf } from './tasks';

export interface TikTokCounts {
  /** Starts a reading now, or finds the one that runs. Answers its workflow id. */
  count(integration: string): Promise<string>;
  /** The reading that runs, or the last one; null when Temporal knows of none. */
  find(integration: string): Promise<Task<TikTokCountResult> | null>;
  /** When the Schedule starts the next one, Unix milliseconds; null while it is paused or gone. */
  nextAtMs(integration: string): Promise<number | null>;
}

const startDeadlineMs = 5_000;

export function createTikTokCounts(client: Client): TikTokCounts {
  return {
    async count(integration) {
      const workflowId = tiktokCountId({ integration });
      const args: [TikTokCountInput] = [{ integration }];
      const options = { workflowId, args, taskQueue: coreTaskQueue, ...countTexts };
      await withDeadline(client, startDeadlineMs, () =>
        client.workflow.start('tiktokCount', { ...options, workflowIdConflictPolicy: 'USE_EXISTING' }),
      );
      return workflowId;
    },
    find: (integration) => taskOf<TikTokCountResult>(client, tiktokCountId({ integration })),
    nextAtMs: (integration) => nextActionAtMs(client, tiktokCountId({ integration })),
  };
}

/** What the Temporal UI says of a reading, whoever started it. */
export const countTexts = {
  staticSummary: 'TikTok’s own count',
  staticDetails: 'Asks TikTok how many events it has received on each of the last days, and compares them with what was sent.',
} as const;
