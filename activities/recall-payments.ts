/** Brings payments back that left the state of their order (docs/decisions/0021-folded-payments.md). Repeatable, since rows have revisions. */
import type { RecalledPayments } from '../src/domain/fold';
import { recalled } from '../src/domain/fold';
import type { Store } from '../src/store';
import type { Telemetry } from '../src/telemetry/events';
import type { OrderRef } from '../workflows/contract';

export interface RecallPaymentsInput extends OrderRef {
  readonly moneyIds: readonly string[];
  /** So many of those that need attention, beside them. */
  readonly needAttention: number;
}

export interface RecallPaymentsDeps {
  readonly orderRecords: Pick<Store['orderRecords'], 'loadPayments'>;
  readonly purchases: Pick<Store['purchases'], 'record'>;
  readonly telemetry: Pick<Telemetry, 'purchaseDecided'>;
}

/** Makes the activity. It answers with the payments that the database has; an id that no order has decided yet is none of them. */
export function createRecallPayments({ orderRecords, purchases, telemetry }: RecallPaymentsDeps) {
  return async function recallPayments({ moneyIds, needAttention, ...order }: RecallPaymentsInput): Promise<RecalledPayments> {
    const { found, changed } = recalled(await orderRecords.loadPayments(order, { moneyIds, needAttention }));
    await purchases.record(order.integration, changed);
    for (const record of changed) telemetry.purchaseDecided(order.integration, record);
    return found;
  };
}
