/** Payments of a change of the subscription: whether something was paid before, so that they are no first payment. */
import type { PaymentFact, PaymentLine } from '../fact';
import type { Context } from '../subscription';
import { isForNothing } from './charge';
import { isSameMoment, sameMomentMs, startOf } from './moment';
import type { Period } from './periods';
import { isRegular } from './periods';

/**
 * True unless a change shows that a period at the regular price was paid before it: a part of one is given back, or a part is charged
 * beside one. A part is the first money where a period of nothing is left, where a pause ends, and within a trial if the provider does
 * not say that it is a part.
 */
export function mayBeFirstMoney({ fact, charge }: Period, periods: readonly Period[], context: Context): boolean {
  if (charge.hasCredit) return isCreditOfTrial(fact, periods) || (charge.periods.length > 0 && isNotAfterTrial(fact, context));
  const startedFree = periods.some((other) => other.meaning === 'free_period' && other.fact.occasion === 'start');
  const mayBeWhole = fact.otherCharge !== 'proration' && isNotAfterTrial(fact, context);
  return charge.periods.length > 0 || charge.hasEmptyCredit || startedFree || mayBeWhole || isAtResumption(fact, context);
}

/** True when all that is given back was bought by a trial's payment. A free one has nothing to give back. */
function isCreditOfTrial({ lines = [] }: PaymentFact, periods: readonly Period[]): boolean {
  const trials = periods.filter(({ meaning }) => meaning === 'trial');
  const bought = trials.flatMap(({ fact }) => fact.lines ?? []).filter(({ amountMinor }) => amountMinor > 0);
  const isOfTrial = ({ amountMinor, items = [] }: PaymentLine): boolean =>
    items.length > 0 &&
    bought.some((line) => line.amountMinor >= -amountMinor && items.every((item) => line.items?.includes(item)));
  return lines.every((line) => line.amountMinor >= 0 || line.role === 'trial' || isOfTrial(line));
}

/** True when the payment's period begins within a trial or at its end: no other period can have been paid before. */
function isNotAfterTrial(fact: PaymentFact, { trials, noTrial }: Context): boolean {
  const atMs = startOf(fact);
  return (
    !noTrial &&
    trials.some(({ startsAtMs = -Infinity, endsAtMs = -Infinity }) => startsAtMs <= atMs && atMs <= endsAtMs + sameMomentMs)
  );
}

/** True when the payment was made when a pause ended. */
function isAtResumption(fact: PaymentFact, { latest }: Context): boolean {
  return isSameMoment(latest['resumed'], startOf(fact));
}

/** True for a whole period that began when a pause ended: the subscription goes on at its price. */
export function isResumedPeriod({ fact, charge }: Period, context: Context): boolean {
  return charge.periods.length > 0 && !charge.hasCredit && isAtResumption(fact, context);
}

/** True when the payment's period begins within a trial of the whole subscription, whose start is known. */
export function isWithinOwnTrial(fact: PaymentFact, context: Context): boolean {
  const trials = context.trials.filter(({ item, startsAtMs }) => item === undefined && startsAtMs !== undefined);
  return isNotAfterTrial(fact, { ...context, trials });
}

/** True for a charge whose period begins where an earlier paid one ended: the next phase of a schedule, at another price. */
export function isNextPeriod({ fact, charge }: Period, periods: readonly Period[]): boolean {
  const { periodStartMs: startMs } = fact;
  if (startMs === undefined || charge.hasCredit || charge.periods.length === 0) return false;
  return periods.some(
    (earlier) =>
      earlier.fact.moneyId !== fact.moneyId &&
      !isForNothing(earlier.fact) &&
      (isRegular(earlier) || earlier.meaning === 'trial') &&
      (earlier.fact.periodStartMs ?? -Infinity) < startMs &&
      isSameMoment(earlier.fact.periodEndMs, startMs),
  );
}
