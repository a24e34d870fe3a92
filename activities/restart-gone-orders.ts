/** Finds orders whose workflow was terminated while a purchase was under way, and starts them again, so that an operator hears of them. */
import { hourMs } from '../src/domain/duration';
import { refusalForGood } from '../src/application/refusal';
import type { Store } from '../src/store';
import type { OrderRef } from '../workflows/contract';

export interface RestartGoneOrdersDeps {
  readonly purchases: Pick<Store['purchases'], 'ordersPendingSince'>;
  readonly restartIfGone: (order: OrderRef) => Promise<boolean>;
  readonly heartbeat: (details: unknown) => void;
  readonly nowMs: () => number;
}

/** A purchase that is sent at once is not looked at. */
const pendingMs = hourMs;

/** Makes the activity. It answers the number of orders that it started. */
export function createRestartGoneOrders({ purchases, restartIfGone, heartbeat, nowMs }: RestartGoneOrdersDeps) {
  return async function restartGoneOrders(): Promise<number> {
    let restarted = 0;
    for (const order of await purchases.ordersPendingSince(nowMs() - pendingMs)) {
      if (await restarts(order)) restarted += 1;
      heartbeat({ restarted });
    }
    return restarted;
  };

  /** One whose id Temporal can't store must not hold up the others. */
  async function restarts(order: OrderRef): Promise<boolean> {
    try {
      return await restartIfGone(order);
    } catch (error) {
      if (refusalForGood(error) === null) throw error;
      return false;
    }
  }
}
