/**
 * Solidgate's webhooks for demo and tests: everything it sends for a sale, ordered by time, including events without a payment. The
 * type of an event is in the headers only.
 */
import { createHmac } from 'node:crypto';
import type { Phase } from '../../src/domain/fact';
import { defaultAmountMinor, defaultTrialAmountMinor, merchantMetadata, periodMs, trialMs } from '../sale-scenario';
import type { SaleScenario, ScenarioEvent } from '../sale-scenario';

/** `customerId` is `customer_account_id`; a one-off's `subscriptionId` is its order id. */
export interface SolidgateScenario extends SaleScenario {
  readonly productId?: string;
  /** `alt`: an alternative payment method, with statuses and events of its own. */
  readonly gate?: 'card' | 'alt';
}

export interface SolidgateScenarioEvent extends ScenarioEvent<Fields> {
  /** Unsigned, as Solidgate's are. */
  readonly headers: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** The webhooks of one sale, ordered by time. */
export function solidgateEventsOf(scenario: SolidgateScenario): readonly SolidgateScenarioEvent[] {
  const drafts = scenario.type === 'lifetime' ? oneOffEvents(scenario) : subscriptionEvents(scenario);
  return drafts.map(({ phase, type, atMs, event }, index) => ({
    phase,
    event,
    headers: {
      'solidgate-event-id': `evt-${scenario.subscriptionId}-${index + 1}`,
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

interface Draft {
  readonly phase: Phase | 'state';
  readonly type: string;
  readonly atMs: number;
  readonly event: Fields;
}

/** One billing period: its invoice and the order that pays it. */
interface Period {
  /** 0 for the trial, then 1, 2, … */
  readonly term: number;
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly amount: number;
}

function subscriptionEvents(scenario: SolidgateScenario): readonly Draft[] {
  const isTrial = scenario.type !== 'subscription';
  const firstFullMs = isTrial ? scenario.startMs + trialMs : scenario.startMs;
  const full = Array.from({ length: (scenario.renewals ?? 1) + 1 }, (_, index): Period => {
    const startMs = firstFullMs + index * periodMs;
    return {
      term: index + 1,
      index: isTrial ? index + 1 : index,
      startMs,
      endMs: startMs + periodMs,
      amount: amountOf(scenario),
    };
  });
  const trial: Period = { term: 0, index: 0, startMs: scenario.startMs, endMs: firstFullMs, amount: trialAmountOf(scenario) };
  const [first, ...later] = isTrial ? [trial, ...full] : full;
  if (!first) return [];
  return [...firstPeriodEvents(scenario, first), ...later.flatMap((period) => laterPeriodEvents(scenario, period))];
}

function firstPeriodEvents(scenario: SolidgateScenario, period: Period): readonly Draft[] {
  const at = period.startMs;
  const phase = period.term === 0 ? 'trial_start' : 'conversion';
  return [
    { phase: 'state', type: v2, atMs: at, event: solidgateSubscription(scenario, 'create', period, 'processing') },
    ...orderEvents(scenario, period, period.amount === 0 ? ['void_ok'] : ['auth_ok']),
    { phase, type: v2, atMs: at + 2_000, event: solidgateSubscription(scenario, 'active', period) },
    ...orderEvents(scenario, period, period.amount === 0 ? [] : ['settle_ok']),
  ];
}

function laterPeriodEvents(scenario: SolidgateScenario, period: Period): readonly Draft[] {
  const at = period.startMs;
  const phase = period.term === 1 ? 'conversion' : 'renewal';
  return [
    { phase: 'state', type: v2, atMs: at, event: solidgateSubscription(scenario, 'recurring', period, 'processing') },
    ...orderEvents(scenario, period, ['auth_ok', 'settle_ok']),
    { phase, type: v2, atMs: at + 2_000, event: solidgateSubscription(scenario, 'renew', period) },
  ];
}

const v2 = 'subscription.updated.v2';

function orderEvents(scenario: SolidgateScenario, period: Period, statuses: readonly string[]): readonly Draft[] {
  return statuses.map((status) => ({
    phase: 'state' as const,
    type: `${scenario.gate ?? 'card'}_gate.order.updated`,
    atMs: period.startMs + 1_000,
    event: solidgateOrder(scenario, { ...period, status, subscription: scenario.subscriptionId }),
  }));
}

function oneOffEvents(scenario: SolidgateScenario): readonly Draft[] {
  const period = { term: 1, index: 0, startMs: scenario.startMs, endMs: scenario.startMs, amount: amountOf(scenario) };
  const type = `${scenario.gate ?? 'card'}_gate.order.updated`;
  return ['processing', 'auth_ok', 'settle_ok'].map((status, index) => ({
    phase: status === 'settle_ok' ? 'conversion' : 'state',
    type,
    atMs: scenario.startMs + index * 1_000,
    event: solidgateOrder(scenario, { ...period, status, subscription: null }),
  }));
}

/** A snapshot of the subscription with the invoice of a period, as `subscription.updated.v2` shows it. */
export function solidgateSubscription(
  scenario: SolidgateScenario,
  callback: string,
  period: Period,
  invoiceStatus = 'success',
): Fields {
  const isPaid = invoiceStatus === 'success';
  const isPending = callback === 'create';
  const order = orderIdOf(scenario, period.index);
  return {
    callback_type: callback,
    subscription: {
      id: scenario.subscriptionId,
      status: isPending ? 'pending' : callback === 'cancel' ? 'cancelled' : 'active',
      ...(isPending
        ? {}
        : { started_at: text(scenario.startMs), expired_at: text(period.endMs), next_charge_at: text(period.endMs) }),
      updated_at: text(period.startMs + 2_000),
      payment_type: scenario.gate === 'alt' ? 'paypal-vault' : 'card',
      trial: period.term === 0,
      ...(callback === 'cancel' ? { cancelled_at: text(period.endMs), cancellation_requested_at: text(period.endMs) } : {}),
    },
    product: productOf(scenario),
    customer: { customer_account_id: scenario.customerId, customer_email: scenario.email ?? '' },
    invoices: {
      [invoiceIdOf(scenario, period.index)]: {
        id: invoiceIdOf(scenario, period.index),
        status: invoiceStatus,
        created_at: text(period.startMs),
        updated_at: text(period.startMs + 2_000),
        amount: period.amount,
        ...(isPaid ? { billing_period_started_at: text(period.startMs), billing_period_ended_at: text(period.endMs) } : {}),
        subscription_term_number: period.term,
        orders: {
          [order]: {
            id: order,
            status: isPaid ? paidStatus(scenario, period.amount) : 'processing',
            created_at: text(period.startMs),
            updated_at: text(period.startMs),
            ...(isPaid ? { processed_at: text(period.startMs + 1_000) } : {}),
            amount: period.amount,
            operation: period.index === 0 ? 'pay' : 'recurring',
          },
        },
        order_metadata: merchantMetadata(scenario),
      },
    },
  };
}

/** An order as `card_gate.order.updated` or `alt_gate.order.updated` shows it, with the refunds made so far. */
export function solidgateOrder(
  scenario: SolidgateScenario,
  of: {
    readonly index: number;
    readonly startMs: number;
    readonly amount: number;
    readonly status: string;
    readonly subscription: string | null;
    readonly refunds?: readonly { readonly id: string; readonly amount: number; readonly atMs: number }[];
  },
): Fields {
  const isAlt = scenario.gate === 'alt';
  const refunds = of.refunds ?? [];
  const status = isAlt ? (altStatuses[of.status] ?? of.status) : of.status;
  const operations = isAlt ? ['pay'] : of.status === 'auth_ok' || of.status === 'processing' ? ['auth'] : ['auth', 'settle'];
  const isDone = of.status !== 'processing' && !(isAlt && of.status === 'auth_ok');
  const charges = operations.map((operation, index) =>
    transactionOf(scenario, {
      id: `${orderIdOf(scenario, of.index)}-tx-${index}`,
      operation,
      amount: of.amount,
      atMs: of.startMs + 1_000,
      isDone,
    }),
  );
  const given = refunds.map(({ id, amount, atMs }) =>
    transactionOf(scenario, { id, operation: 'refund', amount, atMs, isDone: true }),
  );
  const transactions = [...charges, ...given];
  return {
    order: {
      order_id: orderIdOf(scenario, of.index),
      order_description: 'Premium package',
      product_id: scenario.productId ?? defaultProduct,
      ...(of.subscription === null ? {} : { subscription_id: of.subscription }),
      ...(isAlt
        ? { method: 'paypal-vault', created_at: text(of.startMs), updated_at: text(of.startMs + 1_000) }
        : { payment_method: 'card' }),
      amount: of.amount,
      currency: currencyOf(scenario),
      refunded_amount: refunds.reduce((sum, { amount }) => sum + amount, 0),
      status,
      customer_account_id: scenario.customerId,
      customer_email: scenario.email ?? '',
      ip_address: '203.0.113.7',
      traffic_source: 'tiktok',
    },
    ...(isAlt ? {} : { transaction: transactions.at(-1) }),
    transactions: isAlt ? transactions : Object.fromEntries(transactions.map((one) => [one.id, one])),
    ...(isAlt ? {} : { device_info: { user_agent: 'Mozilla/5.0 (iPhone)' } }),
    order_metadata: merchantMetadata(scenario),
  };
}

const altStatuses: Readonly<Record<string, string>> = { auth_ok: 'processing', void_ok: 'approved', settle_ok: 'approved' };

function transactionOf(
  scenario: SolidgateScenario,
  {
    id,
    operation,
    amount,
    atMs,
    isDone,
  }: {
    readonly id: string;
    readonly operation: string;
    readonly amount: number;
    readonly atMs: number;
    readonly isDone: boolean;
  },
) {
  return {
    id,
    created_at: text(atMs),
    ...(scenario.gate === 'alt' ? { method: 'paypal-vault', type: operation } : { updated_at: text(atMs + 1_000), operation }),
    amount,
    currency: currencyOf(scenario),
    status: isDone ? 'success' : 'processing',
  };
}

function productOf(scenario: SolidgateScenario): Fields {
  const hasTrial = scenario.type !== 'subscription';
  const currency = currencyOf(scenario);
  return {
    product_id: scenario.productId ?? defaultProduct,
    name: 'Premium',
    payment_action: scenario.type === 'free_trial' ? 'auth_0_amount' : 'auth_settle',
    amount: amountOf(scenario),
    currency,
    trial: hasTrial,
    ...(hasTrial ? { trial_period: trialMs / 60_000, trial_amount: trialAmountOf(scenario), trial_currency: currency } : {}),
  };
}

function paidStatus(scenario: SolidgateScenario, amount: number): string {
  if (scenario.gate === 'alt') return 'approved';
  return amount === 0 ? 'void_ok' : 'settle_ok';
}

const defaultProduct = 'a51ba9fd-3be1-4ef9-b00f-bb85157597f5';

function amountOf({ amountMinor = defaultAmountMinor }: SolidgateScenario): number {
  return amountMinor;
}

function trialAmountOf({ type, trialAmountMinor = defaultTrialAmountMinor }: SolidgateScenario): number {
  return type === 'paid_trial' ? trialAmountMinor : 0;
}

function currencyOf({ currency = 'USD' }: SolidgateScenario): string {
  return currency.toUpperCase();
}

function orderIdOf({ type, subscriptionId }: SolidgateScenario, index: number): string {
  return type === 'lifetime' ? subscriptionId : `order-${subscriptionId}-${index}`;
}

function invoiceIdOf({ subscriptionId }: SolidgateScenario, index: number): string {
  return `invoice-${subscriptionId}-${index}`;
}

function text(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
