/**
 * Lemon Squeezy's webhooks for demo and tests: everything it sends for a sale, ordered by time, including events without a payment.
 * https://docs.lemonsqueezy.com/help/webhooks/event-types
 */
import { createHmac } from 'node:crypto';
import type { Phase } from '../../src/domain/fact';
import { defaultAmountMinor, defaultTrialAmountMinor, merchantMetadata, periodMs, trialMs } from '../sale-scenario';
import type { SaleScenario, ScenarioEvent } from '../sale-scenario';

/** `subscriptionId` is a number as text; `trialAmountMinor` is the setup fee of a paid trial. */
export interface LemonSqueezyScenario extends SaleScenario {
  readonly variantId?: string;
  /** True if a free trial makes an invoice over 0. */
  readonly hasTrialInvoice?: boolean;
  readonly isTestMode?: boolean;
}

export interface LemonSqueezyScenarioEvent extends ScenarioEvent<LemonSqueezyEventBody> {
  readonly headers: { readonly 'x-event-name': string };
}

type Fields = Readonly<Record<string, unknown>>;

export interface LemonSqueezyEventBody {
  readonly meta: { readonly event_name: string; readonly test_mode: boolean; readonly custom_data?: Fields };
  readonly data: { readonly type: string; readonly id: string; readonly attributes: Fields };
}

/**
 * The webhooks of one sale, in the order in which they happen. Lemon Squeezy does not tell a one-off from a paid trial, so the
 * merchant's custom data has `purchase_type`.
 */
export function lemonsqueezyEventsOf(scenario: LemonSqueezyScenario): readonly LemonSqueezyScenarioEvent[] {
  return scenario.type === 'lifetime' ? oneOffEvents(scenario) : subscriptionEvents(scenario);
}

/** The headers of a delivery, except the event's name. */
export function signLemonsqueezy(raw: string | Buffer, secret: string): { readonly 'x-signature': string } {
  return { 'x-signature': createHmac('sha256', secret).update(raw).digest('hex') };
}

/** One event around an object, for tests that need a single event. */
export function lemonsqueezyEvent(
  scenario: LemonSqueezyScenario,
  name: string,
  data: LemonSqueezyEventBody['data'],
  customData: Fields = customDataOf(scenario),
): LemonSqueezyEventBody {
  const hasCustomData = Object.keys(customData).length > 0;
  return {
    meta: { event_name: name, test_mode: scenario.isTestMode ?? false, ...(hasCustomData ? { custom_data: customData } : {}) },
    data,
  };
}

function oneOffEvents(scenario: LemonSqueezyScenario): readonly LemonSqueezyScenarioEvent[] {
  return [tell(scenario, 'conversion', 'order_created', lemonsqueezyOrder(scenario))];
}

function subscriptionEvents(scenario: LemonSqueezyScenario): readonly LemonSqueezyScenarioEvent[] {
  const { startMs, type, renewals = 1 } = scenario;
  const isTrial = type !== 'subscription';
  const isFree = type === 'free_trial';
  const firstMs = isTrial ? startMs + trialMs : startMs;
  const begun = lemonsqueezySubscription(scenario, { status: isTrial ? 'on_trial' : 'active', atMs: startMs });
  const first = lemonsqueezyInvoice(scenario, { index: 0, reason: 'initial', atMs: startMs, isTrial });
  const firstPhase = isTrial ? 'trial_start' : 'conversion';
  return [
    tell(scenario, 'state', 'order_created', lemonsqueezyOrder(scenario)),
    tell(scenario, isFree ? 'trial_start' : 'state', 'subscription_created', begun),
    tell(scenario, 'state', 'subscription_updated', begun),
    ...(!isFree ? [tell(scenario, firstPhase, 'subscription_payment_success', first)] : []),
    ...(isFree && scenario.hasTrialInvoice ? [tell(scenario, 'state', 'subscription_payment_success', first)] : []),
    ...(isTrial ? renewalEvents(scenario, 1, firstMs, 'conversion') : []),
    ...Array.from({ length: renewals }, (_, index) => index + 1).flatMap((nth) =>
      renewalEvents(scenario, nth + (isTrial ? 1 : 0), firstMs + nth * periodMs, 'renewal'),
    ),
  ];
}

function renewalEvents(
  scenario: LemonSqueezyScenario,
  index: number,
  atMs: number,
  phase: Phase,
): readonly LemonSqueezyScenarioEvent[] {
  return [
    tell(
      scenario,
      phase,
      'subscription_payment_success',
      lemonsqueezyInvoice(scenario, { index, reason: 'renewal', atMs, isTrial: false }),
    ),
    tell(scenario, 'state', 'subscription_updated', lemonsqueezySubscription(scenario, { status: 'active', atMs })),
  ];
}

