/** The activities by task queue. Workflows import the types, workers the functions. */
import type { CheckAccountDeps } from './check-account';
import { createCheckAccount } from './check-account';
import type { PurgeExpiredDeps } from './purge-expired';
import { createPurgeExpired } from './purge-expired';
import type { RecordPurchasesDeps } from './record-purchases';
import { createRecordPurchases } from './record-purchases';
import type { ReportPurchaseDeps } from './report-purchase';
import { createReportPurchase } from './report-purchase';

export type CoreActivities = ReturnType<typeof createCoreActivities>;
export type EventsActivities = ReturnType<typeof createEventsActivities>;

/** For the workflows' own task queue. */
export function createCoreActivities(deps: RecordPurchasesDeps & CheckAccountDeps & PurgeExpiredDeps) {
  return { recordPurchases: createRecordPurchases(deps), ...createCheckAccount(deps), purgeExpired: createPurgeExpired(deps) };
}

/** For the task queue of sends. */
export function createEventsActivities(deps: ReportPurchaseDeps) {
  return { reportPurchase: createReportPurchase(deps) };
}
