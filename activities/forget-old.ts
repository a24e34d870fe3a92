/** Retention: recent webhook deliveries are kept 30 days. */
import type { Store } from '../src/store/store';

export interface ForgetOldDeps {
  readonly deliveries: Pick<Store['deliveries'], 'forget'>;
  readonly nowMs: () => number;
}

const keptMs = 30 * 24 * 60 * 60 * 1000;

export function createForgetOld({ deliveries, nowMs }: ForgetOldDeps) {
  return async function forgetOld(): Promise<void> {
    await deliveries.forget(nowMs() - keptMs);
  };
}
