/** The Schedules: renewal checks, TikTok's own count, housekeeping and alerts. */
import type { Client, ScheduleOptions } from '@temporalio/client';
import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import type { AccountRef, RenewalCheckInput, TikTokCountInput } from '../../workflows/contract';
import { coreTaskQueue, renewalCheckId, tiktokCountId } from '../../workflows/contract';
import { checkTexts } from './checks';
import { countTexts } from './tiktok-counts';

/** What is to be looked at by itself. */
export interface Scheduled {
  /** Accounts of providers that can be asked. */
  readonly accounts: readonly AccountRef[];
  /** Accounts that could be asked before. */
  readonly gone: readonly AccountRef[];
  /** Integrations whose advertiser is known. */
  readonly counted: readonly string[];
  readonly alertsAreTold: boolean;
}

/**
 * Makes or updates one Schedule per account that can be asked, one per integration whose count TikTok can be asked for, and removes all
 * others: those of `gone`, and of what no integration has any more. Every process does it at start, with the same result.
 */
export async function ensureSchedules(client: Client, { accounts, gone, counted, alertsAreTold }: Scheduled): Promise<void> {
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
  for (const integration of counted) {
    const args: [TikTokCountInput] = [{ integration }];
    await ensure(client, {
      scheduleId: tiktokCountId({ integration }),
      // In the morning of UTC, when yesterday has been over for longer than TikTok takes to refresh its figures.
      spec: { intervals: [{ every: '1 day', offset: '8 hours' }], jitter: '1 hour' },
      action: {
        type: 'startWorkflow',
        workflowType: 'tiktokCount',
        workflowId: tiktokCountId({ integration }),
        args,
        taskQueue: coreTaskQueue,
        ...countTexts,
      },
      state: { note: 'asks TikTok what it has counted, and compares it with what was sent' },
    });
  }
  const wanted = new Set([...accounts.map(renewalCheckId), ...counted.map((integration) => tiktokCountId({ integration }))]);
  // The list lags behind a little, which `gone` does not.
  const others = new Set(gone.map(renewalCheckId));
  for await (const { scheduleId } of client.schedule.list()) if (isOfIntegration(scheduleId)) others.add(scheduleId);
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

function isOfIntegration(scheduleId: string): boolean {
  return scheduleId.startsWith('renewal-check/') || scheduleId.startsWith('tiktok-count/');
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
