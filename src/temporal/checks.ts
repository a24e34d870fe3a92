/** Renewal checks and backfills, as the rest of the service starts them. */
import type { Client } from '@temporalio/client';
import type { AccountRef, BackfillInput, CheckProgress, RenewalCheckInput, TimeWindow } from '../../workflows/contract';
import { backfillId, backfillOfId, backfillPrefix, coreTaskQueue, renewalCheckId } from '../../workflows/contract';
import { withDeadline } from './connection';
import { nextActionAtMs } from './next-action';
import type { Task } from './tasks';
import { cancelTask, taskOf } from './tasks';

export interface Checks {
  /** Starts a check now, or finds the one that runs. Answers its workflow id. */
  check(account: AccountRef): Promise<string>;
  /** The check that runs, or the last one; null when Temporal knows of none. */
  findCheck(account: AccountRef): Promise<Task<CheckProgress> | null>;
  /** When the Schedule starts the next one, Unix milliseconds; null while it is paused or gone. */
  nextAtMs(account: AccountRef): Promise<number | null>;
  /** Starts a backfill over a range of dates, or finds the one that runs. Answers its workflow id. */
  backfill(account: AccountRef, window: TimeWindow, how: BackfillOptions): Promise<string>;
  /** The running and the latest backfills of an account, newest first. */
  backfills(account: AccountRef): Promise<readonly Backfill[]>;
  /** Null when Temporal knows of none with this id. */
  findBackfill(account: AccountRef, workflowId: string): Promise<Backfill | null>;
  /** What was read stays. False when it does not run. */
  cancelBackfill(account: AccountRef, workflowId: string): Promise<boolean>;
}

export interface BackfillOptions {
  readonly rememberFirstPurchases: boolean;
  /** Only count: nothing is taken in. */
  readonly dryRun: boolean;
}

export interface Backfill extends Task<CheckProgress> {
  readonly window: TimeWindow;
  readonly dryRun: boolean;
}

const startDeadlineMs = 5_000;
/** As many as a page shows; older ones are in the Temporal UI. */
const shownBackfills = 10;

export function createChecks(client: Client): Checks {
  return {
    async check(account) {
      const workflowId = renewalCheckId(account);
      const args: [RenewalCheckInput] = [account];
      await start('renewalCheck', { workflowId, args, ...checkTexts(account) });
      return workflowId;
    },
    findCheck: (account) => taskOf<CheckProgress>(client, renewalCheckId(account)),
    nextAtMs: (account) => nextActionAtMs(client, renewalCheckId(account)),
    async backfill(account, window, { rememberFirstPurchases, dryRun }) {
      const workflowId = backfillId(account, window, dryRun);
      const input: BackfillInput = { ...account, window, rememberFirstPurchases, ...(dryRun ? { dryRun } : {}) };
      await start('backfill', {
        workflowId,
        args: [input],
        staticSummary: `backfill of ${account.psp}${dryRun ? ', counting only' : ''}`,
        staticDetails: dryRun
          ? 'Reads the provider’s account over a range of dates and counts what a backfill would bring. Takes nothing in.'
          : 'Reads the provider’s account over a range of dates and takes in what is not known. Cancel it to stop; what was read stays.',
      });
      return workflowId;
    },
    async backfills(account) {
      const query = `WorkflowType = 'backfill' AND WorkflowId STARTS_WITH '${backfillPrefix(account)}'`;
      const ids = await withDeadline(client, startDeadlineMs, async () => {
        const found = new Set<string>();
        for await (const { workflowId } of client.workflow.list({ query, pageSize: shownBackfills })) {
          found.add(workflowId);
          if (found.size === shownBackfills) break;
        }
        return [...found];
      });
      const all = await Promise.all(ids.map((id) => findBackfill(account, id)));
      return all.filter((one) => one !== null).sort((a, b) => b.startedAtMs - a.startedAtMs);
    },
    findBackfill,
    cancelBackfill: async (account, workflowId) => isOf(account, workflowId) && (await cancelTask(client, workflowId)),
  };

  async function findBackfill(account: AccountRef, workflowId: string): Promise<Backfill | null> {
    const named = isOf(account, workflowId) ? backfillOfId(workflowId) : null;
    const task = named && (await taskOf<CheckProgress>(client, workflowId));
    return task && { ...task, ...named };
  }

  async function start(type: string, options: StartOptions): Promise<void> {
    await withDeadline(client, startDeadlineMs, () =>
      client.workflow.start(type, { ...options, taskQueue: coreTaskQueue, workflowIdConflictPolicy: 'USE_EXISTING' }),
    );
  }
}

interface StartOptions {
  readonly workflowId: string;
  readonly args: [unknown];
  readonly staticSummary: string;
  readonly staticDetails: string;
}

function isOf(account: AccountRef, workflowId: string): boolean {
  return workflowId.startsWith(backfillPrefix(account));
}

/** What the Temporal UI says of a check, whoever started it. */
export function checkTexts({ psp }: AccountRef) {
  return {
    staticSummary: `renewal check of ${psp}`,
    staticDetails:
      'Asks the provider what happened since the last look, and for subscriptions whose payment is overdue. What webhooks brought changes nothing.',
  };
}
