/** Writes a workflow's decisions to the purchases table, and releases first purchases. Repeatable, since rows have revisions. */
import type { UserKey } from '../src/domain/identity';
import type { PaymentRef, PurchaseRecord } from '../src/domain/purchase';
import type { Store } from '../src/store';
import type { Telemetry } from '../src/telemetry/events';

export interface RecordPurchasesInput {
  readonly integration: string;
  readonly records: readonly PurchaseRecord[];
  /** Payments that no longer hold their user's first purchase. */
  readonly released: readonly PaymentRef[];
  readonly userKeys: readonly UserKey[];
}

export interface RecordPurchasesDeps {
  readonly firstPurchases: Pick<Store['firstPurchases'], 'release'>;
  readonly purchases: Pick<Store['purchases'], 'record'>;
  readonly telemetry: Pick<Telemetry, 'purchaseDecided'>;
}

export function createRecordPurchases({ firstPurchases, purchases, telemetry }: RecordPurchasesDeps) {
  return async function recordPurchases({ integration, records, released, userKeys }: RecordPurchasesInput): Promise<void> {
    for (const payment of released) await firstPurchases.release(integration, userKeys, payment);
    await purchases.record(integration, records);
    for (const record of records) telemetry.purchaseDecided(integration, record);
  };
}
