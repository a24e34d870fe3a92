/**
 * Assigns trial start, conversion or renewal to the payments of an order. Providers rarely say which it is, so this file decides over
 * all facts at once. The order of arrival does not matter, except that a reported payment keeps its phase.
 */
import type { PaymentFact, Phase, PurchaseType } from '../fact';
import { freeTrialMoneyId } from '../fact';
import type { Context, Payment, Subscription } from '../subscription';
import { isForNothing } from './charge';
import { isNextPeriod, OtherPeriods, isResumedPeriod, isWithinOwnTrial, mayBeFirstMoney } from './change';
import { startsAtTrialEnd } from './meaning';
import { sameMomentMs, startOf } from './moment';
import type { Period } from './periods';
import { isRegular, periodsOf } from './periods';

export interface PhaseAssignment {
  /** Of the order as a whole. */
  readonly purchaseType: PurchaseType;
  /** Money id → phase; null for a charge that is none of the three. */
  readonly phases: ReadonlyMap<string, Phase | null>;
  /** Why a payment without a phase has none, where the provider's event does not say it. */
  readonly reasons: ReadonlyMap<string, PhaselessReason>;
  /** A free trial's start without a payment, which turned out to be paid for: the payment is the start. */
  readonly yielded: string | null;
}

export type PhaselessReason = 'zero_amount' | 'plan_change' | 'already_reported' | 'ignored_price';

/** Assigns the purchase type of the order and the phase of every payment that has succeeded. `inOrder`: its payments, if they are sorted already. */
export function assignPhases(subscription: Subscription, inOrder?: readonly Payment[]): PhaseAssignment {
  const { context } = subscription;
  const { periods, declared } = periodsOf(subscription, inOrder);
  const others = new OtherPeriods(periods);
  const trials = periods.filter(({ meaning }) => meaning === 'trial');
  const isStartless = (period: Period): boolean => period.payment.moneyId === freeTrialMoneyId(subscription.id);
  const firstRegular = periods.find((period) => isRegular(period) && !isForNothing(period.fact));
  const early = trials.filter((trial) => !firstRegular || isBefore(trial, firstRegular));
  const startless = early.find(isStartless);
  const paidStart = paidStartAmong(early, startless);
  const trialStart =
    reportedAs('trial_start', early) ??
    paidStart ??
    startless ??
    early.find((period) => isOfPaidTrial(context) || isStart(period, context));
  const beginningIsKnown =
    context.beganAtMs !== null ||
    declared === 'lifetime' ||
    trials.length > 0 ||
    // A trial start that a declared type overrides is still the beginning.
    periods.some(({ fact }) => fact.kind === 'trial_start');
  // The merchant calls a trial what the provider counts as the first period: then its second may be the first regular one.
  const isCountAhead = trials.some(({ fact, cycle }) => fact.paidPeriod === 'first' || cycle === 'first');
  const candidates = periods.filter(
    (period) =>
      isRegular(period) &&
      (isCountAhead || (period.fact.paidPeriod !== 'later' && period.cycle !== 'later')) &&
      (period.meaning !== 'change' || mayBeFirstMoney(period, others, context)),
  );
  const first = conversionAmong(candidates, beginningIsKnown, context);
  // What costs nothing is not reported, so no second conversion is.
  const reported = reportedAs('conversion', periods.filter(isRegular));
  const conversion = first && isForNothing(first.fact) ? first : (reported ?? first);

  const phaseOf = (period: Period): Phase | PhaselessReason | null => {
    if (period === trialStart) return 'trial_start';
    if (period === conversion) return 'conversion';
    switch (period.meaning) {
      case 'one_off':
      case 'regular':
        return 'renewal';
      case 'trial':
        if (trialStart === startless && period === paidStart) return 'already_reported';
        return isForNothing(period.fact) ? 'zero_amount' : 'renewal';
      case 'change':
        // The first payment of all began a period, also when a later one was reported as the conversion before this was known.
        return (beginningIsKnown && period === candidates[0]) || isNextPeriod(period, others) || isResumedPeriod(period, context)
          ? 'renewal'
          : 'plan_change';
      case 'free_period':
        return 'zero_amount';
      case 'other':
        return period.fact.role === 'ignore' ? 'ignored_price' : null;
    }
  };
  const phases = new Map<string, Phase | null>();
  const reasons = new Map<string, PhaselessReason>();
  for (const period of periods) {
    const { moneyId } = period.payment;
    const phase = phaseOf(period);
    phases.set(moneyId, isPhase(phase) ? phase : null);
    if (phase !== null && !isPhase(phase)) reasons.set(moneyId, phase);
  }
  return {
    purchaseType: declared ?? inferredType(periods, { trialStart, firstRegular, context }),
    phases,
    reasons,
    yielded: startless && startless !== trialStart && !isReported(startless.payment) ? startless.payment.moneyId : null,
  };
}

