/**
 * Classifies a payment. Primer has no subscriptions: the merchant's metadata decides (docs/providers/primer.md), otherwise Primer's
 * payment type, which separates first payments from those that the merchant initiates.
 */
import type { PaymentFact, PaymentKind, PurchaseType } from '../../domain/fact';
import { metadataText } from '../metadata';
import type { Payment } from './schema';

/** The kind of a payment and the order it belongs to. */
export interface Classification extends Pick<PaymentFact, 'kind' | 'inferredType' | 'otherCharge' | 'initial'> {
  /** The order: the subscription, or a one-off's own payment. */
  readonly order: string;
}

export function classify(payment: Payment, declared: PurchaseType | undefined): Classification {
  const said = (key: string): string | undefined => metadataText([payment.metadata], key);
  const subscription = said('subscription_id') ?? said('subs_id') ?? null;
  const kind = kindOf(said('kind'));
  if (kind === 'one_off') return oneOff(payment);
  const type = payment.paymentMethod?.paymentType ?? null;
  // Without a subscription's id all that repeats is one subscription of this customer.
  const customer = payment.customerId?.trim() || null;
  const order = subscription ?? (kind !== null || repeats.has(type ?? '') ? customer : null);
  if (kind !== null) return { ...ofKind(kind, payment, type), order: order ?? payment.id };
  if (payment.amount === 0 && subscription === null && declared === undefined) {
    // No metadata marks a trial: most likely a payment method was saved or replaced.
    return { kind: 'other_charge', otherCharge: 'payment_method_change', order: order ?? payment.id };
  }
  if (order === null) return oneOff(payment);
  const iteration = said('subs_iteration');
  if (isStart(iteration, type)) return { ...startOf(payment, declared), order };
  if (type === 'UNSCHEDULED' && iteration === undefined) return { kind: 'other_charge', otherCharge: 'other_charge', order };
  return { kind: 'renewal', order };
}

/** https://primer.io/docs/get-started/recurring-payments */
const repeats: ReadonlySet<string> = new Set(['FIRST_PAYMENT', 'SUBSCRIPTION']);

const kinds: readonly PaymentKind[] = ['trial_start', 'conversion', 'renewal', 'one_off'];

function kindOf(text: string | undefined): PaymentKind | null {
  const name = text?.toLowerCase().replace(/[\s-]+/g, '_');
  return kinds.find((kind) => kind === name) ?? null;
}

function ofKind(kind: PaymentKind, payment: Payment, type: string | null): Omit<Classification, 'order'> {
  const initial = kind === 'trial_start' || type === 'FIRST_PAYMENT' ? { initial: true } : {};
  return kind === 'trial_start' ? { kind, ...initial, inferredType: trialTypeOf(payment) } : { kind, ...initial };
}

/** Some count from 0, some from 1: then the second period of those who count from 0 is what the merchant initiated. */
function isStart(iteration: string | undefined, type: string | null): boolean {
  if (iteration !== undefined && /^\d+$/.test(iteration)) {
    return Number(iteration) === 0 || (Number(iteration) === 1 && type !== 'SUBSCRIPTION');
  }
  return type !== 'SUBSCRIPTION' && type !== 'UNSCHEDULED';
}

function startOf(payment: Payment, declared: PurchaseType | undefined): Omit<Classification, 'order'> {
  const isFree = payment.amount === 0 && (declared === undefined || declared === 'free_trial');
  if (isFree || (declared === 'paid_trial' && payment.amount > 0)) {
    return { kind: 'trial_start', initial: true, inferredType: trialTypeOf(payment) };
  }
  return { kind: 'conversion', initial: true, inferredType: 'subscription' };
}

function trialTypeOf({ amount }: Payment): PurchaseType {
  return amount > 0 ? 'paid_trial' : 'free_trial';
}

function oneOff({ id }: Payment): Classification {
  return { kind: 'one_off', inferredType: 'lifetime', order: id };
}
