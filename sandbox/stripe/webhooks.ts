/**
 * Stripe's end for demo and tests: whole lives of a subscription as the events that Stripe sends, in their natural order and with
 * the noise between them. Shapes follow API 2025-07-30.basil, or 2024-12-18.acacia. Everything is derived from what is passed in.
 */
import { createHmac } from 'node:crypto';
import type { Phase, PurchaseType } from '../../src/domain/fact';

export interface StripeLife {
  readonly type: PurchaseType;
  /** Merchant's user id, in the metadata of the subscription (or the session). */
  readonly userId?: string;
  readonly checkoutId?: string;
  /** More of our metadata keys: `ttclid`, `ip`, … */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly customerId: string;
  /** `sub_…`; for a one-off what its ids are derived from. */
  readonly subscriptionId: string;
  readonly startMs: number;
  readonly email?: string;
  /** ISO 4217, upper or lower case. */
  readonly currency?: string;
  /** Of a full period or the one-off, in Stripe's unit. */
  readonly amountMinor?: number;
  /** Of a paid trial. */
  readonly trialAmountMinor?: number;
  /** How many renewals follow the conversion; 1 unless said. */
  readonly renewals?: number;
  readonly priceId?: string;
  readonly livemode?: boolean;
  readonly version?: StripeVersion;
}

export type StripeVersion = 'basil' | 'acacia';

/** An event, and the phase of the payment that it tells: `state` for all that is no payment, or tells one again. */
export interface LifeEvent {
  readonly phase: Phase | 'state';
  readonly event: StripeEventBody;
}

export interface StripeEventBody {
  readonly id: string;
  readonly object: 'event';
  readonly api_version: string;
  readonly created: number;
  readonly livemode: boolean;
  readonly pending_webhooks: number;
  readonly request: { readonly id: null; readonly idempotency_key: null };
  readonly type: string;
  readonly data: { readonly object: Fields; readonly previous_attributes?: Fields };
}

type Fields = Readonly<Record<string, unknown>>;

const daySeconds = 86_400;
const trialSeconds = 7 * daySeconds;
const periodSeconds = 30 * daySeconds;
/** Stripe drafts a renewal's invoice and charges it about an hour later. */
const draftSeconds = 3_600;

/** The life of one purchase of this type. A paid trial is a fee beside a free trial. */
export function stripeLife(life: StripeLife): readonly LifeEvent[] {
  return numbered(life, life.type === 'lifetime' ? oneOffLife(life) : subscriptionLife(life));
}

/** The `Stripe-Signature` header for a body. */
export function signStripe(raw: string | Buffer, secret: string, atSeconds: number): string {
  const mac = createHmac('sha256', secret).update(`${atSeconds}.`).update(raw).digest('hex');
  return `t=${atSeconds},v1=${mac}`;
}

/** One event around an object, for tests that need just that. */
export function stripeEvent(
  type: string,
  object: Fields,
  more: {
    readonly id?: string;
    readonly created: number;
    readonly apiVersion?: string;
    readonly livemode?: boolean;
    readonly previous?: Fields;
  },
): StripeEventBody {
  return {
    id: more.id ?? `evt_${type.replaceAll('.', '_')}_${more.created}`,
    object: 'event',
    api_version: more.apiVersion ?? apiVersions.basil,
    created: more.created,
    livemode: more.livemode ?? false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    data: more.previous === undefined ? { object } : { object, previous_attributes: more.previous },
  };
}

export const apiVersions: Readonly<Record<StripeVersion, string>> = { basil: '2025-07-30.basil', acacia: '2024-12-18.acacia' };

interface Told {
  readonly phase: Phase | 'state';
  readonly type: string;
  readonly at: number;
  readonly object: Fields;
  readonly previous?: Fields;
}

function numbered(life: StripeLife, told: readonly Told[]): readonly LifeEvent[] {
  return told.map(({ phase, type, at, object, previous }, index) => ({
    phase,
    event: stripeEvent(type, object, {
      id: `evt_${bare(life)}_${index + 1}`,
      created: at,
      apiVersion: apiVersions[life.version ?? 'basil'],
      livemode: life.livemode ?? false,
      ...(previous === undefined ? {} : { previous }),
    }),
  }));
}

