/** By what operators find orders in the Temporal UI. Upserted only when a class changes: a renewal costs nothing. */
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { PurchaseRecord } from '../src/domain/purchase';
import { recordsOf } from '../src/domain/record';
import type { Subscription } from '../src/domain/subscription';
import { searchAttributes as names } from './contract';

export interface ShownAttributes {
  readonly values: SearchAttributeUpdatePair[];
  readonly key: string;
}

/** `shown` itself when nothing has changed. */
export function changedSearchAttributes(
  shown: ShownAttributes | null,
  integration: string,
  state: Subscription,
): ShownAttributes {
  const records = recordsOf(state);
  const lastError = records.filter((record) => record.state === 'needs_attention').at(-1);
  const values: SearchAttributeUpdatePair[] = [
    keyword(names.integration, integration),
    keyword(names.psp, state.psp),
    keyword(names.purchaseType, state.purchaseType),
    keyword(names.subscriptionStatus, state.status),
    keyword(names.deliveryStatus, deliveryStatus(records)),
    keyword(names.user, state.userKeys[0]?.hmac ?? null),
    keyword(names.errorType, lastError ? (lastError.lastError?.type ?? 'unknown') : null),
    { key: defineSearchAttributeKey(names.needsAttention, 'BOOL'), value: lastError !== undefined },
  ];
  const key = JSON.stringify(values.map(({ value }) => value));
  return shown?.key === key ? shown : { values, key };
}

/** A class that no ordinary renewal changes, whether it is sent or kept back. */
function deliveryStatus(records: readonly PurchaseRecord[]): 'needs_attention' | 'sent' | 'not_sent' {
  if (records.some(({ state }) => state === 'needs_attention')) return 'needs_attention';
  return records.some(({ state }) => state === 'sent') ? 'sent' : 'not_sent';
}

function keyword(name: string, value: string | null): SearchAttributeUpdatePair {
  return { key: defineSearchAttributeKey(name, 'KEYWORD'), value };
}
