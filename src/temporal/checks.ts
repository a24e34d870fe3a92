/** Renewal checks, backfills, housekeeping and alerts, as the rest of the service starts them; and their Schedules. */
import type { Client, ScheduleOptions } from '@temporalio/client';
import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import type { AccountRef, BackfillInput, RenewalCheckInput, TimeWindow } from '../../workflows/contract';
import { backfillId, coreTaskQueue, renewalCheckId } from '../../workflows/contract';
import { withDeadline } from './connection';

export interface Checks {
  /** Starts a check now, or finds the one that runs. Answers its workflow id. */
  check(account: AccountRef): Promise<string>;
  /** Starts a backfill over a range of dates, or finds the one that runs. Answers its workflow id. */
  backfill(account: AccountRef, window: TimeWindow, rememberFirstPurchases: boolean): Promise<string>;
}

const startDeadlineMs = 5_000;

export function createChecks(client: Client): Checks {
  return {
    async check(account) {
      const workflowId = renewalCheckId(account);
      const args: [RenewalCheckInput] = [account];
      await start('renewalCheck', workflowId, args, `renewal check of ${account.psp}`);
      return workflowId;
    },
    async backfill(account, window, rememberFirstPurchases) {
      const workflowId = backfillId(account, window.fromMs, window.toMs);
      const args: [BackfillInput] = [{ ...account, window, rememberFirstPurchases }];
      await start('backfill', workflowId, args, `backfill of ${account.psp}`);
      return workflowId;
    },
  };

  async function start(type: string, workflowId: string, args: [unknown], staticSummary: string): Promise<void> {
    await withDeadline(client, startDeadlineMs, () =>
      client.workflow.start(type, {
        workflowId,
        args,
        staticSummary,
        taskQueue: coreTaskQueue,
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    );
  }
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
      },
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
    },
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

async function ensure(client: Client, schedule: Pick<ScheduleOptions, 'scheduleId' | 'spec' | 'action'>): Promise<void> {
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