function subscriptionLife(life: StripeLife): readonly Told[] {
  const start = Math.floor(life.startMs / 1000);
  const isTrial = life.type !== 'subscription';
  const firstPeriod = isTrial ? start + trialSeconds : start;
  const renewals = Array.from({ length: life.renewals ?? 1 }, (_, index) => firstPeriod + (index + 1) * periodSeconds);
  const first = { index: 0, reason: 'subscription_create', paidAt: start, periodStart: start, isTrial };
  const later = (index: number, periodStart: number): Bill => ({
    index,
    reason: 'subscription_cycle',
    paidAt: periodStart + draftSeconds,
    periodStart,
    isTrial: false,
  });
  return [
    {
      phase: 'state',
      type: 'customer.subscription.created',
      at: start,
      object: stripeSubscription(life, isTrial ? 'trialing' : 'active'),
    },
    ...paymentTold(life, first, isTrial ? 'trial_start' : 'conversion'),
    { phase: 'state', type: 'checkout.session.completed', at: start + 4, object: stripeSession(life) },
    ...(isTrial
      ? [
          {
            phase: 'state' as const,
            type: 'customer.subscription.updated',
            at: firstPeriod + 30,
            object: stripeSubscription(life, 'active'),
            previous: { status: 'trialing' },
          },
          ...paymentTold(life, later(1, firstPeriod), 'conversion'),
        ]
      : []),
    ...renewals.flatMap((periodStart, index) => paymentTold(life, later(index + (isTrial ? 2 : 1), periodStart), 'renewal')),
  ];
}

/** One invoice, as the events that Stripe sends of it. */
function paymentTold(life: StripeLife, bill: Bill, phase: Phase): readonly Told[] {
  const invoice = stripeInvoice(life, bill);
  const { paidAt: at } = bill;
  const isPaid = invoice.amount_paid > 0;
  const paymentIntent = stripePaymentIntent(life, {
    id: intentId(life, bill.index),
    amount: invoice.amount_paid,
    at,
    invoice: invoice.id,
    description: bill.index === 0 ? 'Subscription creation' : 'Subscription update',
  });
  return [
    { phase: 'state', type: 'invoice.created', at, object: { ...invoice, status: 'draft', amount_paid: 0 } },
    ...(isPaid ? [{ phase: 'state' as const, type: 'payment_intent.succeeded', at: at + 1, object: paymentIntent }] : []),
    { phase, type: 'invoice.paid', at: at + 2, object: invoice },
    { phase: 'state', type: 'invoice.payment_succeeded', at: at + 2, object: invoice },
    ...(isPaid && life.version !== 'acacia'
      ? [
          {
            phase: 'state' as const,
            type: 'invoice_payment.paid',
            at: at + 3,
            object: stripeInvoicePayment(life, bill.index, invoice),
          },
        ]
      : []),
  ];
}

function oneOffLife(life: StripeLife): readonly Told[] {
  const at = Math.floor(life.startMs / 1000);
  const amount = life.amountMinor ?? defaultAmount;
  const intent = stripePaymentIntent(life, { id: intentId(life, 0), amount, at, invoice: null, description: null });
  return [
    {
      phase: 'state',
      type: 'payment_intent.created',
      at,
      object: { ...intent, amount_received: 0, status: 'requires_payment_method' },
    },
    { phase: 'state', type: 'charge.succeeded', at: at + 1, object: stripeCharge(life) },
    { phase: 'state', type: 'payment_intent.succeeded', at: at + 1, object: intent },
    { phase: 'conversion', type: 'checkout.session.completed', at: at + 2, object: stripeSession(life) },
  ];
}

const defaultAmount = 1999;
const defaultTrialAmount = 100;

/** The ids that `stripeLife` derives: the n-th invoice of a subscription, its PaymentIntent, a one-off's session. */
export function invoiceId(life: Pick<StripeLife, 'subscriptionId'>, index: number): string {
  return `in_${bare(life)}_${index}`;
}

export function intentId(life: Pick<StripeLife, 'subscriptionId'>, index: number): string {
  return `pi_${bare(life)}_${index}`;
}

export function sessionId(life: Pick<StripeLife, 'subscriptionId'>): string {
  return `cs_test_${bare(life)}`;
}

function bare({ subscriptionId }: Pick<StripeLife, 'subscriptionId'>): string {
  return subscriptionId.replace(/^sub_/, '');
}

export interface Bill {
  /** Which invoice of the subscription, from 0. */
  readonly index: number;
  readonly reason: string;
  /** Unix seconds, as are all times here. */
  readonly paidAt: number;
  readonly periodStart: number;
  readonly isTrial: boolean;
  readonly amount?: number;
}

export interface InvoiceBody extends Fields {
  readonly id: string;
  readonly amount_paid: number;
}

