/** Payments of a change of the subscription: whether something was paid before, so that they are no first payment. */
import type { PaymentFact, PaymentLine } from '../fact';
import { groupedBy } from '../grouped-by';
import type { Context } from '../subscription';
import { isForNothing } from './charge';
import { isSameMoment, sameMomentMs, startOf } from './moment';
import type { Period } from './periods';
import { isRegular } from './periods';

/** What a change asks of the other payments of its order. It is found once, so that no change looks through all of them. */
export class OtherPeriods {
  private trialLines: readonly PaymentLine[] | null = null;
  private isStartedFree: boolean | null = null;
  private byEnd: ReadonlyMap<number, readonly Period[]> | null = null;

  constructor(private readonly periods: readonly Period[]) {}

  /** What trials' payments paid for. */
  get boughtOnTrial(): readonly PaymentLine[] {
    this.trialLines ??= this.periods
      .filter(({ meaning }) => meaning === 'trial')
      .flatMap(({ fact }) => fact.lines ?? [])
      .filter(({ amountMinor }) => amountMinor > 0);
    return this.trialLines;
  }

  /** True when the subscription began with a period that cost nothing. */
  get startedFree(): boolean {
    this.isStartedFree ??= this.periods.some(({ meaning, fact }) => meaning === 'free_period' && fact.occasion === 'start');
    return this.isStartedFree;
  }

  /** Paid periods, among them all that end at the same moment as `atMs`. */
  endingAbout(atMs: number): readonly Period[] {
    this.byEnd ??= groupedBy(
      this.periods.filter((period) => !isForNothing(period.fact) && (isRegular(period) || period.meaning === 'trial')),
      ({ fact }) => momentOf(fact.periodEndMs ?? NaN),
    );
    const moment = momentOf(atMs);
    return [moment - 1, moment, moment + 1].flatMap((one) => this.byEnd?.get(one) ?? []);
  }
}

/** Two that are the same moment have the same number, or numbers next to each other. */
function momentOf(atMs: number): number {
  return Math.floor(atMs / sameMomentMs);
}

/**
 * True unless a change shows that a period at the regular price was paid before it: a part of one is given back, or a part is charged
 * beside one. A part is the first money where a period of nothing is left, where a pause ends, and within a trial if the provider does
 * not say that it is a part.
 */
export function mayBeFirstMoney({ fact, charge }: Period, others: OtherPeriods, context: Context): boolean {
  if (charge.hasCredit)
    return isCreditOfTrial(fact, others.boughtOnTrial) || (charge.periods.length > 0 && isNotAfterTrial(fact, context));
  const mayBeWhole = fact.otherCharge !== 'proration' && isNotAfterTrial(fact, context);
  return charge.periods.length > 0 || charge.hasEmptyCredit || others.startedFree || mayBeWhole || isAtResumption(fact, context);
}

/** True when all that is given back was bought by a trial's payment. A free one has nothing to give back. */
function isCreditOfTrial({ lines = [] }: PaymentFact, bought: readonly PaymentLine[]): boolean {
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
export function isNextPeriod({ fact, charge }: Period, others: OtherPeriods): boolean {
  const { periodStartMs: startMs } = fact;
  if (startMs === undefined || charge.hasCredit || charge.periods.length === 0) return false;
  return others
    .endingAbout(startMs)
    .some(
      (earlier) =>
        earlier.fact.moneyId !== fact.moneyId &&
        (earlier.fact.periodStartMs ?? -Infinity) < startMs &&
        isSameMoment(earlier.fact.periodEndMs, startMs),
    );
}
