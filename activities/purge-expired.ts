/** Retention: the webhook log for 30 days, signalled facts as long as a renewal check may read them again, visitors without an order for 90 days. */
import { dayMs } from '../src/domain/duration';
import type { Store } from '../src/store';

export interface PurgeExpiredDeps {
  readonly webhookLog: Pick<Store['webhookLog'], 'purge'>;
  readonly signalledFacts: Pick<Store['signalledFacts'], 'purge'>;
  readonly visitors: Pick<Store['visitors'], 'purge'>;
  readonly nowMs: () => number;
}

const webhookLogKeptMs = 30 * dayMs;
const signalledKeptMs = 7 * dayMs;
const visitorsKeptMs = 90 * dayMs;

export function createPurgeExpired({ webhookLog, signalledFacts, visitors, nowMs }: PurgeExpiredDeps) {
  return async function purgeExpired(): Promise<void> {
    await webhookLog.purge(nowMs() - webhookLogKeptMs);
    await signalledFacts.purge(nowMs() - signalledKeptMs);
    await visitors.purge(nowMs() - visitorsKeptMs);
  };
}