/** A paid invoice. In a free trial one zero line; in a paid trial also a fee. */
export function stripeInvoice(life: StripeLife, bill: Bill): InvoiceBody {
  const { version = 'basil', subscriptionId } = life;
  const id = invoiceId(life, bill.index);
  const full = bill.amount ?? life.amountMinor ?? defaultAmount;
  const fee = bill.isTrial && life.type === 'paid_trial' ? (life.trialAmountMinor ?? defaultTrialAmount) : 0;
  const amount = bill.isTrial ? fee : full;
  const periodEnd = bill.periodStart + (bill.isTrial ? trialSeconds : periodSeconds);
  const period = { start: bill.periodStart, end: periodEnd };
  const lines = [
    line(life, { id: `il_${bare(life)}_${bill.index}`, amount: bill.isTrial ? 0 : full, full, period, isTrial: bill.isTrial }),
    ...(fee > 0 ? [feeLine(life, { id: `il_${bare(life)}_${bill.index}_fee`, amount: fee, at: bill.paidAt })] : []),
  ];
  return {
    id,
    object: 'invoice',
    amount_due: amount,
    amount_paid: amount,
    amount_remaining: 0,
    attempt_count: amount > 0 ? 1 : 0,
    attempted: true,
    billing_reason: bill.reason,
    collection_method: 'charge_automatically',
    created: bill.periodStart,
    currency: currencyOf(life),
    customer: life.customerId,
    customer_email: life.email ?? null,
    customer_phone: null,
    ending_balance: 0,
    lines: { object: 'list', data: lines, has_more: false, total_count: lines.length, url: `/v1/invoices/${id}/lines` },
    livemode: life.livemode ?? false,
    metadata: {},
    starting_balance: 0,
    status: 'paid',
    status_transitions: { finalized_at: bill.paidAt, marked_uncollectible_at: null, paid_at: bill.paidAt, voided_at: null },
    subtotal: amount,
    total: amount,
    total_excluding_tax: amount,
    ...(version === 'basil'
      ? {
          parent: {
            quote_details: null,
            subscription_details: { metadata: metadataOf(life), subscription: subscriptionId },
            type: 'subscription_details',
          },
        }
      : {
          charge: amount > 0 ? `ch_${bare(life)}_${bill.index}` : null,
          paid: true,
          payment_intent: amount > 0 ? intentId(life, bill.index) : null,
          subscription: subscriptionId,
          subscription_details: { metadata: metadataOf(life) },
        }),
  };
}

function line(
  life: StripeLife,
  {
    id,
    amount,
    full,
    period,
    isTrial,
  }: { id: string; amount: number; full: number; period: { start: number; end: number }; isTrial: boolean },
): Fields {
  const common = {
    id,
    object: 'line_item',
    amount,
    currency: currencyOf(life),
    description: isTrial ? 'Trial period for Premium' : `1 × Premium (at ${full} / month)`,
    discount_amounts: [],
    livemode: life.livemode ?? false,
    metadata: {},
    period,
    quantity: 1,
  };
  if (life.version === 'acacia') {
    const price = { id: priceOf(life), object: 'price', unit_amount: full, unit_amount_decimal: String(full), type: 'recurring' };
    return {
      ...common,
      price,
      plan: { id: priceOf(life), object: 'plan', amount: full },
      proration: false,
      subscription: life.subscriptionId,
      type: 'subscription',
    };
  }
  return {
    ...common,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: { credited_items: null },
        subscription: life.subscriptionId,
        subscription_item: `si_${bare(life)}`,
      },
      type: 'subscription_item_details',
    },
    pricing: {
      price_details: { price: priceOf(life), product: 'prod_premium' },
      type: 'price_details',
      unit_amount_decimal: String(amount),
    },
  };
}

function feeLine(life: StripeLife, { id, amount, at }: { id: string; amount: number; at: number }): Fields {
  const common = {
    id,
    object: 'line_item',
    amount,
    currency: currencyOf(life),
    description: 'Trial fee',
    discount_amounts: [],
    livemode: life.livemode ?? false,
    metadata: {},
    period: { start: at, end: at },
    quantity: 1,
  };
  const price = `${priceOf(life)}_fee`;
  if (life.version === 'acacia') {
    return {
      ...common,
      price: { id: price, object: 'price', unit_amount: amount, type: 'one_time' },
      plan: null,
      proration: false,
      subscription: life.subscriptionId,
      type: 'invoiceitem',
    };
  }
  return {
    ...common,
    parent: {
      invoice_item_details: {
        invoice_item: `ii_${bare(life)}`,
        proration: false,
        proration_details: null,
        subscription: life.subscriptionId,
      },
      subscription_item_details: null,
      type: 'invoice_item_details',
    },
    pricing: { price_details: { price, product: 'prod_fee' }, type: 'price_details', unit_amount_decimal: String(amount) },
  };
}

