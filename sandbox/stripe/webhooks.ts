/**
 * Stripe's webhooks for demo and tests: everything it sends for a sale, ordered by time, including events without a payment. Shapes
 * follow API 2025-07-30.basil, or 2024-12-18.acacia.
 */
import { createHmac } from 'node:crypto';
import type { Phase } from '../../src/domain/fact';
import { defaultAmountMinor, defaultTrialAmountMinor, merchantMetadata } from '../sale-scenario';
import type { SaleScenario, ScenarioEvent } from '../sale-scenario';

/** `subscriptionId` is a `sub_…`. */
export interface StripeScenario extends SaleScenario {
  readonly priceId?: string;
  readonly livemode?: boolean;
  readonly version?: StripeVersion;
}

export type StripeVersion = 'basil' | 'acacia';

export type StripeScenarioEvent = ScenarioEvent<StripeEventBody>;

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

/** The webhooks of one sale, ordered by time. A paid trial is a fee beside a free trial. */
export function stripeEventsOf(scenario: StripeScenario): readonly StripeScenarioEvent[] {
  return numbered(scenario, scenario.type === 'lifetime' ? oneOffEvents(scenario) : subscriptionEvents(scenario));
}

/** The `Stripe-Signature` header for a body. */
export function signStripe(raw: string | Buffer, secret: string, atSeconds: number): string {
  const mac = createHmac('sha256', secret).update(`${atSeconds}.`).update(raw).digest('hex');
  return `t=${atSeconds},v1=${mac}`;
}

/** One event around an object, for tests that need a single event. */
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

interface Draft {
  readonly phase: Phase | 'state';
  readonly type: string;
  readonly at: number;
  readonly object: Fields;
  readonly previous?: Fields;
}

function numbered(scenario: StripeScenario, drafts: readonly Draft[]): readonly StripeScenarioEvent[] {
  return drafts.map(({ phase, type, at, object, previous }, index) => ({
    phase,
    event: stripeEvent(type, object, {
      id: `evt_${bare(scenario)}_${index + 1}`,
      created: at,
      apiVersion: apiVersions[scenario.version ?? 'basil'],
      livemode: scenario.livemode ?? false,
      ...(previous === undefined ? {} : { previous }),
    }),
  }));
}

function subscriptionEvents(scenario: StripeScenario): readonly Draft[] {
  const start = Math.floor(scenario.startMs / 1000);
  const isTrial = scenario.type !== 'subscription';
  const firstPeriod = isTrial ? start + trialSeconds : start;
  const renewals = Array.from({ length: scenario.renewals ?? 1 }, (_, index) => firstPeriod + (index + 1) * periodSeconds);
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
      object: stripeSubscription(scenario, isTrial ? 'trialing' : 'active'),
    },
    ...paymentEvents(scenario, first, isTrial ? 'trial_start' : 'conversion'),
    { phase: 'state', type: 'checkout.session.completed', at: start + 4, object: stripeSession(scenario) },
    ...(isTrial
      ? [
          {
            phase: 'state' as const,
            type: 'customer.subscription.updated',
            at: firstPeriod + 30,
            object: stripeSubscription(scenario, 'active'),
            previous: { status: 'trialing' },
          },
          ...paymentEvents(scenario, later(1, firstPeriod), 'conversion'),
        ]
      : []),
    ...renewals.flatMap((periodStart, index) =>
      paymentEvents(scenario, later(index + (isTrial ? 2 : 1), periodStart), 'renewal'),
    ),
  ];
}

