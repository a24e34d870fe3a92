/** The bulk resend, as the rest of the service starts, watches and ends it. */
import type { Client } from '@temporalio/client';
import type { BulkResendInput, BulkResendProgress } from '../../workflows/contract';
import { bulkResendId, coreTaskQueue } from '../../workflows/contract';
import { withDeadline } from './connection';
import type { Task } from './tasks';
import { cancelTask, taskOf } from './tasks';

/** Null stands for every error. */
export interface ResendScope {
  readonly integration: string;
  readonly error: string | null;
}

export interface BulkResends {
  /** Starts one, or finds the one that runs. Answers its workflow id. */
  start(scope: ResendScope, by: string): Promise<string>;
  /** The one that runs, or the last one that ran; null when Temporal knows of none. */
  find(scope: ResendScope): Promise<Task<BulkResendProgress> | null>;
  /** Orders that were told stay told. False when none runs. */
  cancel(scope: ResendScope): Promise<boolean>;
}

const startDeadlineMs = 5_000;

export function createBulkResends(client: Client): BulkResends {
  return {
    async start(scope, by) {
      const workflowId = bulkResendId(scope);
      const input: BulkResendInput = { ...scope, by };
      await withDeadline(client, startDeadlineMs, () =>
        client.workflow.start('bulkResend', {
          workflowId,
          args: [input],
          taskQueue: coreTaskQueue,
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `send again: ${scope.error ?? 'all that needs attention'}`,
          staticDetails:
            'Tells each order whose purchases need attention to send them again, page by page. Cancel it to stop; what was told stays told. It may be started again at any time.',
        }),
      );
      return workflowId;
    },
    find: (scope) => taskOf<BulkResendProgress>(client, bulkResendId(scope)),
    cancel: (scope) => cancelTask(client, bulkResendId(scope)),
  };
}