/** What costs nothing, and what renews an order whose beginning is unknown, is a trial's start only if the provider says so. */
function isStart(period: Period, { beganAtMs }: Context): boolean {
  const { kind, occasion, role } = period.fact;
  if (kind === 'trial_start' || occasion === 'start') return true;
  return !isForNothing(period.fact) && (beganAtMs !== null || kind !== 'renewal' || role === 'trial');
}

/** Then its first payment is the start also where a discount paid for it. */
function isOfPaidTrial({ trials }: Context): boolean {
  return trials.some(({ kind, item }) => kind === 'paid' && item === undefined);
}

function isPhase(phase: Phase | PhaselessReason | null): phase is Phase {
  return phase === 'trial_start' || phase === 'conversion' || phase === 'renewal';
}

/** The payment of a trial that a start without a payment announced: the start yields to it. */
function paidStartAmong(early: readonly Period[], startless: Period | undefined): Period | undefined {
  const first = early.find((period) => period !== startless && period.fact.amountMinor > 0);
  return startless && first && isSameStart(startless, first) ? first : undefined;
}

/** True when a payment is the start of the same trial: it was made before any later period of the trial could be due. */
function isSameStart(startless: Period, { fact }: Period): boolean {
  const endsAtMs = startless.fact.periodEndMs ?? Infinity;
  return fact.occurredAtMs < endsAtMs - sameMomentMs;
}

function conversionAmong(candidates: readonly Period[], beginningIsKnown: boolean, context: Context): Period | undefined {
  const afterTrial = candidates.find(({ fact }) => startsAtTrialEnd(fact, context));
  if (afterTrial) return afterTrial;
  // A subscription that began before this service saw it has an unknown beginning, so its payments are renewals.
  if (beginningIsKnown) return candidates[0];
  return candidates.find(
    ({ fact, meaning, cycle }) =>
      meaning === 'one_off' ||
      fact.kind === 'conversion' ||
      fact.paidPeriod === 'first' ||
      cycle === 'first' ||
      (meaning === 'change' && isWithinOwnTrial(fact, context)),
  );
}

function isBefore(a: Period, b: Period): boolean {
  return a.fact.occurredAtMs <= b.fact.occurredAtMs;
}

/** The payment that was reported with this phase. It keeps the phase, so that no second trial start or conversion is reported. */
function reportedAs(phase: Phase, periods: readonly Period[]): Period | undefined {
  return periods.find(({ payment }) => payment.reportedPhase === phase && isReported(payment));
}

function isReported({ progress }: Payment): boolean {
  return progress?.state === 'delivering' || progress?.state === 'sent' || progress?.state === 'needs_attention';
}

interface Beginning {
  readonly trialStart: Period | undefined;
  readonly firstRegular: Period | undefined;
  readonly context: Context;
}

function inferredType(periods: readonly Period[], { trialStart, firstRegular, context }: Beginning): PurchaseType {
  if (periods.some(({ meaning }) => meaning === 'one_off')) return 'lifetime';
  if (trialStart) return trialTypeOf(trialStart.fact, context);
  const regularAtMs = firstRegular ? startOf(firstRegular.fact) : Infinity;
  // A trial that is given later, to a subscription that began without one, is no trial of what was sold.
  const firstTrial = context.noTrial ? undefined : context.trials.find(({ startsAtMs = -Infinity }) => startsAtMs < regularAtMs);
  if (firstTrial) return firstTrial.kind === 'paid' ? 'paid_trial' : 'free_trial';
  const guess = periods.find(({ fact }) => fact.inferredType !== undefined)?.fact.inferredType ?? 'subscription';
  return context.noTrial && guess !== 'lifetime' ? 'subscription' : guess;
}

/** The adapter's guess counts only if it names a trial: the invoice of a Stripe Trial Offer looks like any subscription's. */
function trialTypeOf({ inferredType, amountMinor }: PaymentFact, context: Context): PurchaseType {
  if (inferredType === 'free_trial' || inferredType === 'paid_trial') return inferredType;
  return amountMinor > 0 || isOfPaidTrial(context) ? 'paid_trial' : 'free_trial';
}
