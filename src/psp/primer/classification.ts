/**
 * Classifies a payment. Primer has no subscriptions: the merchant's metadata decides (docs/providers/primer.md), otherwise Primer's
 * payment type, which separates first payments from those that the merchant initiates.
 */
import type { PaymentFact, PaymentKind, PurchaseType } from '../../domain/fact';
import { isPlaceholder } from '../../domain/text';
import { metadataText } from '../metadata';
import type { Payment } from './schema';

/** The kind of a payment and the order it belongs to. */
export interface Classification extends Pick<
  PaymentFact,
  'kind' | 'inferredType' | 'otherCharge' | 'occasion' | 'mayBeStart' | 'trial' | 'awaits' | 'paidPeriod'
> {
  /** The order: the subscription, or a one-off's own payment. */
  readonly order: string;
}

export function classify(payment: Payment, declared: PurchaseType | undefined): Classification {
  const said = (key: string): string | undefined => metadataText([payment.metadata], key);
  const subscription = orderId(said('subscription_id')) ?? orderId(said('subs_id'));
  const kind = kindOf(said('kind'));
  if (kind === 'one_off' || (declared === 'lifetime' && subscription === null)) return oneOff(payment);
  const type = payment.paymentMethod?.paymentType ?? null;
  // Without a subscription's id all that repeats is one subscription of this customer.
  const customer = orderId(payment.customerId?.trim());
  const order = subscription ?? (kind !== null || repeats.has(type ?? '') ? customer : null);
  if (kind !== null) return { ...ofKind(kind, payment, type), order: order ?? payment.id };
  const isByMerchant = type === 'SUBSCRIPTION';
  if (payment.amount === 0 && !isByMerchant && (declared === undefined ? subscription === null : declared === 'paid_trial')) {
    // Nothing marks a free trial: a payment method was saved or replaced. A period that a discount paid is charged by the merchant.
    return { kind: 'other_charge', otherCharge: 'payment_method_change', order: order ?? payment.id };
  }
  if (order === null) return oneOff(payment);
  const iteration = said('subs_iteration');
  if (isStart(iteration, type)) {
    const isSecond = iteration === '1' && !byBuyer.has(type ?? '');
    return { ...startOf(payment, { declared, isSecond }), order };
  }
  if (type === 'UNSCHEDULED' && iteration === undefined) return { kind: 'other_charge', otherCharge: 'other_charge', order };
  return { kind: 'renewal', order };
}

/** A placeholder would make one order of all buyers. What is longer than any is refused elsewhere, as what can't be stored. */
function orderId(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  return text.length <= longestPlaceholder && isPlaceholder(text) ? null : text;
}

const longestPlaceholder = 1_000;

/** https://primer.io/docs/get-started/recurring-payments */
const repeats: ReadonlySet<string> = new Set(['FIRST_PAYMENT', 'SUBSCRIPTION']);

/** The buyer is there and pays: no second period of who counts from 0. */
const byBuyer: ReadonlySet<string> = new Set(['FIRST_PAYMENT', 'ECOMMERCE']);

const kinds: readonly PaymentKind[] = ['trial_start', 'conversion', 'renewal', 'one_off'];

function kindOf(text: string | undefined): PaymentKind | null {
  const name = text?.toLowerCase().replace(/[\s-]+/g, '_');
  return kinds.find((kind) => kind === name) ?? null;
}

function ofKind(kind: PaymentKind, payment: Payment, type: string | null): Omit<Classification, 'order'> {
  const isStart = kind === 'trial_start' || type === 'FIRST_PAYMENT';
  const occasion = isStart ? ({ occasion: 'start' } as const) : {};
  return kind === 'trial_start' ? { kind, ...occasion, trial: true, inferredType: trialTypeOf(payment) } : { kind, ...occasion };
}

/** Some count from 0, some from 1. Of those who count from 0 the payment before it is the start, if it is known. */
function isStart(iteration: string | undefined, type: string | null): boolean {
  if (iteration !== undefined && /^\d+$/.test(iteration)) return Number(iteration) <= 1;
  return type !== 'SUBSCRIPTION' && type !== 'UNSCHEDULED';
}

interface Start {
  readonly declared: PurchaseType | undefined;
  /** It may be the second period of a merchant who counts from 0. */
  readonly isSecond: boolean;
}

function startOf(payment: Payment, { declared, isSecond }: Start): Omit<Classification, 'order'> {
  const isFree = payment.amount === 0 && (declared === undefined || (declared === 'free_trial' && !isSecond));
  if (isFree || (declared === 'paid_trial' && payment.amount > 0 && !isSecond)) {
    // A card is replaced by a payment of nothing, too: only the payments before it tell the two apart.
    const awaits = isFree && declared === undefined ? ({ awaits: ['trial'] } as const) : {};
    return { kind: 'trial_start', occasion: 'start', trial: true, inferredType: trialTypeOf(payment), ...awaits };
  }
  if (!isSecond) return { kind: 'conversion', occasion: 'start', inferredType: 'subscription' };
  // Only the payments before it tell whose count it is. A paid trial's start would be reported as another phase, so it waits for them.
  const awaits = declared === 'paid_trial' ? ({ awaits: ['trial'] } as const) : {};
  return { kind: 'conversion', mayBeStart: true, inferredType: 'subscription', ...awaits };
}

function trialTypeOf({ amount }: Payment): PurchaseType {
  return amount > 0 ? 'paid_trial' : 'free_trial';
}

function oneOff({ id }: Payment): Classification {
  return { kind: 'one_off', inferredType: 'lifetime', order: id };
}
