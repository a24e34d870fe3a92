/**
 * Trial start, conversion or renewal? Providers rarely say, so the phase is settled here, over the *set* of what was seen:
 * the result depends on no order of arrival, except that what was already reported keeps its claim among equals.
 */
import type { PaymentFact, Phase, PurchaseType } from './fact';
import { mergedFact } from './observe';
import type { Context, Payment, Subscription } from './subscription';
import { paymentsInOrder } from './subscription';

export interface PhaseAssignment {
  /** How the order as a whole was sold. */
  readonly purchaseType: PurchaseType;
  /** What the merchant said it is; null when nobody did. */
  readonly declared: PurchaseType | null;
  /** Money id → phase; null for a charge that has no place in the subscription's life. */
  readonly phases: ReadonlyMap<string, Phase | null>;
}

/** How far apart a trial's end and a period's start may be and still be the same moment (Stripe rounds and drafts). */
const sameMomentMs = 60 * 60 * 1000;

interface Period {
  readonly payment: Payment;
  readonly fact: PaymentFact;
}

export function assignPhases(subscription: Subscription): PhaseAssignment {
  const { context } = subscription;
  const paid = paymentsInOrder(subscription).flatMap((payment): Period[] => {
    const fact = mergedFact(payment);
    return fact ? [{ payment, fact }] : [];
  });
  const periods = paid.filter(({ fact }) => isPeriod(fact, context));
  const declared = declaredType(periods, context);
  const mayHaveTrial = declared === null || declared === 'free_trial' || declared === 'paid_trial';
  const trials = mayHaveTrial ? periods.filter(({ fact }) => isTrialStart(fact, context, declared)) : [];
  const full = periods.filter((period) => !trials.includes(period));

  const trialStart = reportedAs('trial_start', trials) ?? trials[0];
  // A trial start that the merchant's word makes none is the beginning too, and what is bought for a lifetime has no other.
  const beginningIsKnown =
    context.beganAtMs !== null ||
    declared === 'lifetime' ||
    periods.some(({ fact }) => fact.kind === 'trial_start') ||
    trials.length > 0;
  const conversion = conversionAmong(full, beginningIsKnown, context);
  const phaseOf = (period: Period): Phase | null => {
    if (!periods.includes(period)) return null;
    if (period === trialStart) return 'trial_start';
    return period === conversion ? 'conversion' : 'renewal';
  };
  return {
    declared,
    purchaseType: declared ?? inferredType(periods, trialStart, context),
    phases: new Map(paid.map((period) => [period.payment.moneyId, phaseOf(period)])),
  };
}

/** True while what a payment is can only be told by a fact that has not come: a state fact, or a better word of the same payment. */
export function isUncertain({ observations }: Payment, context: Context, declared: PurchaseType | null): boolean {
  const isTold = context.noTrial || context.hasTrial || declared !== null;
  return !isTold && observations.every(({ awaitsState, role }) => awaitsState === true && role === undefined);
}

/** What has a place in the subscription's life. A trial that is ended early is charged as a change of plan, and is a period all the same. */
function isPeriod(fact: PaymentFact, context: Context): boolean {
  if (fact.role === 'ignore') return false;
  return fact.kind !== 'other_charge' || (fact.otherCharge === 'plan_change' && startsWhenTrialEnds(fact, context));
}

function startsWhenTrialEnds({ periodStartMs }: PaymentFact, { trialEndsAtMs }: Context): boolean {
  return periodStartMs !== undefined && trialEndsAtMs.some((endMs) => Math.abs(endMs - periodStartMs) <= sameMomentMs);
}

function isTrialStart(fact: PaymentFact, context: Context, declared: PurchaseType | null): boolean {
  if (fact.kind === 'one_off' || fact.role === 'lifetime') return false;
  // A free trial's zero invoice carries the regular price, so a role says something of money only.
  if (fact.role === 'regular' && fact.amountMinor > 0) return false;
  if (fact.role === 'trial' || fact.kind === 'trial_start') return true;
  if (declared === 'paid_trial' && fact.initial === true && fact.amountMinor > 0) return true;
  return fact.awaitsState === true && context.hasTrial && isWithinTrial(fact, context);
}

function isWithinTrial(fact: PaymentFact, { trialStartsAtMs, trialEndsAtMs }: Context): boolean {
  const startMs = fact.periodStartMs ?? fact.occurredAtMs;
  const lastEndMs = trialEndsAtMs.at(-1) ?? Infinity;
  return startMs >= (trialStartsAtMs ?? -Infinity) - sameMomentMs && startMs < lastEndMs - sameMomentMs;
}

function conversionAmong(full: readonly Period[], beginningIsKnown: boolean, context: Context): Period | undefined {
  return (
    reportedAs('conversion', full) ??
    full.find(({ fact }) => startsWhenTrialEnds(fact, context)) ??
    full.find(({ fact }) => fact.kind === 'conversion' || fact.kind === 'one_off' || fact.role === 'lifetime') ??
    // Nothing is known of the beginning of a subscription that is older than this service: its renewals are renewals.
    (beginningIsKnown ? full[0] : undefined)
  );
}

/** At most one trial start and one conversion are ever reported: the one that was keeps its phase, a late one becomes a renewal. */
function reportedAs(phase: Phase, periods: readonly Period[]): Period | undefined {
  return periods.find(({ payment }) => payment.phase === phase && isReported(payment));
}

function isReported({ progress }: Payment): boolean {
  return progress?.state === 'delivering' || progress?.state === 'sent' || progress?.state === 'needs_attention';
}

function declaredType(periods: readonly Period[], context: Context): PurchaseType | null {
  const declared = periods.flatMap(({ fact }) => fact.declaredType ?? []);
  return declared[0] ?? context.declaredType;
}

function inferredType(periods: readonly Period[], trialStart: Period | undefined, context: Context): PurchaseType {
  if (periods.some(({ fact }) => fact.kind === 'one_off' || fact.role === 'lifetime')) return 'lifetime';
  if (trialStart) return trialTypeOf(trialStart.fact);
  if (context.hasTrial) return context.trialKind === 'paid' ? 'paid_trial' : 'free_trial';
  return periods.find(({ fact }) => fact.inferredType !== undefined)?.fact.inferredType ?? 'subscription';
}

/** The adapter's guess counts only where it is a trial's: the invoice of a Trial Offer looks like any subscription's. */
function trialTypeOf({ inferredType, amountMinor }: PaymentFact): PurchaseType {
  if (inferredType === 'free_trial' || inferredType === 'paid_trial') return inferredType;
  return amountMinor > 0 ? 'paid_trial' : 'free_trial';
}
