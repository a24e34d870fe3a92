/** Retention: the webhook log for 30 days, payments that never became final for 60, signalled facts as long as a renewal check may read them again, visitors without an order for 90 days, counts by day and alerts for 400. */
import { dayMs } from '../src/domain/duration';
import type { Store } from '../src/store';

export interface PurgeExpiredDeps {
  readonly webhookLog: Pick<Store['webhookLog'], 'purge'>;
  readonly signalledFacts: Pick<Store['signalledFacts'], 'purge'>;
  readonly visitors: Pick<Store['visitors'], 'purge'>;
  readonly openPayments: Pick<Store['openPayments'], 'purge'>;
  readonly tallies: Pick<Store['tallies'], 'purge'>;
  readonly alerts: Pick<Store['alerts'], 'purge'>;
  readonly nowMs: () => number;
}

const webhookLogKeptMs = 30 * dayMs;
const signalledKeptMs = 7 * dayMs;
const openPaymentsKeptMs = 60 * dayMs;
const visitorsKeptMs = 90 * dayMs;
/** A year to compare with, and the month before it. */
const countsKeptDays = 400;

export function createPurgeExpired(deps: PurgeExpiredDeps) {
  const { webhookLog, signalledFacts, openPayments, visitors, tallies, alerts, nowMs } = deps;
  return async function purgeExpired(): Promise<void> {
    await webhookLog.purge(nowMs() - webhookLogKeptMs);
    await signalledFacts.purge(nowMs() - signalledKeptMs);
    await openPayments.purge(nowMs() - openPaymentsKeptMs);
    await visitors.purge(nowMs() - visitorsKeptMs);
    await tallies.purge(Math.floor(nowMs() / dayMs) - countsKeptDays);
    await alerts.purge(nowMs() - countsKeptDays * dayMs);
  };
}
