/** Why a payment has the phase that it has: the rules that decided, by name. For people; nothing is decided from it. */
import type { Phase } from '../fact';
import type { Context, Subscription } from '../subscription';
import type { PhaselessReason } from './assign';
import { assignPhases } from './assign';
import type { Meaning } from './meaning';
import { startsAtTrialEnd } from './meaning';
import type { Period } from './periods';
import { periodsOf } from './periods';

export interface PhaseExplanation {
  readonly phase: Phase | null;
  /** What the payment was for. */
  readonly meaning: Meaning;
  /** The rule that told the meaning (`meaning.ts`), in its own words. */
  readonly rule: string;
  readonly place: PhasePlace;
}

/** Why a payment of that meaning is the trial's start, the conversion, a renewal, or none of them. */
export type PhasePlace =
  | 'reported_so'
  | 'begins_the_trial'
  | 'bought_once'
  | 'begins_when_the_trial_ends'
  | 'first_regular'
  | 'first_by_the_provider'
  | 'later_regular'
  | 'beginning_unknown'
  | 'later_of_the_trial'
  | 'no_period'
  | PhaselessReason;

/** Explains the phase of a payment by all that is known of its order; null for a payment that has not succeeded. */
export function explainPhase(subscription: Subscription, moneyId: string): PhaseExplanation | null {
  const { periods } = periodsOf(subscription);
  const period = periods.find(({ payment }) => payment.moneyId === moneyId);
  if (!period) return null;
  const { phases, reasons } = assignPhases(subscription);
  const phase = phases.get(moneyId) ?? null;
  const isFirstThere = [...phases.values()].some((other) => other === 'trial_start' || other === 'conversion');
  return {
    phase,
    meaning: period.meaning,
    rule: period.rule,
    place: placeOf(period, phase, {
      ...{ context: subscription.context, isBeginningKnown: isFirstThere || isBegun(subscription.context) },
      reason: reasons.get(moneyId) ?? 'no_period',
    }),
  };
}

interface Around {
  readonly context: Context;
  readonly isBeginningKnown: boolean;
  readonly reason: PhaselessReason | 'no_period';
}

function placeOf({ payment, fact, meaning }: Period, phase: Phase | null, around: Around): PhasePlace {
  const { context, isBeginningKnown, reason } = around;
  switch (phase) {
    case null:
      return reason;
    case 'trial_start':
      return 'begins_the_trial';
    case 'conversion':
      if (meaning === 'one_off') return 'bought_once';
      if (startsAtTrialEnd(fact, context)) return 'begins_when_the_trial_ends';
      if (isBegun(context)) return 'first_regular';
      return payment.reportedPhase === 'conversion' && fact.kind !== 'conversion' ? 'reported_so' : 'first_by_the_provider';
    case 'renewal':
      if (meaning === 'trial') return 'later_of_the_trial';
      return isBeginningKnown ? 'later_regular' : 'beginning_unknown';
  }
}

function isBegun({ beganAtMs, trials }: Context): boolean {
  return beganAtMs !== null || trials.length > 0;
}
