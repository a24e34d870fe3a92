/** Retention: deletes or empties what is kept no longer (src/domain/retention.ts). */
import { dayMs } from '../src/domain/duration';
import type { RetentionDays } from '../src/domain/retention';
import type { Store } from '../src/store';

export interface PurgeExpiredDeps {
  readonly webhookLog: Pick<Store['webhookLog'], 'purge'>;
  readonly signalledFacts: Pick<Store['signalledFacts'], 'purge'>;
  readonly visitors: Pick<Store['visitors'], 'purge'>;
  readonly openPayments: Pick<Store['openPayments'], 'purge'>;
  readonly tallies: Pick<Store['tallies'], 'purge'>;
  readonly tiktokCounts: Pick<Store['tiktokCounts'], 'purge'>;
  readonly alerts: Pick<Store['alerts'], 'purge'>;
  readonly retention: Store['retention'];
  readonly retentionDays: RetentionDays;
  readonly nowMs: () => number;
}

export function createPurgeExpired(deps: PurgeExpiredDeps) {
  const { webhookLog, signalledFacts, openPayments, visitors, tallies, tiktokCounts, alerts } = deps;
  const { retention, retentionDays: days, nowMs } = deps;
  return async function purgeExpired(): Promise<void> {
    const before = (kept: number): number => nowMs() - kept * dayMs;
    await webhookLog.purge(before(days.webhookLog));
    await signalledFacts.purge(before(days.signalledFacts));
    await openPayments.purge(before(days.openPayments));
    await retention.purgeUnmatchedRefunds(before(days.unmatchedRefunds));
    await visitors.purge(before(days.visitors));
    await retention.forgetBuyers(before(days.buyers));
    await retention.emptyRequests(before(days.requests));
    await retention.purgeQuarantine(before(days.quarantine));
    await tallies.purge(Math.floor(nowMs() / dayMs) - days.counts);
    await tiktokCounts.purge(Math.floor(nowMs() / dayMs) - days.counts);
    await alerts.purge(before(days.counts));
    await retention.purgeAudit(before(days.audit));
    await retention.purgeWaitingFacts(before(days.waitingFacts));
    await retention.purgeDeclinedOrders(before(days.declinedOrders));
  };
}