/** The events of one invoice. */
function paymentEvents(scenario: StripeScenario, bill: Bill, phase: Phase): readonly Draft[] {
  const invoice = stripeInvoice(scenario, bill);
  const { paidAt: at } = bill;
  const isPaid = invoice.amount_paid > 0;
  const paymentIntent = stripePaymentIntent(scenario, {
    id: intentId(scenario, bill.index),
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
    ...(isPaid && scenario.version !== 'acacia'
      ? [
          {
            phase: 'state' as const,
            type: 'invoice_payment.paid',
            at: at + 3,
            object: stripeInvoicePayment(scenario, bill.index, invoice),
          },
        ]
      : []),
  ];
}

function oneOffEvents(scenario: StripeScenario): readonly Draft[] {
  const at = Math.floor(scenario.startMs / 1000);
  const amount = scenario.amountMinor ?? defaultAmountMinor;
  const intent = stripePaymentIntent(scenario, { id: intentId(scenario, 0), amount, at, invoice: null, description: null });
  return [
    {
      phase: 'state',
      type: 'payment_intent.created',
      at,
      object: { ...intent, amount_received: 0, status: 'requires_payment_method' },
    },
    { phase: 'state', type: 'charge.succeeded', at: at + 1, object: stripeCharge(scenario) },
    { phase: 'state', type: 'payment_intent.succeeded', at: at + 1, object: intent },
    { phase: 'conversion', type: 'checkout.session.completed', at: at + 2, object: stripeSession(scenario) },
  ];
}

/** The ids that `stripeEventsOf` derives: the n-th invoice of a subscription, its PaymentIntent, a one-off's session. */
export function invoiceId(scenario: Pick<StripeScenario, 'subscriptionId'>, index: number): string {
  return `in_${bare(scenario)}_${index}`;
}

export function intentId(scenario: Pick<StripeScenario, 'subscriptionId'>, index: number): string {
  return `pi_${bare(scenario)}_${index}`;
}

export function sessionId(scenario: Pick<StripeScenario, 'subscriptionId'>): string {
  return `cs_test_${bare(scenario)}`;
}

function bare({ subscriptionId }: Pick<StripeScenario, 'subscriptionId'>): string {
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
export function stripeInvoice(scenario: StripeScenario, bill: Bill): InvoiceBody {
  const { version = 'basil', subscriptionId } = scenario;
  const id = invoiceId(scenario, bill.index);
  const full = bill.amount ?? scenario.amountMinor ?? defaultAmountMinor;
  const fee = bill.isTrial && scenario.type === 'paid_trial' ? (scenario.trialAmountMinor ?? defaultTrialAmountMinor) : 0;
  const amount = bill.isTrial ? fee : full;
  const periodEnd = bill.periodStart + (bill.isTrial ? trialSeconds : periodSeconds);
  const period = { start: bill.periodStart, end: periodEnd };
  const lines = [
    line(scenario, {
      id: `il_${bare(scenario)}_${bill.index}`,
      amount: bill.isTrial ? 0 : full,
      full,
      period,
      isTrial: bill.isTrial,
    }),
    ...(fee > 0 ? [feeLine(scenario, { id: `il_${bare(scenario)}_${bill.index}_fee`, amount: fee, at: bill.paidAt })] : []),
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
    currency: currencyOf(scenario),
    customer: scenario.customerId,
    customer_email: scenario.email ?? null,
    customer_phone: null,
    ending_balance: 0,
    lines: { object: 'list', data: lines, has_more: false, total_count: lines.length, url: `/v1/invoices/${id}/lines` },
    livemode: scenario.livemode ?? false,
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
            subscription_details: { metadata: merchantMetadata(scenario), subscription: subscriptionId },
            type: 'subscription_details',
          },
        }
      : {
          charge: amount > 0 ? `ch_${bare(scenario)}_${bill.index}` : null,
          paid: true,
          payment_intent: amount > 0 ? intentId(scenario, bill.index) : null,
          subscription: subscriptionId,
          subscription_details: { metadata: merchantMetadata(scenario) },
        }),
  };
}

function line(
  scenario: StripeScenario,
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
    currency: currencyOf(scenario),
    description: isTrial ? 'Trial period for Premium' : `1 × Premium (at ${full} / month)`,
    discount_amounts: [],
    livemode: scenario.livemode ?? false,
    metadata: {},
    period,
    quantity: 1,
  };
  if (scenario.version === 'acacia') {
    const price = {
      id: priceOf(scenario),
      object: 'price',
      unit_amount: full,
      unit_amount_decimal: String(full),
      type: 'recurring',
    };
    return {
      ...common,
      price,
      plan: { id: priceOf(scenario), object: 'plan', amount: full },
      proration: false,
      subscription: scenario.subscriptionId,
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
        subscription: scenario.subscriptionId,
        subscription_item: `si_${bare(scenario)}`,
      },
      type: 'subscription_item_details',
    },
    pricing: {
      price_details: { price: priceOf(scenario), product: 'prod_premium' },
      type: 'price_details',
      unit_amount_decimal: String(amount),
    },
  };
}

function feeLine(scenario: StripeScenario, { id, amount, at }: { id: string; amount: number; at: number }): Fields {
  const common = {
    id,
    object: 'line_item',
    amount,
    currency: currencyOf(scenario),
    description: 'Trial fee',
    discount_amounts: [],
    livemode: scenario.livemode ?? false,
    metadata: {},
    period: { start: at, end: at },
    quantity: 1,
  };
  const price = `${priceOf(scenario)}_fee`;
  if (scenario.version === 'acacia') {
    return {
      ...common,
      price: { id: price, object: 'price', unit_amount: amount, type: 'one_time' },
      plan: null,
      proration: false,
      subscription: scenario.subscriptionId,
      type: 'invoiceitem',
    };
  }
  return {
    ...common,
    parent: {
      invoice_item_details: {
        invoice_item: `ii_${bare(scenario)}`,
        proration: false,
        proration_details: null,
        subscription: scenario.subscriptionId,
      },
      subscription_item_details: null,
      type: 'invoice_item_details',
    },
    pricing: { price_details: { price, product: 'prod_fee' }, type: 'price_details', unit_amount_decimal: String(amount) },
  };
}

