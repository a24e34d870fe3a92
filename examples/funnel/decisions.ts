/** What the service has decided about the payments of an order, in words for the stage. */
import type { OrderRecord } from '../../demo/client';
import type { PurchaseState } from '../../src/domain/purchase';
import { stateMarks } from '../../src/domain/state-marks';
import { phaseWords, reasonWords, stateWords } from '../../src/operator/words';

export interface Decision {
  readonly state: string;
  readonly mark: string;
  /** `First payment $9.99`. */
  readonly payment: string;
  /** `Kept back: buyer already counted (limited by in_123)`. */
  readonly outcome: string;
}

export function decisionOf({ phase, amount, state, reason, heldBy, lastError }: OrderRecord): Decision {
  const known = state as PurchaseState; // the API's words are the domain's
  const why = reasonWords(known, reason);
  const because = why ? `: ${why.label} (${reason ?? ''}${heldBy ? ` by ${heldBy.moneyId}` : ''})` : '';
  const trouble = lastError && state !== 'sent' ? `: ${lastError.message}` : '';
  return {
    state,
    mark: stateMarks[known],
    payment: `${phase === null ? 'Charge' : phaseWords[phase].label} $${amount}`,
    outcome: stateWords[known].label + (because || trouble),
  };
}

/** What the page of thanks and the first webhook have come to. `records` are in the order in which they happened. */
export function captionOf(records: readonly OrderRecord[]): string {
  const [first] = records;
  if (!first || first.state === 'pending')
    return 'The page asks whether it may report the purchase. The provider’s webhook is on its way to the server.';
  if (first.state === 'sent')
    return 'The page has reported the purchase; the provider’s webhook brought the same to the server, and TikTok makes one of the two.';
  if (first.reason === 'limited')
    return `Neither the page nor the server tells TikTok: limited by ${first.heldBy?.moneyId ?? 'an earlier purchase'}, this buyer’s first purchase.`;
  if (first.reason === 'consent') return 'Neither the page nor the server tells TikTok: the visitor has denied consent.';
  const { outcome } = decisionOf(first);
  return `The server has not told TikTok: ${outcome.charAt(0).toLowerCase()}${outcome.slice(1)}.`;
}
