/** The payments of an order that have succeeded, each with what it was for. */
import type { PaymentFact, PurchaseType } from '../fact';
import { firstIndex } from '../first-index';
import { mergedFact } from '../observe';
import { remembered } from '../remembered';
import type { Context, Payment, Subscription } from '../subscription';
import { paymentsInOrder } from '../subscription';
import type { Charge } from './charge';
import { chargeOf } from './charge';
import { cycleVerdicts } from './cycles';
import type { CycleVerdict } from './cycles';
import type { Evidence, KnownTrials, Meaning } from './meaning';
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
export function periodsOf(
  subscription: Subscription,
  inOrder = paymentsInOrder(subscription),
): {
  readonly periods: readonly Period[];
  readonly declared: PurchaseType | null;
} {
  const { context } = subscription;
  const paid = paidOf(inOrder, context);
  const declared = declaredType(paid, context);
  const cycles = verdictsOn(paid, context);
  const { trials, noTrial } = context;
  const periods = paid.map(({ payment, fact }): Period => {
    const cycle = cycles.get(payment.moneyId) ?? null;
    const { charge, meaning, rule } = meaningOf(fact, { trials, noTrial, declared, cycle });
    return { payment, fact, charge, meaning, rule, cycle };
  });
  return { periods, declared };
}

/** A new fact seldom changes what the payments of before were for. */
const meaningOf = remembered(
  (
    fact: PaymentFact,
    { declared, cycle, ...context }: KnownTrials & Pick<Evidence, 'declared' | 'cycle'>,
  ): Pick<Period, 'charge' | 'meaning' | 'rule'> => {
    const evidence = evidenceOn(fact, { context, declared, cycle });
    const { means: meaning, says: rule } = ruleFor(evidence);
    return { charge: evidence.charge, meaning, rule };
  },
);

/** True for what is at the regular price, or may be. */
export function isRegular({ meaning }: Pick<Period, 'meaning'>): boolean {
  return meaning === 'regular' || meaning === 'one_off' || meaning === 'change';
}

function verdictsOn(paid: readonly Paid[], context: Context): ReadonlyMap<string, CycleVerdict> {
  if (context.cycles.length === 0) return new Map();
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

function paidOf(inOrder: readonly Payment[], { beganAtMs, planRoles }: Context): readonly Paid[] {
  const paid: Paid[] = [];
  for (const payment of inOrder) {
    const fact = mergedFact(payment);
    if (fact) paid.push({ payment, fact: readFact(fact, { beganAtMs, planRoles, isFirst: paid.length === 0 }) });
  }
  return paid;
}

interface FactPlace extends Pick<Context, 'beganAtMs' | 'planRoles'> {
  readonly isFirst: boolean;
}

/** A fact as its place in the order and the states say that it is to be read. */
const readFact = remembered((merged: PaymentFact, { beganAtMs, planRoles, isFirst }: FactPlace): PaymentFact => {
  const fact = withPlanRole(asStart(merged, beganAtMs), planRoles);
  return fact.mayBeStart && isFirst ? { ...fact, occasion: 'start' } : fact;
});

/** The first payment is the start, whatever its name: Stripe calls a first invoice a change before API 2018-10-31, and gave no reason before. */
function asStart(fact: PaymentFact, beganAtMs: number | null): PaymentFact {
  const { periods, freePeriods, hasProration } = chargeOf(fact);
  const isFree = periods.length === 0 && freePeriods.length > 0 && !hasProration;
  const isFirst = beganAtMs !== null && isSameMoment(beganAtMs, startOf(fact));
  return fact.occasion !== undefined && isFree && isFirst && fact.kind !== 'trial_start'
    ? { ...fact, kind: 'conversion', occasion: 'start' }
    : fact;
}

/** A payment that names no price has the role of the plan that the subscription had then. */
function withPlanRole(fact: PaymentFact, planRoles: Context['planRoles']): PaymentFact {
  if (fact.role !== undefined || planRoles.length === 0) return fact;
  const next = firstIndex(planRoles, ({ saidAtMs }) => saidAtMs > fact.occurredAtMs);
  const then = planRoles[next - 1] ?? planRoles[0];
  return then?.role ? { ...fact, role: then.role } : fact;
}

function declaredType(paid: readonly Paid[], context: Context): PurchaseType | null {
  const telling = paid.find(({ fact }) => fact.role !== 'ignore' && fact.declaredType !== undefined);
  return telling?.fact.declaredType ?? context.declaredType;
}
