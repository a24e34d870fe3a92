/** Renewal checks, backfills, housekeeping and alerts, as the rest of the service starts them; and their Schedules. */
import type { Client, ScheduleOptions } from '@temporalio/client';
import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import type { AccountRef, BackfillInput, CheckProgress, RenewalCheckInput, TimeWindow } from '../../workflows/contract';
import { backfillId, backfillOfId, backfillPrefix, coreTaskQueue, renewalCheckId } from '../../workflows/contract';
import { withDeadline } from './connection';
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
    async nextAtMs(account) {
      try {
        const handle = client.schedule.getHandle(renewalCheckId(account));
        const { state, info } = await withDeadline(client, startDeadlineMs, () => handle.describe());
        return state.paused ? null : (info.nextActionTimes[0]?.getTime() ?? null);
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return null;
        throw error;
      }
    },
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
function checkTexts({ psp }: AccountRef) {
  return {
    staticSummary: `renewal check of ${psp}`,
    staticDetails:
      'Asks the provider what happened since the last look, and for subscriptions whose payment is overdue. What webhooks brought changes nothing.',
  };
}
/**
 * Makes or updates one Schedule per account that can be asked, and removes all others: those of `gone`, and of accounts that no
 * integration has any more. Every process does it at start, with the same result.
 */
export async function ensureSchedules(
  client: Client,
  accounts: readonly AccountRef[],
  gone: readonly AccountRef[],
  alertsAreTold: boolean,
): Promise<void> {
  for (const account of accounts) {
    const args: [RenewalCheckInput] = [account];
    await ensure(client, {
      scheduleId: renewalCheckId(account),
      spec: { intervals: [{ every: '10 minutes' }], jitter: '1 minute' },
      action: {
        type: 'startWorkflow',
        workflowType: 'renewalCheck',
        workflowId: renewalCheckId(account),
        args,
        taskQueue: coreTaskQueue,
        ...checkTexts(account),
      },
      // In clear, unlike a memo, which no update seals with another key.
      state: { note: `looks at ${account.psp} for payments whose webhook was lost; paused, nothing is looked for` },
    });
  }
  const wanted = new Set(accounts.map(renewalCheckId));
  // The list lags behind a little, which `gone` does not.
  const others = new Set(gone.map(renewalCheckId));
  for await (const { scheduleId } of client.schedule.list()) if (isRenewalCheck(scheduleId)) others.add(scheduleId);
  for (const scheduleId of others) if (!wanted.has(scheduleId)) await remove(client, scheduleId);
  await ensure(client, {
    scheduleId: 'housekeeping',
    spec: { intervals: [{ every: '1 day' }], jitter: '1 hour' },
    action: {
      type: 'startWorkflow',
      workflowType: 'housekeeping',
      workflowId: 'housekeeping',
      args: [],
      taskQueue: coreTaskQueue,
      staticSummary: 'daily housekeeping',
      staticDetails: 'Deletes what is kept no longer, and starts orders again whose workflow is gone with a purchase under way.',
    },
    state: { note: 'deletes what is kept no longer, and restarts orders whose workflow is gone' },
  });
  await ensure(client, {
    scheduleId: 'alerts',
    // Where nobody is told, the console's list may lag behind.
    spec: { intervals: [{ every: alertsAreTold ? '1 minute' : '5 minutes' }] },
    action: { type: 'startWorkflow', workflowType: 'alerts', workflowId: 'alerts', args: [], taskQueue: coreTaskQueue },
  });
}

function isRenewalCheck(scheduleId: string): boolean {
  return scheduleId.startsWith('renewal-check/');
}

async function ensure(
  client: Client,
  schedule: Pick<ScheduleOptions, 'scheduleId' | 'spec' | 'action' | 'state'>,
): Promise<void> {
  // One at a time; after an outage one look is enough, since each begins where the last one ended.
  const options = { ...schedule, policies: { overlap: 'SKIP', catchupWindow: '1 hour' } } as const satisfies ScheduleOptions;
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // An operator's pause and note are kept.
    await client.schedule.getHandle(schedule.scheduleId).update(({ state }) => ({ ...options, state }));
  }
}

async function remove(client: Client, scheduleId: string): Promise<void> {
  try {
    await client.schedule.getHandle(scheduleId).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}
