/** The search attributes by which operators find orders in the Temporal UI. They are upserted only when one changes, so a renewal costs nothing. */
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { defineSearchAttributeKey } from '@temporalio/common';
import { orderTooLarge } from '../src/domain/fold';
import type { Payment, Subscription } from '../src/domain/subscription';
import { paymentsInOrder } from '../src/domain/subscription';
import { searchAttributes as names } from './contract';

/** The attributes as they were last upserted, or are to be. */
export type ShownAttributes = readonly SearchAttributeUpdatePair[];

/** The attributes of an order; `shown` itself when none of them has changed. */
export function changedSearchAttributes(
  shown: ShownAttributes | null,
  integration: string,
  state: Subscription,
): ShownAttributes {
  const lastFailed = paymentsInOrder(state, hasState('needs_attention')).at(-1);
  const parked = (state.folded?.needAttention ?? 0) > 0;
  const attributes: ShownAttributes = [
    { key: keys.integration, value: integration },
    { key: keys.psp, value: state.psp },
    { key: keys.purchaseType, value: state.purchaseType },
    { key: keys.subscriptionStatus, value: state.status },
    { key: keys.deliveryStatus, value: deliveryStatus(state, lastFailed) },
    { key: keys.user, value: state.userKeys[0]?.hmac ?? null },
    { key: keys.errorType, value: lastFailed ? (lastFailed.lastError?.type ?? 'unknown') : parked ? orderTooLarge : null },
    { key: keys.needsAttention, value: lastFailed !== undefined || parked },
  ];
  const isUnchanged = attributes.every(({ value }, index) => value === shown?.[index]?.value);
  return shown && isUnchanged ? shown : attributes;
}

/** A class that no ordinary renewal changes, whether it is sent or kept back. */
function deliveryStatus(
  { payments, folded }: Subscription,
  lastFailed: Payment | undefined,
): 'needs_attention' | 'sent' | 'not_sent' {
  if (lastFailed !== undefined || (folded?.needAttention ?? 0) > 0) return 'needs_attention';
  return (folded?.sent ?? 0) > 0 || Object.values(payments).some(hasState('sent')) ? 'sent' : 'not_sent';
}

/** These states have the same name in a payment's record. */
function hasState(state: 'needs_attention' | 'sent') {
  return ({ progress }: Payment): boolean => progress?.state === state;
}

const keys = {
  integration: defineSearchAttributeKey(names.integration, 'KEYWORD'),
  psp: defineSearchAttributeKey(names.psp, 'KEYWORD'),
  purchaseType: defineSearchAttributeKey(names.purchaseType, 'KEYWORD'),
  subscriptionStatus: defineSearchAttributeKey(names.subscriptionStatus, 'KEYWORD'),
  deliveryStatus: defineSearchAttributeKey(names.deliveryStatus, 'KEYWORD'),
  user: defineSearchAttributeKey(names.user, 'KEYWORD'),
  errorType: defineSearchAttributeKey(names.errorType, 'KEYWORD'),
  needsAttention: defineSearchAttributeKey(names.needsAttention, 'BOOL'),
};