/** The subscription at its start (`trialing` or `active`), or after the trial. */
export function stripeSubscription(scenario: StripeScenario, status: string): Fields {
  const start = Math.floor(scenario.startMs / 1000);
  const isTrial = scenario.type !== 'subscription';
  const trialEnd = start + trialSeconds;
  const isOver = isTrial && status !== 'trialing';
  const period = {
    current_period_start: isOver ? trialEnd : start,
    current_period_end: isTrial && !isOver ? trialEnd : (isOver ? trialEnd : start) + periodSeconds,
  };
  const full = scenario.amountMinor ?? defaultAmountMinor;
  const item = {
    id: `si_${bare(scenario)}`,
    object: 'subscription_item',
    created: start,
    metadata: {},
    price: { id: priceOf(scenario), object: 'price', unit_amount: full, unit_amount_decimal: String(full), type: 'recurring' },
    quantity: 1,
    subscription: scenario.subscriptionId,
  };
  const isBasil = scenario.version !== 'acacia';
  return {
    id: scenario.subscriptionId,
    object: 'subscription',
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    created: start,
    currency: currencyOf(scenario),
    customer: scenario.customerId,
    ended_at: null,
    items: { object: 'list', data: [isBasil ? { ...item, ...period } : item], has_more: false, total_count: 1 },
    latest_invoice: invoiceId(scenario, isOver ? 1 : 0),
    livemode: scenario.livemode ?? false,
    metadata: merchantMetadata(scenario),
    pause_collection: null,
    start_date: start,
    status,
    trial_end: isTrial ? trialEnd : null,
    trial_start: isTrial ? start : null,
    ...(isBasil ? {} : period),
  };
}

/** The completed Checkout Session. Its own metadata is filled for one-offs only: for subscriptions it sits on the subscription. */
export function stripeSession(scenario: StripeScenario): Fields {
  const isOneOff = scenario.type === 'lifetime';
  const full = scenario.amountMinor ?? defaultAmountMinor;
  const trialAmount = scenario.type === 'paid_trial' ? (scenario.trialAmountMinor ?? defaultTrialAmountMinor) : 0;
  const total = scenario.type === 'subscription' || isOneOff ? full : trialAmount;
  return {
    id: sessionId(scenario),
    object: 'checkout.session',
    amount_subtotal: total,
    amount_total: total,
    client_reference_id: null,
    created: Math.floor(scenario.startMs / 1000) - 60,
    currency: currencyOf(scenario),
    customer: scenario.customerId,
    customer_details: { email: scenario.email ?? null, phone: null },
    customer_email: null,
    invoice: isOneOff ? null : invoiceId(scenario, 0),
    livemode: scenario.livemode ?? false,
    metadata: isOneOff ? merchantMetadata(scenario) : {},
    mode: isOneOff ? 'payment' : 'subscription',
    payment_intent: isOneOff ? intentId(scenario, 0) : null,
    payment_status: total > 0 ? 'paid' : 'no_payment_required',
    status: 'complete',
    subscription: isOneOff ? null : scenario.subscriptionId,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  };
}

/** A succeeded PaymentIntent, of an invoice or of a one-off. */
export function stripePaymentIntent(
  scenario: StripeScenario,
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
    currency: currencyOf(scenario),
    customer: scenario.customerId,
    description,
    latest_charge: id.replace(/^pi_/, 'ch_'),
    livemode: scenario.livemode ?? false,
    metadata: {},
    receipt_email: null,
    status: 'succeeded',
    ...(scenario.version === 'acacia' ? { invoice } : {}),
  };
}

function stripeInvoicePayment(scenario: StripeScenario, index: number, invoice: InvoiceBody): Fields {
  return {
    id: `inpay_${bare(scenario)}_${index}`,
    object: 'invoice_payment',
    amount_paid: invoice.amount_paid,
    currency: currencyOf(scenario),
    invoice: invoice.id,
    is_default: true,
    livemode: scenario.livemode ?? false,
    payment: { payment_intent: intentId(scenario, index), type: 'payment_intent' },
    status: 'paid',
  };
}

/** The charge of a one-off, with `refunded`, the amount refunded so far. */
export function stripeCharge(scenario: StripeScenario, refunded = 0): Fields {
  const amount = scenario.amountMinor ?? defaultAmountMinor;
  return {
    id: `ch_${bare(scenario)}_0`,
    object: 'charge',
    amount,
    amount_captured: amount,
    amount_refunded: refunded,
    currency: currencyOf(scenario),
    customer: scenario.customerId,
    livemode: scenario.livemode ?? false,
    metadata: {},
    payment_intent: intentId(scenario, 0),
    refunded: refunded >= amount,
    status: 'succeeded',
    ...(scenario.version === 'acacia' ? { invoice: null } : {}),
  };
}

function currencyOf({ currency = 'usd' }: StripeScenario): string {
  return currency.toLowerCase();
}

function priceOf({ priceId = 'price_premium' }: StripeScenario): string {
  return priceId;
}
