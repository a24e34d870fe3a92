/** Each activity's timeouts and retries, and why. */
import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { CoreActivities, EventsActivities } from '../activities';
import { eventsTaskQueue } from './contract';

/**
 * 30 s: 15 s for TikTok's answer and some for the database. Temporal retries without end; the activity itself gives up 48 h after its
 * first attempt, so that time spent paused or queued before that does not count. Pauses double from 1 s to 5 min.
 */
export const { reportPurchase } = proxyActivities<EventsActivities>({
  taskQueue: eventsTaskQueue,
  startToCloseTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '5 min' },
  // A cancelled delivery may have reached TikTok already: wait for the activity to say.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Rows of one order, written or read: local activities, since they are short and need no queue. Retried until the database is back. */
export const { recordPurchases, restoreOrder, recallPayments } = proxyLocalActivities<CoreActivities>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '1 min' },
  localRetryThreshold: '30 s',
});

/**
 * The same by regular activities (docs/decisions/0020): one starts only once the decision that it writes is in the history, and what
 * it has read is in the history before anything is decided from it.
 */
export const { recordPurchases: recordCommitted, restoreOrder: restoreCommitted } = proxyActivities<CoreActivities>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '1 min' },
});

/** Pages of a provider's account, with a heartbeat for each fact. After an hour without the provider, the next check takes over. */
export const { planCheck, checkPage, pollOverdue, finishCheck, purgeExpired, restartGoneOrders } =
  proxyActivities<CoreActivities>({
    startToCloseTimeout: '10 min',
    heartbeatTimeout: '1 min',
    scheduleToCloseTimeout: '1 h',
    retry: { initialInterval: '2 s', backoffCoefficient: 2, maximumInterval: '2 min' },
  });

/** Seconds of work; a message that its receiver does not take is tried again each minute, until it does. */
export const { keepAlerts } = proxyActivities<CoreActivities>({
  startToCloseTimeout: '2 min',
  retry: { initialInterval: '5 s', backoffCoefficient: 2, maximumInterval: '1 min' },
});

/**
 * A question a day of the last week, each 20 s at most. After some tries within the hour it is given up until tomorrow: nothing waits for a
 * count.
 */
export const { countTikTok } = proxyActivities<CoreActivities>({
  startToCloseTimeout: '5 min',
  scheduleToCloseTimeout: '1 h',
  retry: { initialInterval: '10 s', backoffCoefficient: 3, maximumInterval: '10 min', maximumAttempts: 6 },
});

/** One row: retried until the database is back. */
export const { giveUpTikTokCount } = proxyActivities<CoreActivities>({
  startToCloseTimeout: '30 s',
  retry: { initialInterval: '2 s', backoffCoefficient: 2, maximumInterval: '2 min' },
});

/** Pages of orders, told one after the other. A heartbeat brings a cancellation within seconds, and the page under way is counted. */
export const { planResend, resendPage } = proxyActivities<CoreActivities>({
  startToCloseTimeout: '5 min',
  heartbeatTimeout: '10 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 min' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
