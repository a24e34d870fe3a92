/** Loads an order whose workflow is gone, for the workflow that starts it again. Repeatable, since rows have revisions. */
import { fold } from '../src/domain/fold';
import { restoreOrder as restore } from '../src/domain/restore';
import type { Subscription } from '../src/domain/subscription';
import type { UserKeys } from '../src/crypto/user-keys';
import type { Store } from '../src/store';
import type { Telemetry } from '../src/telemetry/events';
import type { OrderRef } from '../workflows/contract';

export interface RestoreOrderDeps {
  readonly orderRecords: Pick<Store['orderRecords'], 'load'>;
  readonly purchases: Pick<Store['purchases'], 'record'>;
  readonly users: Pick<Store['users'], 'current'>;
  readonly keys: Pick<UserKeys, 'of'>;
  readonly telemetry: Pick<Telemetry, 'purchaseDecided'>;
}

/** Makes the activity. It also writes the rows of purchases that need attention now, because nobody sends them any more. */
export function createRestoreOrder({ orderRecords, purchases, users, keys, telemetry }: RestoreOrderDeps) {
  return async function restoreOrder({ integration, psp, subscription }: OrderRef): Promise<Subscription> {
    const order = { integration, psp, subscription };
    const records = await orderRecords.load(order);
    const userKeys = [...records.userKeys, ...(await users.current(integration, keys.of(order, {}, {})))];
    const { state, changed } = restore({ ...records, userKeys });
    await purchases.record(integration, changed);
    for (const record of changed) telemetry.purchaseDecided(integration, record);
    // What Temporal carries has a limit; the rows are written.
    return fold(state);
  };
}
