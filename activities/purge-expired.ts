/** Retention: the webhook log for 30 days, payments that never became final for 60, signalled facts as long as a renewal check may read them again, visitors without an order for 90 days. */
import { dayMs } from '../src/domain/duration';
import type { Store } from '../src/store';

export interface PurgeExpiredDeps {
  readonly webhookLog: Pick<Store['webhookLog'], 'purge'>;
  readonly signalledFacts: Pick<Store['signalledFacts'], 'purge'>;
  readonly visitors: Pick<Store['visitors'], 'purge'>;
  readonly openPayments: Pick<Store['openPayments'], 'purge'>;
  readonly nowMs: () => number;
}

const webhookLogKeptMs = 30 * dayMs;
const signalledKeptMs = 7 * dayMs;
const openPaymentsKeptMs = 60 * dayMs;
const visitorsKeptMs = 90 * dayMs;

export function createPurgeExpired({ webhookLog, signalledFacts, openPayments, visitors, nowMs }: PurgeExpiredDeps) {
  return async function purgeExpired(): Promise<void> {
    await webhookLog.purge(nowMs() - webhookLogKeptMs);
    await signalledFacts.purge(nowMs() - signalledKeptMs);
    await openPayments.purge(nowMs() - openPaymentsKeptMs);
    await visitors.purge(nowMs() - visitorsKeptMs);
  };
}
