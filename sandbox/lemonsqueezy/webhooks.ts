/**
 * Lemon Squeezy's end for demo and tests: whole lives of a purchase as the events that Lemon Squeezy sends, in their natural order.
 * Everything is derived from what is passed in. https://docs.lemonsqueezy.com/help/webhooks/event-types
 */
import { createHmac } from 'node:crypto';
import type { Phase, PurchaseType } from '../../src/domain/fact';

export interface LemonSqueezyLife {
  readonly type: PurchaseType;
  /** Merchant's user id, in `meta.custom_data`. */
  readonly userId?: string;
  readonly checkoutId?: string;
  /** More of our metadata keys: `ttclid`, `ip`, … */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly customerId: string;
  /** A number as text; orders' and invoices' numbers are derived from it. */
  readonly subscriptionId: string;
  readonly startMs: number;
  readonly email?: string;
  readonly currency?: string;
  /** Of a full period or the one-off, in cents. */
  readonly amountMinor?: number;
  /** The setup fee of a paid trial. */
  readonly trialAmountMinor?: number;
  /** How many renewals follow the conversion; 1 unless said. */
  readonly renewals?: number;
  readonly variantId?: string;
  /** Whether a free trial makes an invoice of nothing. */
  readonly hasTrialInvoice?: boolean;
  readonly isTestMode?: boolean;
}

/** An event, and the phase of the payment that it tells: `state` for all that is no payment, or tells one again. */
export interface LemonSqueezyLifeEvent {
  readonly phase: Phase | 'state';
  readonly event: LemonSqueezyEventBody;
  readonly headers: { readonly 'x-event-name': string };
}

type Fields = Readonly<Record<string, unknown>>;

export interface LemonSqueezyEventBody {
  readonly meta: { readonly event_name: string; readonly test_mode: boolean; readonly custom_data?: Fields };
  readonly data: { readonly type: string; readonly id: string; readonly attributes: Fields };
}

const dayMs = 86_400_000;
const trialMs = 7 * dayMs;
const periodMs = 30 * dayMs;

/**
 * The life of one purchase of this type. What Lemon Squeezy does not say the merchant's custom data does: of a one-off and of a
 * paid trial `purchase_type` is passed.
 */
export function lemonsqueezyLife(life: LemonSqueezyLife): readonly LemonSqueezyLifeEvent[] {
  return life.type === 'lifetime' ? oneOffLife(life) : subscriptionLife(life);
}

/** The headers of a delivery, but for the event's name. */
export function signLemonsqueezy(raw: string | Buffer, secret: string): { readonly 'x-signature': string } {
  return { 'x-signature': createHmac('sha256', secret).update(raw).digest('hex') };
}

/** One event around an object, for tests that need just that. */
export function lemonsqueezyEvent(
  life: LemonSqueezyLife,
  name: string,
  data: LemonSqueezyEventBody['data'],
  customData: Fields = customDataOf(life),
): LemonSqueezyEventBody {
  const hasCustomData = Object.keys(customData).length > 0;
  return {
    meta: { event_name: name, test_mode: life.isTestMode ?? false, ...(hasCustomData ? { custom_data: customData } : {}) },
    data,
  };
}

function oneOffLife(life: LemonSqueezyLife): readonly LemonSqueezyLifeEvent[] {
  return [tell(life, 'conversion', 'order_created', lemonsqueezyOrder(life))];
}

function subscriptionLife(life: LemonSqueezyLife): readonly LemonSqueezyLifeEvent[] {
  const { startMs, type, renewals = 1 } = life;
  const isTrial = type !== 'subscription';
  const isFree = type === 'free_trial';
  const firstMs = isTrial ? startMs + trialMs : startMs;
  const begun = lemonsqueezySubscription(life, { status: isTrial ? 'on_trial' : 'active', atMs: startMs });
  const first = lemonsqueezyInvoice(life, { index: 0, reason: 'initial', atMs: startMs, isTrial });
  const firstPhase = isTrial ? 'trial_start' : 'conversion';
  return [
    tell(life, 'state', 'order_created', lemonsqueezyOrder(life)),
    tell(life, isFree ? 'trial_start' : 'state', 'subscription_created', begun),
    tell(life, 'state', 'subscription_updated', begun),
    ...(!isFree ? [tell(life, firstPhase, 'subscription_payment_success', first)] : []),
    ...(isFree && life.hasTrialInvoice ? [tell(life, 'state', 'subscription_payment_success', first)] : []),
    ...(isTrial ? renewalTold(life, 1, firstMs, 'conversion') : []),
    ...Array.from({ length: renewals }, (_, index) => index + 1).flatMap((nth) =>
      renewalTold(life, nth + (isTrial ? 1 : 0), firstMs + nth * periodMs, 'renewal'),
    ),
  ];
}

function renewalTold(life: LemonSqueezyLife, index: number, atMs: number, phase: Phase): readonly LemonSqueezyLifeEvent[] {
  return [
    tell(
      life,
      phase,
      'subscription_payment_success',
      lemonsqueezyInvoice(life, { index, reason: 'renewal', atMs, isTrial: false }),
    ),
    tell(life, 'state', 'subscription_updated', lemonsqueezySubscription(life, { status: 'active', atMs })),
  ];
}

