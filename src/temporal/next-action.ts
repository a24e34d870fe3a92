import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { withDeadline } from './connection';

const deadlineMs = 5_000;

/** When a Schedule starts its workflow next, Unix milliseconds; null while it is paused or gone. */
export async function nextActionAtMs(client: Client, scheduleId: string): Promise<number | null> {
  try {
    const handle = client.schedule.getHandle(scheduleId);
    const { state, info } = await withDeadline(client, deadlineMs, () => handle.describe());
    return state.paused ? null : (info.nextActionTimes[0]?.getTime() ?? null);
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}
