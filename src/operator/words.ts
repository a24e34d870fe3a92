/**
 * What the records' terms mean to people: one table for pages, stories, lists and messages. A page shows the label first and the term
 * beside it; `means` is a sentence for whoever wants to know more.
 */
import type { DeliveryOutcome } from '../domain/delivery';
import type { Phase, PurchaseType } from '../domain/fact';
import type { HoldBreak } from '../domain/transition';
import type { Destination, MatchedBy, NotAPurchaseReason, PurchaseState, SuppressedReason, WaitingFor } from '../domain/purchase';

export interface Words {
  /** Two or three words, as in a list: `Kept back`. */
  readonly label: string;
  /** A sentence, without a full stop. */
  readonly means: string;
}

export const stateWords: Readonly<Record<PurchaseState, Words>> = {
  sent: { label: 'Sent', means: 'TikTok has accepted it' },
  suppressed: { label: 'Kept back', means: 'a setting keeps it from TikTok on purpose' },
  pending: { label: 'Waiting', means: 'it is about to be sent, or will be tried again' },
  needs_attention: { label: 'Needs attention', means: 'it was not accepted, and only you can try again' },
  not_a_purchase: { label: 'Not a purchase', means: 'a charge that TikTok is not told of' },
  skipped: { label: 'Skipped', means: 'an operator gave it up' },
};

export const phaseWords: Readonly<Record<Phase, Words>> = {
  trial_start: { label: 'Trial start', means: 'the trial began, for nothing or for a small price' },
  conversion: { label: 'First payment', means: 'the first payment at the regular price, or the only one' },
  renewal: { label: 'Renewal', means: 'a later payment of the same subscription' },
};

export const purchaseTypeWords: Readonly<Record<PurchaseType, Words>> = {
  subscription: { label: 'Subscription', means: 'a subscription without a trial' },
  free_trial: { label: 'Free trial', means: 'a subscription that began with a trial for nothing' },
  paid_trial: { label: 'Paid trial', means: 'a subscription that began with a trial at a price of its own' },
  lifetime: { label: 'One-off', means: 'bought once, for good' },
};

export const waitingWords: Readonly<Record<WaitingFor, Words>> = {
  decision: { label: 'being decided', means: 'the payment is in, and its workflow decides in a moment what becomes of it' },
  provider: { label: 'the provider’s next event', means: 'another event of the provider tells what it is, or who bought' },
  hold: { label: 'the end of its hold', means: 'the trial’s start is sent only if the subscription is still alive by then' },
  queue: { label: 'its turn', means: 'it is on its way to TikTok' },
  retry: { label: 'the next attempt', means: 'TikTok could not take it, and it is tried again by itself' },
  paused: { label: 'sends to be resumed', means: 'sends are paused in the settings; nothing is lost meanwhile' },
};

export const suppressedWords: Readonly<Record<SuppressedReason, Words>> = {
  limited: {
    label: 'buyer already counted',
    means: 'Limit Purchase Events is on, and this buyer’s first purchase was another one',
  },
  policy: { label: 'switched off in the policy', means: 'the policy does not send this type and phase' },
  consent: { label: 'no consent', means: 'the buyer did not agree that TikTok is told, and the settings obey that' },
  too_old: { label: 'too old', means: 'it happened longer ago than the settings allow' },
  not_attributed: {
    label: 'not from TikTok',
    means: 'no click id of this buyer is known, and the settings send only buyers who came from TikTok',
  },
  cancelled_in_hold: {
    label: 'trial did not last',
    means: 'the subscription was cancelled, paused, refunded or not paid while its trial’s start was held',
  },
};