function tell(
  life: LemonSqueezyLife,
  phase: Phase | 'state',
  name: string,
  data: LemonSqueezyEventBody['data'],
): LemonSqueezyLifeEvent {
  return { phase, event: lemonsqueezyEvent(life, name, data), headers: { 'x-event-name': name } };
}

const defaultAmount = 1999;
const defaultTrialAmount = 100;

/** The numbers that `lemonsqueezyLife` derives: the order, and the n-th invoice. */
export function orderId({ subscriptionId }: Pick<LemonSqueezyLife, 'subscriptionId'>): string {
  return `${subscriptionId}0`;
}

export function invoiceId({ subscriptionId }: Pick<LemonSqueezyLife, 'subscriptionId'>, index: number): string {
  return `${subscriptionId}${String(index + 1).padStart(3, '0')}`;
}

export function lemonsqueezyOrder(life: LemonSqueezyLife): LemonSqueezyEventBody['data'] {
  const { type, amountMinor = defaultAmount, trialAmountMinor = defaultTrialAmount } = life;
  const total = type === 'free_trial' ? 0 : type === 'paid_trial' ? trialAmountMinor : amountMinor;
  const at = iso(life.startMs);
  return {
    type: 'orders',
    id: orderId(life),
    attributes: {
      store_id: 1,
      customer_id: Number(life.customerId),
      order_number: 1,
      user_email: emailOf(life),
      currency: life.currency ?? 'USD',
      currency_rate: '1.00000000',
      ...sums(total),
      status: 'paid',
      refunded: false,
      refunded_at: null,
      refunded_amount: 0,
      first_order_item: { order_id: Number(orderId(life)), product_id: 1, variant_id: variantOf(life), price_id: 1, quantity: 1 },
      created_at: at,
      updated_at: at,
      test_mode: life.isTestMode ?? false,
    },
  };
}

export interface LemonSqueezyBill {
  /** Which invoice of the subscription, from 0. */
  readonly index: number;
  readonly reason: string;
  readonly atMs: number;
  readonly isTrial: boolean;
}

export function lemonsqueezyInvoice(
  life: LemonSqueezyLife,
  { index, reason, atMs, isTrial }: LemonSqueezyBill,
): LemonSqueezyEventBody['data'] {
  const fee = life.type === 'paid_trial' ? (life.trialAmountMinor ?? defaultTrialAmount) : 0;
  return {
    type: 'subscription-invoices',
    id: invoiceId(life, index),
    attributes: {
      store_id: 1,
      subscription_id: Number(life.subscriptionId),
      customer_id: Number(life.customerId),
      user_email: emailOf(life),
      billing_reason: reason,
      currency: life.currency ?? 'USD',
      currency_rate: '1.00000000',
      status: 'paid',
      refunded: false,
      refunded_at: null,
      refunded_amount: 0,
      ...sums(isTrial ? fee : (life.amountMinor ?? defaultAmount)),
      created_at: iso(atMs),
      updated_at: iso(atMs + 2000),
      test_mode: life.isTestMode ?? false,
    },
  };
}

/** As it is at a time. */
export function lemonsqueezySubscription(
  life: LemonSqueezyLife,
  { status, atMs, endsAtMs }: { readonly status: string; readonly atMs: number; readonly endsAtMs?: number },
): LemonSqueezyEventBody['data'] {
  return {
    type: 'subscriptions',
    id: life.subscriptionId,
    attributes: {
      store_id: 1,
      customer_id: Number(life.customerId),
      order_id: Number(orderId(life)),
      order_item_id: 1,
      product_id: 1,
      variant_id: variantOf(life),
      user_email: emailOf(life),
      status,
      pause: null,
      cancelled: status === 'cancelled',
      trial_ends_at: status === 'on_trial' ? iso(life.startMs + trialMs) : null,
      first_subscription_item: { id: 1, subscription_id: Number(life.subscriptionId), price_id: 1, quantity: 1 },
      renews_at: iso(atMs + (status === 'on_trial' ? trialMs : periodMs)),
      ends_at: endsAtMs === undefined ? null : iso(endsAtMs),
      created_at: iso(life.startMs),
      updated_at: iso(atMs + 1000),
      test_mode: life.isTestMode ?? false,
    },
  };
}

function sums(total: number): Readonly<Record<'subtotal' | 'discount_total' | 'tax' | 'total', number>> {
  return { subtotal: total, discount_total: 0, tax: 0, total };
}

function variantOf({ variantId = '1' }: LemonSqueezyLife): number {
  return Number(variantId);
}

function emailOf({ email, customerId }: LemonSqueezyLife): string {
  return email ?? `customer${customerId}@example.com`;
}

function customDataOf(life: LemonSqueezyLife): Fields {
  const isUntold = life.type === 'lifetime' || life.type === 'paid_trial';
  return {
    ...(life.userId === undefined ? {} : { user_id: life.userId }),
    ...(life.checkoutId === undefined ? {} : { checkout_id: life.checkoutId }),
    ...(isUntold ? { purchase_type: life.type } : {}),
    ...life.metadata,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
