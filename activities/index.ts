/** The activities by task queue. Workflows import the types, workers the functions. */
import type { CheckAccountDeps } from './check-account';
import { createCheckAccount } from './check-account';
import type { CountTikTokDeps } from './count-tiktok';
import { createCountTikTok } from './count-tiktok';
import type { KeepAlertsDeps } from './keep-alerts';
import { createKeepAlerts } from './keep-alerts';
import type { PurgeExpiredDeps } from './purge-expired';
import { createPurgeExpired } from './purge-expired';
import type { RecallPaymentsDeps } from './recall-payments';
import { createRecallPayments } from './recall-payments';
import type { RecordPurchasesDeps } from './record-purchases';
import { createRecordPurchases } from './record-purchases';
import type { ReportPurchaseDeps } from './report-purchase';
import { createReportPurchase } from './report-purchase';
import type { ResendOrdersDeps } from './resend-orders';
import { createResendOrders } from './resend-orders';
import type { RestartGoneOrdersDeps } from './restart-gone-orders';
import { createRestartGoneOrders } from './restart-gone-orders';
import type { RestoreOrderDeps } from './restore-order';
import { createRestoreOrder } from './restore-order';

export type CoreActivities = ReturnType<typeof createCoreActivities>;
export type EventsActivities = ReturnType<typeof createEventsActivities>;

type CoreDeps = RecordPurchasesDeps &
  RestoreOrderDeps &
  RecallPaymentsDeps &
  RestartGoneOrdersDeps &
  CheckAccountDeps &
  PurgeExpiredDeps &
  KeepAlertsDeps &
  CountTikTokDeps &
  ResendOrdersDeps;

/** For the workflows' own task queue. */
export function createCoreActivities(deps: CoreDeps) {
  return {
    recordPurchases: createRecordPurchases(deps),
    restoreOrder: createRestoreOrder(deps),
    recallPayments: createRecallPayments(deps),
    ...createCheckAccount(deps),
    purgeExpired: createPurgeExpired(deps),
    restartGoneOrders: createRestartGoneOrders(deps),
    keepAlerts: createKeepAlerts(deps),
    ...createResendOrders(deps),
    ...createCountTikTok(deps),
  };
}

/** For the task queue of sends. */
export function createEventsActivities(deps: ReportPurchaseDeps) {
  return { reportPurchase: createReportPurchase(deps) };
}
