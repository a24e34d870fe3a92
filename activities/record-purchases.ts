/** Writes a workflow's decisions to the purchases table, removes rows, and releases first purchases. Repeatable, since rows have revisions. */
import type { UserKey } from '../src/domain/identity';
import type { PaymentRef, PurchaseRecord } from '../src/domain/purchase';
import type { Store } from '../src/store';
import { isRefusedForGood } from '../src/store';
import type { Telemetry } from '../src/telemetry/events';
import { refusedRecord } from './refused-record';

export interface RecordPurchasesInput {
  readonly integration: string;
  readonly records: readonly PurchaseRecord[];
  /** Payments that no longer hold their user's first purchase. */
  readonly released: readonly PaymentRef[];
  /** Payments that turned out to be others: they have no row of their own. */
  readonly withdrawn?: readonly PaymentRef[];
  readonly userKeys: readonly UserKey[];
  /** When the workflow decided it, Unix milliseconds; absent from what workflows of before asked for. */
  readonly decidedAtMs?: number;
}

export interface RecordPurchasesDeps {
  readonly firstPurchases: Pick<Store['firstPurchases'], 'release'>;
  readonly purchases: Pick<Store['purchases'], 'record' | 'remove'>;
  readonly telemetry: Pick<Telemetry, 'purchaseDecided'>;
}

export function createRecordPurchases(deps: RecordPurchasesDeps) {
  const { firstPurchases, purchases, telemetry } = deps;
  return async function recordPurchases(input: RecordPurchasesInput): Promise<void> {
    const { released, withdrawn = [], userKeys, integration } = input;
    for (const payment of withdrawn) await unlessRefused(() => purchases.remove(integration, payment));
    for (const payment of released) await unlessRefused(() => firstPurchases.release(integration, userKeys, payment));
    for (const record of await written(deps, input)) telemetry.purchaseDecided(integration, record);
  };
}

/** The records as they stand in the table now. One that is refused for good does not hold up the others. */
async function written(
  { purchases }: RecordPurchasesDeps,
  { integration, records, decidedAtMs = 0 }: RecordPurchasesInput,
): Promise<readonly PurchaseRecord[]> {
  const refusal = await unlessRefused(() => purchases.record(integration, records, decidedAtMs));
  if (refusal === null) return records;
  const one = async (record: PurchaseRecord): Promise<PurchaseRecord> => {
    const refusal = await unlessRefused(() => purchases.record(integration, [record], decidedAtMs));
    if (refusal === null) return record;
    const shown = refusedRecord(record, refusal.error);
    // Should even this be refused, the log line is what is left: a retry would not end.
    await unlessRefused(() => purchases.record(integration, [shown], decidedAtMs));
    return shown;
  };
  const all: PurchaseRecord[] = [];
  for (const record of records) all.push(await one(record));
  return all;
}

/** Null when it was done; the database's error when it is refused for good. Throws what a repetition cures. */
async function unlessRefused(write: () => Promise<void>): Promise<{ readonly error: unknown } | null> {
  try {
    await write();
    return null;
  } catch (error) {
    if (!isRefusedForGood(error)) throw error;
    return { error };
  }
}
