/** Each activity's timeouts and retries, and why. */
import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { CoreActivities, EventsActivities } from '../activities';
import { eventsTaskQueue } from './contract';

/**
 * A send: 15 s for TikTok's answer and some for the database. Repeated without end by Temporal; the activity itself ends it 48 h after
 * its first attempt, so that time spent paused or queued before it does not count. Pauses grow from 1 s, ×2, to 5 min.
 */
export const { reportPurchase } = proxyActivities<EventsActivities>({
  taskQueue: eventsTaskQueue,
  startToCloseTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '5 min' },
  // A report that is to be withdrawn is withdrawn only if it did not get through.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** A row in the purchases table: a local activity, since it is short and needs no queue. Repeated until the database is back. */
export const { recordPurchases } = proxyLocalActivities<CoreActivities>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '1 min' },
  localRetryThreshold: '30 s',
});

/** Pages of a provider's account: a beat per fact; a provider that is out of reach for an hour is left to the next check. */
export const { planCheck, checkPage, pollOverdue, finishCheck, purgeExpired } = proxyActivities<CoreActivities>({
  startToCloseTimeout: '10 min',
  heartbeatTimeout: '1 min',
  scheduleToCloseTimeout: '1 h',
  retry: { initialInterval: '2 s', backoffCoefficient: 2, maximumInterval: '2 min' },
});
