/** The sentences of a purchase's story: what the provider said, why the phase is what it is, why it was decided so, what comes next. */
import type { LifecycleKind, PaymentFact, PaymentKind, RefundFact, SubscriptionFact } from '../domain/fact';
import { isPayment } from '../domain/fact';
import { decimalFromMinor } from '../domain/money';
import type { PhaseExplanation, PhasePlace } from '../domain/phase';
import { isImported } from '../domain/imported-buyer';
import type { PaymentRef, PurchaseRow } from '../domain/purchase';
import type { HoldBreak } from '../domain/transition';
import { errorWords, holdBreakWords, phaseWords, reasonWords, stateWords, waitingWords } from './words';

const factNames: Readonly<Record<PaymentKind | LifecycleKind | 'refund', string>> = {
  trial_start: 'A trial started',
  conversion: 'A first payment was made',
  renewal: 'A period was paid',
  one_off: 'Something was bought once',
  other_charge: 'Something else was charged',
  began: 'The subscription began',
  updated: 'The subscription was changed',
  cancellation_scheduled: 'It was set to end',
  cancellation_undone: 'It goes on after all',
  ended: 'The subscription ended',
  paused: 'The subscription was paused',
  resumed: 'The subscription goes on',
  price_changed: 'The price changed',
  payment_failed: 'A payment failed',
  merged: 'The payment turned out to be another one',
  refund: 'Money was given back',
};

/** The provider's fact, as a marketer would say it. */
export function factName(fact: SubscriptionFact): string {
  if (fact.kind === 'refund') return refundNames[fact.cause];
  return factNames[fact.kind];
}

const refundNames: Readonly<Record<RefundFact['cause'], string>> = {
  refund: 'Money was given back',
  dispute: 'The buyer disputed the payment',
  dispute_won: 'The dispute was won',
};

/** What a fact says beyond its name: amounts, periods and hints, none of which tells who bought. */
export function factDetails(fact: SubscriptionFact): readonly string[] {
  if (isPayment(fact)) return paymentDetails(fact);
  if (fact.kind === 'refund') return fact.amountMinor === undefined ? ['all of it'] : [];
  return [
    ...(fact.trials === undefined ? [] : [fact.trials.length === 0 ? 'no trial' : trialText(fact.trials[0])]),
    ...(fact.amountMinor === undefined || fact.currency === undefined ? [] : [money(fact.amountMinor, fact.currency)]),
    ...(fact.endsAtMs === undefined ? [] : [`ends ${day(fact.endsAtMs)}`]),
    ...(fact.nextDueAtMs === undefined ? [] : [`next payment due ${day(fact.nextDueAtMs)}`]),
    ...(fact.planRole ? [`plan marked as ${fact.planRole}`] : []),
  ];
}

function paymentDetails(fact: PaymentFact): readonly string[] {
  const { periodStartMs, periodEndMs, occasion, role, declaredType, trial, paidPeriod } = fact;
  return [
    fact.unpriced ? 'the amount is not said' : money(fact.amountMinor, fact.currency),
    ...(periodStartMs === undefined || periodEndMs === undefined ? [] : [`for ${day(periodStartMs)} to ${day(periodEndMs)}`]),
    ...(occasion === undefined ? [] : [occasions[occasion]]),
    ...(trial === undefined ? [] : [trial ? 'the provider calls it a trial’s' : 'the provider calls it no trial’s']),
    ...(paidPeriod === undefined
      ? []
      : [`by the provider’s count the ${paidPeriod === 'first' ? 'first' : 'second or a later'} period`]),
    ...(role === undefined ? [] : [`price marked as ${role}`]),
    ...(declaredType === undefined ? [] : [`purchase_type ${declaredType}`]),
  ];
}

const occasions: Readonly<Record<NonNullable<PaymentFact['occasion']>, string>> = {
  start: 'at the checkout',
  cycle: 'since a period began',
  change: 'since the subscription was changed',
};

function trialText(trial: { readonly startsAtMs?: number; readonly endsAtMs?: number } | undefined): string {
  return trial?.endsAtMs === undefined ? 'a trial' : `a trial until ${day(trial.endsAtMs)}`;
}

/** Why the payment has its phase, or none. */
export function phaseWhy({ place, rule }: PhaseExplanation): string {
  // The last rule says only that none of the others applied.
  return rule === 'any other charge' ? places[place] : `${places[place]} (${rule})`;
}

