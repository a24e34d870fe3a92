/** The payments of an order that have succeeded, each with what it was for. */
import type { PaymentFact, PurchaseType } from '../fact';
import { mergedFact } from '../observe';
import type { Context, Payment, Subscription } from '../subscription';
import { paymentsInOrder } from '../subscription';
import type { Charge } from './charge';
import { chargeOf } from './charge';
import { cycleVerdicts } from './cycles';
import type { CycleVerdict } from './cycles';
import type { Meaning } from './meaning';
import { evidenceOn, ruleFor } from './meaning';
import { isSameMoment, startOf } from './moment';

export interface Period {
  readonly payment: Payment;
  readonly fact: PaymentFact;
  readonly charge: Charge;
  readonly meaning: Meaning;
  /** The rule that told the meaning, in its own words. */
  readonly rule: string;
  readonly cycle: CycleVerdict;
}

type Paid = Pick<Period, 'payment' | 'fact'>;

/** In the order of time, with the type that the merchant declared; null without a declaration. */
export function periodsOf(subscription: Subscription): {
  readonly periods: readonly Period[];
  readonly declared: PurchaseType | null;
} {
  const { context } = subscription;
  const paid = paidOf(subscription);
  const declared = declaredType(paid, context);
  const cycles = verdictsOn(paid, context);
  const periods = paid.map(({ payment, fact }): Period => {
    const cycle = cycles.get(payment.moneyId) ?? null;
    const evidence = evidenceOn(fact, { context, declared, cycle });
    const { means: meaning, says: rule } = ruleFor(evidence);
    return { payment, fact, charge: evidence.charge, meaning, rule, cycle };
  });
  return { periods, declared };
}

/** True for what is at the regular price, or may be. */
export function isRegular({ meaning }: Pick<Period, 'meaning'>): boolean {
  return meaning === 'regular' || meaning === 'one_off' || meaning === 'change';
}

function verdictsOn(paid: readonly Paid[], context: Context): ReadonlyMap<string, CycleVerdict> {
  const billed = paid.filter(({ fact }) => fact.kind !== 'other_charge' && fact.amountMinor > 0);
  return cycleVerdicts(
    billed.map(({ fact: { moneyId, amountMinor, occurredAtMs, periodStartMs = occurredAtMs } }) => ({
      moneyId,
      amountMinor,
      occurredAtMs: periodStartMs,
    })),
    context.cycles,
  );
}

function paidOf(subscription: Subscription): readonly Paid[] {
  const paid = paymentsInOrder(subscription).flatMap((payment) => {
    const fact = mergedFact(payment);
    return fact ? [{ payment, fact: withPlanRole(asStart(fact, subscription.context), subscription.context) }] : [];
  });
  return paid.map(({ payment, fact }, nth) => ({
    payment,
    fact: fact.mayBeStart && nth === 0 ? { ...fact, occasion: 'start' } : fact,
  }));
}

/** The first payment is the start, whatever its name: Stripe calls a first invoice a change before API 2018-10-31, and gave no reason before. */
function asStart(fact: PaymentFact, { beganAtMs }: Context): PaymentFact {
  const { periods, freePeriods, hasProration } = chargeOf(fact);
  const isFree = periods.length === 0 && freePeriods.length > 0 && !hasProration;
  const isFirst = beganAtMs !== null && isSameMoment(beganAtMs, startOf(fact));
  return fact.occasion !== undefined && isFree && isFirst && fact.kind !== 'trial_start'
    ? { ...fact, kind: 'conversion', occasion: 'start' }
    : fact;
}

/** A payment that names no price has the role of the plan that the subscription had then. */
function withPlanRole(fact: PaymentFact, { planRoles }: Context): PaymentFact {
  const then = planRoles.filter(({ saidAtMs }) => saidAtMs <= fact.occurredAtMs).at(-1) ?? planRoles[0];
  return fact.role === undefined && then?.role ? { ...fact, role: then.role } : fact;
}

function declaredType(paid: readonly Paid[], context: Context): PurchaseType | null {
  const declared = paid.flatMap(({ fact }) => (fact.role === 'ignore' ? [] : (fact.declaredType ?? [])));
  return declared[0] ?? context.declaredType;
}
