/** Retention: webhook deliveries are kept 30 days; which facts were told, as long as a renewal check may hear of them again; visitors who bought nothing, 90 days. */
import type { Store } from '../src/store/store';

export interface ForgetOldDeps {
  readonly deliveries: Pick<Store['deliveries'], 'forget'>;
  readonly told: Pick<Store['told'], 'forget'>;
  readonly users: Pick<Store['users'], 'forgetVisitors'>;
  readonly nowMs: () => number;
}

const day = 24 * 60 * 60 * 1000;
const deliveriesKeptMs = 30 * day;
const toldKeptMs = 7 * day;
const visitorsKeptMs = 90 * day;

export function createForgetOld({ deliveries, told, users, nowMs }: ForgetOldDeps) {
  return async function forgetOld(): Promise<void> {
    await deliveries.forget(nowMs() - deliveriesKeptMs);
    await told.forget(nowMs() - toldKeptMs);
    await users.forgetVisitors(nowMs() - visitorsKeptMs);
  };
}