const places: Readonly<Record<PhasePlace, string>> = {
  reported_so: 'it was sent as the first payment, and keeps that',
  begins_the_trial: 'it is the first payment of the trial, before any at the regular price',
  bought_once: 'it was bought once: its only payment is the first',
  begins_when_the_trial_ends: 'it pays for the period that begins when the trial ends',
  first_regular: 'it is the first payment at the regular price',
  first_by_the_provider: 'the provider calls it the first',
  later_regular: 'a payment at the regular price came before it',
  beginning_unknown: 'nothing is known of the subscription’s beginning, so it counts as a later payment',
  later_of_the_trial: 'it is a later payment of the trial',
  no_period: 'it pays for none of the subscription’s periods',
  zero_amount: 'nothing was charged, and no trial began',
  plan_change: 'the subscription was changed after it had been paid for',
  already_reported: 'the trial’s start was sent before its payment was known',
  ignored_price: 'the settings ignore this price',
};

const refusedByPage =
  'Kept back: a page refused consent for this buyer, without proof of who spoke. If it was nobody’s word, undo it under Users';

/** How a trial's start was held: the settings that it came with say it. */
export interface StoryHold {
  readonly hours: number;
  readonly untilMs: number;
  /** Why the trial did not last; null where it did, or does so far, and where nothing says it any more. */
  readonly brokenBy: HoldBreak | null;
}

/** The purchase that came first, in a sentence. */
function firstInWords(first: PaymentRef): string {
  return isImported(first) ? boughtBeforeWords(first) : `${first.moneyId} at ${first.psp}`;
}

/** An imported first purchase, whose money id is its time. */
export function boughtBeforeWords({ moneyId }: PaymentRef): string {
  return `before this service, on ${moneyId.slice(0, 10)}, imported`;
}

/** What became of it, and why, in a sentence. */
export function decisionWords(row: PurchaseRow, hold: StoryHold | null): string {
  const { state, reason, heldBy, phase, by, lastError } = row;
  const why = reasonWords(state, reason);
  switch (state) {
    case 'suppressed': {
      if (reason === 'cancelled_in_hold' && hold)
        return `Kept back: the trial’s start was held for ${hoursOf(hold)}, until ${minute(hold.untilMs)}, and ${
          hold.brokenBy === null ? 'the trial did not last' : holdBreakWords[hold.brokenBy]
        }`;
      const first = heldBy ? `; the first was ${firstInWords(heldBy)}` : '';
      return row.refusedByPage ? refusedByPage : `Kept back: ${why?.means ?? reason ?? 'a setting says so'}${first}`;
    }
    case 'not_a_purchase':
      return `Not a purchase: ${why?.means ?? reason ?? 'TikTok is not told of it'}`;
    case 'skipped':
      return `Skipped by ${by ?? 'an operator'}${reason === null ? '' : `: ${reason}`}`;
    case 'needs_attention':
      return `To be sent, and not accepted: ${lastError ? errorWords(lastError.type).means : stateWords[state].means}`;
    case 'pending':
    case 'sent': {
      const what = phase === null ? 'a purchase' : `a ${phaseWords[phase].label.toLowerCase()}`;
      if (row.waitingFor === 'hold')
        return `Held${hold ? ` for ${hoursOf(hold)}` : ''}: to be sent as ${what} if the subscription is still alive then, and not set to end`;
      const lasted = hold && by === null ? `, after a hold of ${hoursOf(hold)} through which the trial lasted` : '';
      const asked = by === null ? '' : `, since ${by} asked for it`;
      return `To be sent as ${what}${lasted}${asked}${reason === null ? '' : ` (${reason})`}`;
    }
  }
}

/** What happens next, and until when, in a sentence. */
export function nextWords(row: PurchaseRow): string {
  const { state, waitingFor, nextAttemptAtMs, givesUpAtMs } = row;
  switch (state) {
    case 'sent':
      return 'Nothing: TikTok has it';
    case 'suppressed':
    case 'not_a_purchase':
      return 'Nothing, unless a later event of the provider changes what it is';
    case 'skipped':
      return 'Nothing, unless you send it after all';
    case 'needs_attention':
      return 'It waits for you: correct the cause and send it again, or skip it';
    case 'pending': {
      if (waitingFor === 'hold' && nextAttemptAtMs !== null)
        return `It is held until ${minute(nextAttemptAtMs)}: then it is sent, or kept back if the trial has not lasted`;
      const next =
        nextAttemptAtMs === null ? '' : `, ${waitingFor === 'provider' ? 'at most until' : 'at'} ${minute(nextAttemptAtMs)}`;
      const end = givesUpAtMs === null ? '' : `; from ${minute(givesUpAtMs)} on only you can try again`;
      const what = waitingFor === null ? stateWords.pending : waitingWords[waitingFor];
      return `It waits for ${what.label}${next}${end}: ${what.means}`;
    }
  }
}

function hoursOf({ hours }: StoryHold): string {
  return hours === 1 ? '1 hour' : `${hours} hours`;
}

function money(amountMinor: number, currency: string): string {
  return `${decimalFromMinor(amountMinor, currency)} ${currency}`;
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

function minute(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
