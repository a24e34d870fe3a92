/** Reads what earlier versions of the code wrote: states carried through continue-as-new, and facts in the histories of workflows. */
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact, TrialWindow } from './fact';
import { isPayment } from './fact';
import type { Context, Payment, Subscription } from './subscription';

/** The first version knew one trial only, and one reason to wait. */
interface SubscriptionV1 extends Omit<Subscription, 'v' | 'context' | 'payments'> {
  readonly v: 1;
  readonly context: ContextV1;
  readonly payments: Readonly<
    Record<string, Omit<Payment, 'observations'> & { readonly observations: readonly PaymentFactV1[] }>
  >;
}

type ContextV1 = Omit<Context, 'trials' | 'cycles' | 'planRoles' | 'told'> & {
  readonly hasTrial: boolean;
  readonly trialKind: 'free' | 'paid' | null;
  readonly trialStartsAtMs: number | null;
  readonly trialEndsAtMs: readonly number[];
};

type PaymentFactV1 = PaymentFact & { readonly awaitsState?: boolean; readonly initial?: boolean };
type LifecycleFactV1 = LifecycleFact & { readonly trial?: 'none' | TrialWindow };
type SubscriptionFactV1 = PaymentFactV1 | LifecycleFactV1 | RefundFact;

/**
 * Brings a carried state to the present shape.
 * @throws Error for a version that this code does not know: a newer worker can go on with it.
 */
export function migrate(carried: Subscription | SubscriptionV1): Subscription {
  if (carried.v === 2) return carried;
  if ((carried.v as number) !== 1)
    throw new Error(`the order's state has version ${String(carried.v)}, which a newer worker wrote`);
  const payments = Object.entries(carried.payments).map(([moneyId, payment]) => [
    moneyId,
    { ...payment, observations: payment.observations.map(paymentOf) },
  ]);
  return {
    ...carried,
    v: 2,
    context: contextOf(carried.context),
    payments: Object.fromEntries(payments) as Subscription['payments'],
  };
}

/** Brings a fact to the present shape. */
export function migrateFact(fact: SubscriptionFactV1): SubscriptionFact {
  if (isPayment(fact)) return paymentOf(fact);
  return fact.kind === 'refund' ? fact : lifecycleOf(fact);
}

function lifecycleOf({ trial, ...fact }: LifecycleFactV1): LifecycleFact {
  return trial === undefined ? fact : { ...fact, trials: trial === 'none' ? [] : [trial] };
}

function paymentOf({ awaitsState, initial, ...fact }: PaymentFactV1): PaymentFact {
  return {
    ...fact,
    ...(awaitsState === true ? { awaits: [fact.kind === 'one_off' ? 'order' : 'trial'] } : {}),
    ...(initial === true ? { occasion: 'start' } : {}),
  };
}

function contextOf({ hasTrial, trialKind, trialStartsAtMs, trialEndsAtMs, ...kept }: ContextV1): Context {
  const trial = {
    saidAtMs: kept.beganAtMs ?? trialStartsAtMs ?? 0,
    ...(trialKind === null ? {} : { kind: trialKind }),
    ...(trialStartsAtMs === null ? {} : { startsAtMs: trialStartsAtMs }),
    ...(trialEndsAtMs.length === 0 ? {} : { endsAtMs: Math.max(...trialEndsAtMs) }),
  };
  return { ...kept, trials: hasTrial ? [trial] : [], cycles: [], planRoles: [], told: [] };
}
