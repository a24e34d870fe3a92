import type { PurchaseState } from './purchase';

/** One mark for each state, in the console and in the Temporal UI, so that colour is not all that tells them apart. */
export const stateMarks: Readonly<Record<PurchaseState, string>> = {
  sent: '✓',
  suppressed: '–',
  pending: '⏳',
  needs_attention: '⚠',
  not_a_purchase: '○',
  skipped: '⤼',
};