/** As it is at the start (`trialing` or `active`), or once the trial is over. */
export function stripeSubscription(life: StripeLife, status: string): Fields {
  const start = Math.floor(life.startMs / 1000);
  const isTrial = life.type !== 'subscription';
  const trialEnd = start + trialSeconds;
  const isOver = isTrial && status !== 'trialing';
  const period = {
    current_period_start: isOver ? trialEnd : start,
    current_period_end: isTrial && !isOver ? trialEnd : (isOver ? trialEnd : start) + periodSeconds,
  };
  const full = life.amountMinor ?? defaultAmount;
  const item = {
    id: `si_${bare(life)}`,
    object: 'subscription_item',
    created: start,
    metadata: {},
    price: { id: priceOf(life), object: 'price', unit_amount: full, unit_amount_decimal: String(full), type: 'recurring' },
    quantity: 1,
    subscription: life.subscriptionId,
  };
  const isBasil = life.version !== 'acacia';
  return {
    id: life.subscriptionId,
    object: 'subscription',
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    created: start,
    currency: currencyOf(life),
    customer: life.customerId,
    ended_at: null,
    items: { object: 'list', data: [isBasil ? { ...item, ...period } : item], has_more: false, total_count: 1 },
    latest_invoice: invoiceId(life, isOver ? 1 : 0),
    livemode: life.livemode ?? false,
    metadata: metadataOf(life),
    pause_collection: null,
    start_date: start,
    status,
    trial_end: isTrial ? trialEnd : null,
    trial_start: isTrial ? start : null,
    ...(isBasil ? {} : period),
  };
}

/** The completed Checkout Session. Its own metadata is filled for one-offs only: for subscriptions it sits on the subscription. */
export function stripeSession(life: StripeLife): Fields {
  const isOneOff = life.type === 'lifetime';
  const full = life.amountMinor ?? defaultAmount;
  const trialAmount = life.type === 'paid_trial' ? (life.trialAmountMinor ?? defaultTrialAmount) : 0;
  const total = life.type === 'subscription' || isOneOff ? full : trialAmount;
  return {
    id: sessionId(life),
    object: 'checkout.session',
    amount_subtotal: total,
    amount_total: total,
    client_reference_id: null,
    created: Math.floor(life.startMs / 1000) - 60,
    currency: currencyOf(life),
    customer: life.customerId,
    customer_details: { email: life.email ?? null, phone: null },
    customer_email: null,
    invoice: isOneOff ? null : invoiceId(life, 0),
    livemode: life.livemode ?? false,
    metadata: isOneOff ? metadataOf(life) : {},
    mode: isOneOff ? 'payment' : 'subscription',
    payment_intent: isOneOff ? intentId(life, 0) : null,
    payment_status: total > 0 ? 'paid' : 'no_payment_required',
    status: 'complete',
    subscription: isOneOff ? null : life.subscriptionId,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  };
}

/** A succeeded PaymentIntent, of an invoice or of a one-off. */
export function stripePaymentIntent(
  life: StripeLife,
  {
    id,
    amount,
    at,
    invoice,
    description,
  }: { id: string; amount: number; at: number; invoice: string | null; description: string | null },
): Fields {
  return {
    id,
    object: 'payment_intent',
    amount,
    amount_received: amount,
    created: at,
    currency: currencyOf(life),
    customer: life.customerId,
    description,
    latest_charge: id.replace(/^pi_/, 'ch_'),
    livemode: life.livemode ?? false,
    metadata: {},
    receipt_email: null,
    status: 'succeeded',
    ...(life.version === 'acacia' ? { invoice } : {}),
  };
}

function stripeInvoicePayment(life: StripeLife, index: number, invoice: InvoiceBody): Fields {
  return {
    id: `inpay_${bare(life)}_${index}`,
    object: 'invoice_payment',
    amount_paid: invoice.amount_paid,
    currency: currencyOf(life),
    invoice: invoice.id,
    is_default: true,
    livemode: life.livemode ?? false,
    payment: { payment_intent: intentId(life, index), type: 'payment_intent' },
    status: 'paid',
  };
}

/** The charge of a one-off; with `refunded` what went back of it so far. */
export function stripeCharge(life: StripeLife, refunded = 0): Fields {
  const amount = life.amountMinor ?? defaultAmount;
  return {
    id: `ch_${bare(life)}_0`,
    object: 'charge',
    amount,
    amount_captured: amount,
    amount_refunded: refunded,
    currency: currencyOf(life),
    customer: life.customerId,
    livemode: life.livemode ?? false,
    metadata: {},
    payment_intent: intentId(life, 0),
    refunded: refunded >= amount,
    status: 'succeeded',
    ...(life.version === 'acacia' ? { invoice: null } : {}),
  };
}

function metadataOf(life: StripeLife): Readonly<Record<string, string>> {
  return {
    ...(life.userId === undefined ? {} : { user_id: life.userId }),
    ...(life.checkoutId === undefined ? {} : { checkout_id: life.checkoutId }),
    ...life.metadata,
  };
}

function currencyOf({ currency = 'usd' }: StripeLife): string {
  return currency.toLowerCase();
}

function priceOf({ priceId = 'price_premium' }: StripeLife): string {
  return priceId;
}
