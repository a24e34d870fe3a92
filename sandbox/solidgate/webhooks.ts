/**
 * Solidgate's end for demo and tests: whole lives of a purchase as the webhooks that Solidgate sends, in their natural order and with
 * the noise between them. The event's type is in the headers only. Everything is derived from what is passed in.
 */
import { createHmac } from 'node:crypto';
import type { Phase, PurchaseType } from '../../src/domain/fact';

export interface SolidgateLife {
  readonly type: PurchaseType;
  /** Merchant's user id, in `order_metadata`. */
  readonly userId?: string;
  readonly checkoutId?: string;
  /** More of our metadata keys: `ttclid`, `page_url`, … */
  readonly metadata?: Readonly<Record<string, string>>;
  /** `customer_account_id`. */
  readonly customerId: string;
  /** For a one-off its order id. */
  readonly subscriptionId: string;
  readonly startMs: number;
  readonly email?: string;
  readonly currency?: string;
  /** Of a full period or the one-off, in the smallest unit. */
  readonly amountMinor?: number;
  readonly trialAmountMinor?: number;
  /** How many renewals follow the conversion; 1 unless said. */
  readonly renewals?: number;
  readonly productId?: string;
  /** `alt`: an alternative payment method, with statuses and events of its own. */
  readonly gate?: 'card' | 'alt';
}