function tell(
  scenario: LemonSqueezyScenario,
  phase: Phase | 'state',
  name: string,
  data: LemonSqueezyEventBody['data'],
): LemonSqueezyScenarioEvent {
  return { phase, event: lemonsqueezyEvent(scenario, name, data), headers: { 'x-event-name': name } };
}

/** The numbers that `lemonsqueezyEventsOf` derives: the order, and the n-th invoice. */
export function orderId({ subscriptionId }: Pick<LemonSqueezyScenario, 'subscriptionId'>): string {
  return `${subscriptionId}0`;
}

export function invoiceId({ subscriptionId }: Pick<LemonSqueezyScenario, 'subscriptionId'>, index: number): string {
  return `${subscriptionId}${String(index + 1).padStart(3, '0')}`;
}

export function lemonsqueezyOrder(scenario: LemonSqueezyScenario): LemonSqueezyEventBody['data'] {
  const { type, amountMinor = defaultAmountMinor, trialAmountMinor = defaultTrialAmountMinor } = scenario;
  const total = type === 'free_trial' ? 0 : type === 'paid_trial' ? trialAmountMinor : amountMinor;
  const at = iso(scenario.startMs);
  return {
    type: 'orders',
    id: orderId(scenario),
    attributes: {
      store_id: 1,
      customer_id: Number(scenario.customerId),
      order_number: 1,
      user_email: emailOf(scenario),
      currency: scenario.currency ?? 'USD',
      currency_rate: '1.00000000',
      ...sums(total),
      status: 'paid',
      refunded: false,
      refunded_at: null,
      refunded_amount: 0,
      first_order_item: {
        order_id: Number(orderId(scenario)),
        product_id: 1,
        variant_id: variantOf(scenario),
        price_id: 1,
        quantity: 1,
      },
      created_at: at,
      updated_at: at,
      test_mode: scenario.isTestMode ?? false,
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
  scenario: LemonSqueezyScenario,
  { index, reason, atMs, isTrial }: LemonSqueezyBill,
): LemonSqueezyEventBody['data'] {
  const fee = scenario.type === 'paid_trial' ? (scenario.trialAmountMinor ?? defaultTrialAmountMinor) : 0;
  return {
    type: 'subscription-invoices',
    id: invoiceId(scenario, index),
    attributes: {
      store_id: 1,
      subscription_id: Number(scenario.subscriptionId),
      customer_id: Number(scenario.customerId),
      user_email: emailOf(scenario),
      billing_reason: reason,
      currency: scenario.currency ?? 'USD',
      currency_rate: '1.00000000',
      status: 'paid',
      refunded: false,
      refunded_at: null,
      refunded_amount: 0,
      ...sums(isTrial ? fee : (scenario.amountMinor ?? defaultAmountMinor)),
      created_at: iso(atMs),
      updated_at: iso(atMs + 2000),
      test_mode: scenario.isTestMode ?? false,
    },
  };
}

/** The subscription at a time. */
export function lemonsqueezySubscription(
  scenario: LemonSqueezyScenario,
  { status, atMs, endsAtMs }: { readonly status: string; readonly atMs: number; readonly endsAtMs?: number },
): LemonSqueezyEventBody['data'] {
  return {
    type: 'subscriptions',
    id: scenario.subscriptionId,
    attributes: {
      store_id: 1,
      customer_id: Number(scenario.customerId),
      order_id: Number(orderId(scenario)),
      order_item_id: 1,
      product_id: 1,
      variant_id: variantOf(scenario),
      user_email: emailOf(scenario),
      status,
      pause: null,
      cancelled: status === 'cancelled',
      trial_ends_at: status === 'on_trial' ? iso(scenario.startMs + trialMs) : null,
      first_subscription_item: { id: 1, subscription_id: Number(scenario.subscriptionId), price_id: 1, quantity: 1 },
      renews_at: iso(atMs + (status === 'on_trial' ? trialMs : periodMs)),
      ends_at: endsAtMs === undefined ? null : iso(endsAtMs),
      created_at: iso(scenario.startMs),
      updated_at: iso(atMs + 1000),
      test_mode: scenario.isTestMode ?? false,
    },
  };
}

function sums(total: number): Readonly<Record<'subtotal' | 'discount_total' | 'tax' | 'total', number>> {
  return { subtotal: total, discount_total: 0, tax: 0, total };
}

function variantOf({ variantId = '1' }: LemonSqueezyScenario): number {
  return Number(variantId);
}

function emailOf({ email, customerId }: LemonSqueezyScenario): string {
  return email ?? `customer${customerId}@example.com`;
}

function customDataOf(scenario: LemonSqueezyScenario): Fields {
  const isUntold = scenario.type === 'lifetime' || scenario.type === 'paid_trial';
  const metadata = { ...(isUntold ? { purchase_type: scenario.type } : {}), ...scenario.metadata };
  return merchantMetadata({ ...scenario, metadata });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
