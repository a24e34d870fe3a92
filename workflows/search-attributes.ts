/** The search attributes by which operators find orders in the Temporal UI. They are upserted only when one changes, so a renewal costs nothing. */
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { PurchaseRecord } from '../src/domain/purchase';
import { recordsOf } from '../src/domain/record';
import { orderTooLarge } from '../src/domain/fold';
import type { FoldedPayments, Subscription } from '../src/domain/subscription';
import { searchAttributes as names } from './contract';

/** The attributes as they were last upserted, or are to be. */
export type ShownAttributes = readonly SearchAttributeUpdatePair[];

/** The attributes of an order; `shown` itself when none of them has changed. */
export function changedSearchAttributes(
  shown: ShownAttributes | null,
  integration: string,
  state: Subscription,
): ShownAttributes {
  const records = recordsOf(state);
  const lastFailed = records.filter((record) => record.state === 'needs_attention').at(-1);
  const parked = (state.folded?.needAttention ?? 0) > 0;
  const attributes: ShownAttributes = [
    keyword(names.integration, integration),
    keyword(names.psp, state.psp),
    keyword(names.purchaseType, state.purchaseType),
    keyword(names.subscriptionStatus, state.status),
    keyword(names.deliveryStatus, deliveryStatus(records, state.folded)),
    keyword(names.user, state.userKeys[0]?.hmac ?? null),
    keyword(names.errorType, lastFailed ? (lastFailed.lastError?.type ?? 'unknown') : parked ? orderTooLarge : null),
    { key: defineSearchAttributeKey(names.needsAttention, 'BOOL'), value: lastFailed !== undefined || parked },
  ];
  const isUnchanged = attributes.every(({ value }, index) => value === shown?.[index]?.value);
  return shown && isUnchanged ? shown : attributes;
}

/** A class that no ordinary renewal changes, whether it is sent or kept back. */
function deliveryStatus(
  records: readonly PurchaseRecord[],
  folded: FoldedPayments | undefined,
): 'needs_attention' | 'sent' | 'not_sent' {
  const has = (wanted: PurchaseRecord['state'], beside = 0): boolean =>
    beside > 0 || records.some(({ state }) => state === wanted);
  if (has('needs_attention', folded?.needAttention)) return 'needs_attention';
  return has('sent', folded?.sent) ? 'sent' : 'not_sent';
}

function keyword(name: string, value: string | null): SearchAttributeUpdatePair {
  return { key: defineSearchAttributeKey(name, 'KEYWORD'), value };
}
