/** Retention: the webhook log keeps 30 days; signalled facts stay as long as a renewal check may read them again; visitors who bought nothing, 90 days. */
import type { Store } from '../src/store/store';

export interface PurgeExpiredDeps {
  readonly webhookLog: Pick<Store['webhookLog'], 'purge'>;
  readonly signalledFacts: Pick<Store['signalledFacts'], 'purge'>;
  readonly users: Pick<Store['users'], 'purgeVisitors'>;
  readonly nowMs: () => number;
}

const day = 24 * 60 * 60 * 1000;
const deliveriesKeptMs = 30 * day;
const signalledKeptMs = 7 * day;
const visitorsKeptMs = 90 * day;

export function createPurgeExpired({ webhookLog, signalledFacts, users, nowMs }: PurgeExpiredDeps) {
  return async function purgeExpired(): Promise<void> {
    await webhookLog.purge(nowMs() - deliveriesKeptMs);
    await signalledFacts.purge(nowMs() - signalledKeptMs);
    await users.purgeVisitors(nowMs() - visitorsKeptMs);
  };
}