/** An event, and the phase of the payment that it tells: `state` for all that is no payment, or tells one again. */
export interface SolidgateLifeEvent {
  readonly phase: Phase | 'state';
  readonly event: Fields;
  /** Unsigned, as Solidgate's are. */
  readonly headers: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

const dayMs = 86_400_000;
const trialMs = 7 * dayMs;
const periodMs = 30 * dayMs;

/** The life of one purchase of this type. */
export function solidgateLife(life: SolidgateLife): readonly SolidgateLifeEvent[] {
  const told = life.type === 'lifetime' ? oneOffLife(life) : subscriptionLife(life);
  return told.map(({ phase, type, atMs, event }, index) => ({
    phase,
    event,
    headers: {
      'solidgate-event-id': `evt-${life.subscriptionId}-${index + 1}`,
      'solidgate-event-type': type,
      'solidgate-event-created-at': new Date(atMs).toISOString(),
    },
  }));
}

/** The two headers that are (or carry) the signature; `pair` as configured, `public:secret`. */
export function signSolidgate(raw: string | Buffer, pair: string): { readonly merchant: string; readonly signature: string } {
  const at = pair.indexOf(':');
  const merchant = pair.slice(0, at);
  const hex = createHmac('sha512', pair.slice(at + 1))
    .update(merchant)
    .update(raw)
    .update(merchant)
    .digest('hex');
  return { merchant, signature: Buffer.from(hex).toString('base64') };
}

interface Told {
  readonly phase: Phase | 'state';
  readonly type: string;
  readonly atMs: number;
  readonly event: Fields;
}

/** One billing period: its invoice and the order that pays it. */
interface Period {
  /** 0 in the trial, then counting from 1. */
  readonly term: number;
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly amount: number;
}

function subscriptionLife(life: SolidgateLife): readonly Told[] {
  const isTrial = life.type !== 'subscription';
  const firstFullMs = isTrial ? life.startMs + trialMs : life.startMs;
  const full = Array.from({ length: (life.renewals ?? 1) + 1 }, (_, index): Period => {
    const startMs = firstFullMs + index * periodMs;
    return { term: index + 1, index: isTrial ? index + 1 : index, startMs, endMs: startMs + periodMs, amount: amountOf(life) };
  });
  const trial: Period = { term: 0, index: 0, startMs: life.startMs, endMs: firstFullMs, amount: trialAmountOf(life) };
  const [first, ...later] = isTrial ? [trial, ...full] : full;
  if (!first) return [];
  return [...firstPeriodTold(life, first), ...later.flatMap((period) => laterPeriodTold(life, period))];
}

function firstPeriodTold(life: SolidgateLife, period: Period): readonly Told[] {
  const at = period.startMs;
  const phase = period.term === 0 ? 'trial_start' : 'conversion';
  return [
    { phase: 'state', type: v2, atMs: at, event: solidgateSubscription(life, 'create', period, 'processing') },
    ...orderTold(life, period, period.amount === 0 ? ['void_ok'] : ['auth_ok']),
    { phase, type: v2, atMs: at + 2_000, event: solidgateSubscription(life, 'active', period) },
    ...orderTold(life, period, period.amount === 0 ? [] : ['settle_ok']),
  ];
}

function laterPeriodTold(life: SolidgateLife, period: Period): readonly Told[] {
  const at = period.startMs;
  const phase = period.term === 1 ? 'conversion' : 'renewal';
  return [
    { phase: 'state', type: v2, atMs: at, event: solidgateSubscription(life, 'recurring', period, 'processing') },
    ...orderTold(life, period, ['auth_ok', 'settle_ok']),
    { phase, type: v2, atMs: at + 2_000, event: solidgateSubscription(life, 'renew', period) },
  ];
}

const v2 = 'subscription.updated.v2';

function orderTold(life: SolidgateLife, period: Period, statuses: readonly string[]): readonly Told[] {
  return statuses.map((status) => ({
    phase: 'state' as const,
    type: `${life.gate ?? 'card'}_gate.order.updated`,
    atMs: period.startMs + 1_000,
    event: solidgateOrder(life, { ...period, status, subscription: life.subscriptionId }),
  }));
}

function oneOffLife(life: SolidgateLife): readonly Told[] {
  const period = { term: 1, index: 0, startMs: life.startMs, endMs: life.startMs, amount: amountOf(life) };
  const type = `${life.gate ?? 'card'}_gate.order.updated`;
  return ['processing', 'auth_ok', 'settle_ok'].map((status, index) => ({
    phase: status === 'settle_ok' ? 'conversion' : 'state',
    type,
    atMs: life.startMs + index * 1_000,
    event: solidgateOrder(life, { ...period, status, subscription: null }),
  }));
}

/** A snapshot of the subscription with the invoice of a period, as `subscription.updated.v2` shows it. */
export function solidgateSubscription(life: SolidgateLife, callback: string, period: Period, invoiceStatus = 'success'): Fields {
  const isPaid = invoiceStatus === 'success';
  const isPending = callback === 'create';
  const order = orderIdOf(life, period.index);
  return {
    callback_type: callback,
    subscription: {
      id: life.subscriptionId,
      status: isPending ? 'pending' : callback === 'cancel' ? 'cancelled' : 'active',
      ...(isPending
        ? {}
        : { started_at: text(life.startMs), expired_at: text(period.endMs), next_charge_at: text(period.endMs) }),
      updated_at: text(period.startMs + 2_000),
      payment_type: life.gate === 'alt' ? 'paypal-vault' : 'card',
      trial: period.term === 0,
      ...(callback === 'cancel' ? { cancelled_at: text(period.endMs), cancellation_requested_at: text(period.endMs) } : {}),
    },
    product: productOf(life),
    customer: { customer_account_id: life.customerId, customer_email: life.email ?? '' },
    invoices: {
      [invoiceIdOf(life, period.index)]: {
        id: invoiceIdOf(life, period.index),
        status: invoiceStatus,
        created_at: text(period.startMs),
        updated_at: text(period.startMs + 2_000),
        amount: period.amount,
        ...(isPaid ? { billing_period_started_at: text(period.startMs), billing_period_ended_at: text(period.endMs) } : {}),
        subscription_term_number: period.term,
        orders: {
          [order]: {
            id: order,
            status: isPaid ? paidStatus(life, period.amount) : 'processing',
            created_at: text(period.startMs),
            updated_at: text(period.startMs),
            ...(isPaid ? { processed_at: text(period.startMs + 1_000) } : {}),
            amount: period.amount,
            operation: period.index === 0 ? 'pay' : 'recurring',
          },
        },
        order_metadata: metadataOf(life),
      },
    },
  };
}

/** An order as `card_gate.order.updated` or `alt_gate.order.updated` shows it, with the refunds made so far. */
export function solidgateOrder(
  life: SolidgateLife,
  of: {
    readonly index: number;
    readonly startMs: number;
    readonly amount: number;
    readonly status: string;
    readonly subscription: string | null;
    readonly refunds?: readonly { readonly id: string; readonly amount: number; readonly atMs: number }[];
  },
): Fields {
  const isAlt = life.gate === 'alt';
  const refunds = of.refunds ?? [];
  const status = isAlt ? (altStatuses[of.status] ?? of.status) : of.status;
  const operations = isAlt ? ['pay'] : of.status === 'auth_ok' || of.status === 'processing' ? ['auth'] : ['auth', 'settle'];
  const isDone = of.status !== 'processing' && !(isAlt && of.status === 'auth_ok');
  const charges = operations.map((operation, index) =>
    transactionOf(life, `${orderIdOf(life, of.index)}-tx-${index}`, operation, of.amount, of.startMs + 1_000, isDone),
  );
  const given = refunds.map(({ id, amount, atMs }) => transactionOf(life, id, 'refund', amount, atMs, true));
  const transactions = [...charges, ...given];
  return {
    order: {
      order_id: orderIdOf(life, of.index),
      order_description: 'Premium package',
      product_id: life.productId ?? defaultProduct,
      ...(of.subscription === null ? {} : { subscription_id: of.subscription }),
      ...(isAlt
        ? { method: 'paypal-vault', created_at: text(of.startMs), updated_at: text(of.startMs + 1_000) }
        : { payment_method: 'card' }),
      amount: of.amount,
      currency: currencyOf(life),
      refunded_amount: refunds.reduce((sum, { amount }) => sum + amount, 0),
      status,
      customer_account_id: life.customerId,
      customer_email: life.email ?? '',
      ip_address: '203.0.113.7',
      traffic_source: 'tiktok',
    },
    ...(isAlt ? {} : { transaction: transactions.at(-1) }),
    transactions: isAlt ? transactions : Object.fromEntries(transactions.map((one) => [one.id, one])),
    ...(isAlt ? {} : { device_info: { user_agent: 'Mozilla/5.0 (iPhone)' } }),
    order_metadata: metadataOf(life),
  };
}

const altStatuses: Readonly<Record<string, string>> = { auth_ok: 'processing', void_ok: 'approved', settle_ok: 'approved' };

function transactionOf(life: SolidgateLife, id: string, operation: string, amount: number, atMs: number, isDone: boolean) {
  return {
    id,
    created_at: text(atMs),
    ...(life.gate === 'alt' ? { method: 'paypal-vault', type: operation } : { updated_at: text(atMs + 1_000), operation }),
    amount,
    currency: currencyOf(life),
    status: isDone ? 'success' : 'processing',
  };
}

function productOf(life: SolidgateLife): Fields {
  const hasTrial = life.type !== 'subscription';
  const currency = currencyOf(life);
  return {
    product_id: life.productId ?? defaultProduct,
    name: 'Premium',
    payment_action: life.type === 'free_trial' ? 'auth_0_amount' : 'auth_settle',
    amount: amountOf(life),
    currency,
    trial: hasTrial,
    ...(hasTrial ? { trial_period: trialMs / 60_000, trial_amount: trialAmountOf(life), trial_currency: currency } : {}),
  };
}

function paidStatus(life: SolidgateLife, amount: number): string {
  if (life.gate === 'alt') return 'approved';
  return amount === 0 ? 'void_ok' : 'settle_ok';
}

const defaultProduct = 'a51ba9fd-3be1-4ef9-b00f-bb85157597f5';

function amountOf({ amountMinor = 1999 }: SolidgateLife): number {
  return amountMinor;
}

function trialAmountOf({ type, trialAmountMinor = 100 }: SolidgateLife): number {
  return type === 'paid_trial' ? trialAmountMinor : 0;
}

function currencyOf({ currency = 'USD' }: SolidgateLife): string {
  return currency.toUpperCase();
}

function orderIdOf({ type, subscriptionId }: SolidgateLife, index: number): string {
  return type === 'lifetime' ? subscriptionId : `order-${subscriptionId}-${index}`;
}

function invoiceIdOf({ subscriptionId }: SolidgateLife, index: number): string {
  return `invoice-${subscriptionId}-${index}`;
}

function metadataOf({ userId, checkoutId, metadata }: SolidgateLife): Readonly<Record<string, string>> {
  return {
    ...(userId === undefined ? {} : { user_id: userId }),
    ...(checkoutId === undefined ? {} : { checkout_id: checkoutId }),
    ...metadata,
  };
}

function text(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