export const notAPurchaseWords: Readonly<Record<NotAPurchaseReason, Words>> = {
  proration: { label: 'proration', means: 'a part of a period was charged or given back after a change' },
  plan_change: { label: 'change of plan', means: 'the subscription was changed, after it had been paid for' },
  overage: { label: 'overage', means: 'more was used than the plan has' },
  payment_method_change: { label: 'change of payment method', means: 'the charge only checks a new card' },
  other_charge: { label: 'another charge', means: 'none of the subscription’s own periods' },
  zero_amount: { label: 'nothing was charged', means: 'the amount is zero, and it is no trial’s start' },
  payment_failed: { label: 'payment failed', means: 'nothing was paid; a later payment of the same invoice still counts' },
  refunded_before_sent: { label: 'refunded before it was sent', means: 'all of it was given back before TikTok was told' },
  ignored_price: { label: 'ignored price', means: 'the settings ignore this price, for example an add-on’s' },
  already_reported: { label: 'already reported', means: 'the same trial’s start was sent before its payment was known' },
};

export const destinationWords: Readonly<Record<Destination, Words>> = {
  tiktok: { label: 'TikTok', means: 'it counts' },
  test: { label: 'TikTok’s test events', means: 'a test event code is set: it is shown there, and counts for no campaign' },
  sandbox: { label: 'built-in sandbox', means: 'no pixel is set: it never left this service' },
};

export const outcomeWords: Readonly<Record<DeliveryOutcome['kind'], Words>> = {
  accepted: { label: 'Accepted', means: 'TikTok took it' },
  throttled: { label: 'Too many requests', means: 'TikTok asked to slow down; it is tried again' },
  unreachable: { label: 'No answer', means: 'TikTok could not be reached, or had a fault; it is tried again' },
  unauthorized: { label: 'Not authorized', means: 'the access token or the pixel is wrong' },
  rejected: { label: 'Refused', means: 'TikTok does not take this event as it is' },
};

export const matchedByWords: Readonly<Record<MatchedBy, string>> = {
  ttclid: 'TikTok click id',
  ttp: 'TikTok cookie',
  email: 'e-mail',
  phone: 'phone',
  external_id: 'user id',
  ip: 'IP address',
  user_agent: 'browser',
};

/** By `lastError.type`. Types that Temporal names itself are not here: `errorWords` tells them in general. */
const knownErrors: Readonly<Record<string, Words>> = {
  TikTokThrottled: outcomeWords.throttled,
  TikTokUnreachable: outcomeWords.unreachable,
  TikTokUnauthorized: {
    label: 'Token or pixel refused',
    means: 'TikTok does not accept the access token, or does not know the pixel',
  },
  TikTokRejected: { label: 'Event refused', means: 'TikTok does not take the event as it is: a developer has to look' },
  DeliveryExpired: { label: 'No answer for 48 hours', means: 'TikTok may have it: sent again now, it would be counted anew' },
  DatabaseRefused: { label: 'Cannot be stored', means: 'the database refuses something in this purchase, and would again' },
  OrderTooLarge: {
    label: 'Order too large',
    means: 'its order has more open payments than one buyer makes: its id may be many buyers’',
  },
  WorkflowCancelled: { label: 'Workflow cancelled', means: 'its workflow was cancelled before TikTok had accepted it' },
  WorkflowGone: { label: 'Workflow ended', means: 'its workflow ended before TikTok had accepted it' },
};

/** Why a trial did not last through its hold: the rest of a sentence that begins with `and`. */
export const holdBreakWords: Readonly<Record<HoldBreak, string>> = {
  refunded: 'its payment was given back meanwhile',
  ended: 'the subscription had ended by then',
  cancelling: 'the subscription was set to end by then',
  paused: 'the subscription was paused by then',
  past_due: 'a payment of the subscription had failed by then',
};

/** What went wrong, by the type of a record's last error. */
export function errorWords(type: string): Words {
  const known = Object.hasOwn(knownErrors, type) ? knownErrors[type] : undefined;
  return known ?? { label: 'Unexpected error', means: 'the attempt ended in a way that this service has no name for' };
}

/** Why it is so, of a record: null where its state needs no reason, or the reason is a text that somebody wrote. */
export function reasonWords(state: PurchaseState, reason: string | null): Words | null {
  if (reason === null) return null;
  const words: Readonly<Record<string, Words>> | null =
    state === 'suppressed' ? suppressedWords : state === 'not_a_purchase' ? notAPurchaseWords : null;
  return words && Object.hasOwn(words, reason) ? (words[reason] ?? null) : null;
}
