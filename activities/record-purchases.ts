/** Shows what a workflow decided in the purchases table, and frees first places. Repeatable: rows carry revisions. */
import type { UserKey } from '../src/domain/identity';
import type { PaymentRef, PurchaseRecord } from '../src/domain/purchase';
import type { Store } from '../src/store/store';
import type { Story } from '../src/telemetry/events';

export interface RecordPurchasesInput {
  readonly integration: string;
  readonly records: readonly PurchaseRecord[];
  /** Payments that no longer hold their user's first place. */
  readonly released: readonly PaymentRef[];
  readonly userKeys: readonly UserKey[];
}

export interface RecordPurchasesDeps {
  readonly users: Pick<Store['users'], 'releaseFirstPlace'>;
  readonly purchases: Pick<Store['purchases'], 'record'>;
  readonly story: Pick<Story, 'decided'>;
}

export function createRecordPurchases({ users, purchases, story }: RecordPurchasesDeps) {
  return async function recordPurchases({ integration, records, released, userKeys }: RecordPurchasesInput): Promise<void> {
    for (const payment of released) await users.releaseFirstPlace(integration, userKeys, payment);
    await purchases.record(integration, records);
    for (const record of records) story.decided(integration, record);
  };
}
