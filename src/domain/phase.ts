/**
 * Assigns trial start, conversion or renewal to payments. Providers rarely say which it is, so this file decides over all facts of an
 * order at once. The order of arrival does not matter, except that a reported payment keeps its phase.
 */
import { hourMs } from './duration';
import type { PaymentFact, Phase, PurchaseType } from './fact';
import { mergedFact } from './observe';
import type { Context, Payment, Subscription } from './subscription';
import { paymentsInOrder } from './subscription';

export interface PhaseAssignment {
  /** Of the order as a whole. */
  readonly purchaseType: PurchaseType;
  /** The purchase type that the merchant declared; null without a declaration. */
  readonly declared: PurchaseType | null;
  /** Money id → phase; null for a charge that is none of the three. */
  readonly phases: ReadonlyMap<string, Phase | null>;
}

/** A trial's end and a period's start may be this far apart and count as the same moment: Stripe rounds times and drafts invoices. */
const sameMomentMs = hourMs;

interface Period {
  readonly payment: Payment;
  readonly fact: PaymentFact;
}

/** Assigns the purchase type of the order and the phase of every payment that has succeeded. */
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
  // A trial start that a declared type overrides is still the beginning. A lifetime purchase is its own beginning.
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

/** True while the phase of a payment depends on a fact that has not arrived: a state fact, or another event of the same payment. */
export function isUncertain({ observations }: Payment, context: Context, declared: PurchaseType | null): boolean {
  const isKnown = context.noTrial || context.hasTrial || declared !== null;
  return !isKnown && observations.every(({ awaitsState, role }) => awaitsState === true && role === undefined);
}

/** True for the charge of a period. The charge that ends a trial early looks like a change of plan, and is a period too. */
function isPeriod(fact: PaymentFact, context: Context): boolean {
  if (fact.role === 'ignore') return false;
  return fact.kind !== 'other_charge' || (fact.otherCharge === 'plan_change' && startsWhenTrialEnds(fact, context));
}

function startsWhenTrialEnds({ periodStartMs }: PaymentFact, { trialEndsAtMs }: Context): boolean {
  return periodStartMs !== undefined && trialEndsAtMs.some((endMs) => Math.abs(endMs - periodStartMs) <= sameMomentMs);
}

function isTrialStart(fact: PaymentFact, context: Context, declared: PurchaseType | null): boolean {
  if (fact.kind === 'one_off' || fact.role === 'lifetime') return false;
  // A free trial's zero invoice names the regular price, so the role `regular` counts only for a positive amount.
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
    // A subscription that began before this service saw it has an unknown beginning, so its payments are renewals.
    (beginningIsKnown ? full[0] : undefined)
  );
}

/** The payment that was reported with this phase. It keeps the phase, so that no second trial start or conversion is reported. */
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

/** The adapter's guess counts only if it names a trial: the invoice of a Stripe Trial Offer looks like any subscription's. */
function trialTypeOf({ inferredType, amountMinor }: PaymentFact): PurchaseType {
  if (inferredType === 'free_trial' || inferredType === 'paid_trial') return inferredType;
  return amountMinor > 0 ? 'paid_trial' : 'free_trial';
}
